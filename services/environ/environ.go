// Package environ reads a process's configuration from its environment, all of
// it in one place, and names every mistake at once by its variable. It never
// shows a value, which may be a secret.
package environ

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/caarlos0/env/v11"
)

// Checker is a configuration with rules beyond its fields' types.
type Checker interface {
	// Check returns what is wrong, each mistake by its variable, joined by
	// errors.Join. It may complete fields.
	Check() error
}

// Read fills c, a pointer to a struct whose fields have env tags as caarlos0/env
// describes them, from the process's environment, and checks it if it is a
// [Checker]. A variable that is set to nothing counts as not set. In place of a
// variable NAME, NAME_FILE may name a file that holds the value.
func Read(c any) error { return ReadFrom(env.ToMap(os.Environ()), c) }

// ReadFrom is [Read] from another environment.
func ReadFrom(environment map[string]string, c any) error {
	texts, unread := parse(environment, c)
	if checker, ok := c.(Checker); ok {
		for _, err := range split(checker.Check()) {
			// What could not be read breaks rules only by that.
			about := func(name string) bool { return slices.Contains(words(err.Error()), name) }
			if !slices.ContainsFunc(unread, about) {
				texts = append(texts, err.Error())
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("the environment is not right:\n  %s", strings.Join(texts, "\n  "))
}

// words returns the names of variables in a text, and its other words.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// parse returns what could not be read, in words, and the variables' names.
func parse(environment map[string]string, c any) (texts, names []string) {
	set := map[string]string{}
	for name, value := range environment {
		if value != "" {
			set[name] = value
		}
	}
	texts, names = fromFiles(set, reflect.TypeOf(c).Elem())
	unread := slices.Clone(names)
	err := env.ParseWithOptions(c, env.Options{Environment: set})
	var all env.AggregateError
	if !errors.As(err, &all) {
		for _, err := range split(err) {
			texts = append(texts, err.Error())
		}
		return texts, names
	}
	for _, err := range all.Errors {
		name, text := mistake(reflect.TypeOf(c).Elem(), err)
		if slices.Contains(unread, name) {
			continue // its file has been complained about
		}
		texts, names = append(texts, strings.TrimSpace(name+" "+text)), append(names, name)
	}
	return texts, names
}

// split undoes errors.Join, also of joined errors.
func split(err error) (all []error) {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	for _, err := range joined.Unwrap() {
		all = append(all, split(err)...)
	}
	return all
}

// mistake names the variable, where the library names the field.
func mistake(config reflect.Type, err error) (name, text string) {
	var empty env.EmptyVarError
	if errors.As(err, &empty) {
		return empty.Key, "must be set"
	}
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return "", err.Error()
	}
	name = variable(config, parse)
	var syntax *strconv.NumError
	switch {
	case !errors.As(parse.Err, &syntax):
		return name, parse.Err.Error()
	case syntax.Func == "ParseBool":
		return name, "must be true or false"
	default:
		return name, "must be a number: " + syntax.Err.Error()
	}
}

// variable returns the name of the variable that a field is read from. The
// field may be one of a part of the configuration.
func variable(config reflect.Type, failed env.ParseError) string {
	for _, field := range reflect.VisibleFields(config) {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case name != "" && field.Name == failed.Name && field.Type == failed.Type:
			return name
		case name == "" && !field.Anonymous && field.Type.Kind() == reflect.Struct:
			if name := variable(field.Type, failed); name != failed.Name {
				return name
			}
		}
	}
	return failed.Name
}
