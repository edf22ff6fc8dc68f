package environ

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
)

// fromFiles sets each variable NAME to the content of the file at the path NAME_FILE,
// without trailing line breaks. Docker, Kubernetes and systemd pass secrets in files. It
// returns the texts of all errors and the names of their variables.
func fromFiles(set map[string]string, config reflect.Type) (texts, names []string) {
	for _, name := range variables(config) {
		path, given := set[name+"_FILE"]
		if !given {
			continue
		}
		if _, both := set[name]; both {
			texts, names = append(texts, name+" and "+name+"_FILE must not both be set"), append(names, name)
			continue
		}
		value, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			if reason, ok := errors.AsType[*fs.PathError](err); ok {
				err = reason.Err // without the path
			}
			texts, names = append(texts, name+"_FILE cannot be read: "+err.Error()), append(names, name)
			continue
		}
		if text := strings.TrimRight(string(value), "\r\n"); text != "" {
			set[name] = text
		}
	}
	return texts, names
}

// variables returns the names of a configuration's variables.
func variables(config reflect.Type) (names []string) {
	for _, field := range reflect.VisibleFields(config) {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case name != "":
			names = append(names, name)
		case !field.Anonymous && field.Type.Kind() == reflect.Struct:
			names = append(names, variables(field.Type)...)
		}
	}
	return names
}
