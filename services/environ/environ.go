// Package environ reads a process's configuration from environment variables and reports
// all errors at once, by variable. Errors never contain values, which may be secrets.
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

// Checker is a configuration with rules beyond the types of its fields.
type Checker interface {
	// Check returns all errors, each naming its variable, joined with
	// errors.Join. It may set fields.
	Check() error
}

// Read fills c, a pointer to a struct with the env tags of caarlos0/env, from the
// environment, and checks it if it is a [Checker]. Empty variables count as unset. Instead
// of NAME, NAME_FILE may name a file with the value.
func Read(c any) error { return ReadFrom(env.ToMap(os.Environ()), c) }

// ReadFrom is [Read] with another environment.
func ReadFrom(environment map[string]string, c any) error {
	texts, unparsed := parse(environment, c)
	if checker, ok := c.(Checker); ok {
		for _, err := range split(checker.Check()) {
			// Skip rules about variables that could not be parsed.
			about := func(name string) bool { return slices.Contains(words(err.Error()), name) }
			if !slices.ContainsFunc(unparsed, about) {
				texts = append(texts, err.Error())
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("invalid environment:\n  %s", strings.Join(texts, "\n  "))
}

// words splits a text into words, including variable names.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// parse fills c and returns the texts of all errors and the names of their variables.
func parse(environment map[string]string, c any) (texts, names []string) {
	set := map[string]string{}
	for name, value := range environment {
		if value != "" {
			set[name] = value
		}
	}
	texts, names = fromFiles(set, reflect.TypeOf(c).Elem())
	unreadable := slices.Clone(names)
	err := env.ParseWithOptions(c, env.Options{Environment: set})
	var all env.AggregateError
	if !errors.As(err, &all) {
		for _, err := range split(err) {
			texts = append(texts, err.Error())
		}
		return texts, names
	}
	for _, err := range all.Errors {
		name, text := describe(reflect.TypeOf(c).Elem(), err)
		if slices.Contains(unreadable, name) {
			continue // its file is already reported
		}
		texts, names = append(texts, strings.TrimSpace(name+" "+text)), append(names, name)
	}
	return texts, names
}

// split undoes errors.Join, including nested ones.
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

// describe returns the variable that an error of the library is about, and a text without
// its value.
func describe(config reflect.Type, err error) (name, text string) {
	if empty, ok := errors.AsType[env.EmptyVarError](err); ok {
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
	case errors.Is(syntax, strconv.ErrRange):
		return name, "is out of range"
	case syntax.Func == "ParseFloat":
		return name, "must be a number"
	default:
		return name, "must be a whole number"
	}
}

// variable returns the name of a field's variable. The field may be in a nested
// configuration.
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
