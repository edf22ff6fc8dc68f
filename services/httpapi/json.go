package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxJSONDepth bounds the nesting of a request's body. No operation takes
// more than four levels.
const maxJSONDepth = 32

// jsonFormat reads JSON more strictly than encoding/json does: a name that
// appears twice, text that is not UTF-8, the character NUL, anything after the
// value, and null for a field that has no room for it are refused, where
// encoding/json would silently pick, replace or ignore.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		// Huma decodes twice: into an any to validate it, then into the
		// operation's type. What concerns only the text is checked once.
		if _, first := v.(*any); first {
			if err := checkJSON(data); err != nil {
				return err
			}
		} else if err := checkNulls(data, reflect.TypeOf(v).Elem()); err != nil {
			return err
		}
		return json.Unmarshal(data, v)
	},
}

// jsonError is a fault of the body's text, in the form that fieldErrors reads.
func jsonError(code taskapi.FieldErrorCode, field, message string) error {
	return errors.New(strings.Join([]string{string(code), field, message}, codeSeparator))
}

func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return jsonError(taskapi.FieldFormat, "body", "must be UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := checkValue(dec, "", 0); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return jsonError(taskapi.FieldFormat, "body", fmt.Sprintf("is not JSON: mistake near byte %d", dec.InputOffset()))
		}
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return jsonError(taskapi.FieldFormat, "body", "must be one JSON value")
	}
	return nil
}

func checkValue(dec *json.Decoder, path string, depth int) error {
	if depth > maxJSONDepth {
		return jsonError(taskapi.FieldFormat, "body", "is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case string:
		if strings.ContainsRune(token, 0) {
			return jsonError(taskapi.FieldFormat, fieldName(path), "must not contain the character NUL")
		}
	case json.Delim:
		if token == '{' {
			return checkObject(dec, path, depth)
		}
		return checkArray(dec, path, depth)
	}
	return nil
}

func checkObject(dec *json.Decoder, path string, depth int) error {
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		inner := strings.TrimPrefix(path+"."+name, ".")
		if seen[name] {
			return jsonError(taskapi.FieldDuplicate, fieldName(inner), "must not appear twice")
		}
		seen[name] = true
		if err := checkValue(dec, inner, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func checkArray(dec *json.Decoder, path string, depth int) error {
	for i := 0; dec.More(); i++ {
		if err := checkValue(dec, path+"["+strconv.Itoa(i)+"]", depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// fieldName keeps a field's name, which the client chose, from being read as
// more than a name.
func fieldName(path string) string {
	const longest = 100
	path = strings.ReplaceAll(path, codeSeparator, "")
	if len(path) > longest {
		path = strings.ToValidUTF8(path[:longest], "") + "…"
	}
	if path == "" {
		return "body"
	}
	return path
}
