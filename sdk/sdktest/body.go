package sdktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxDepth bounds the nesting of a body.
const maxDepth = 10_000

// bodyError is an error in the text of a body.
type bodyError struct{ taskapi.FieldError }

func (e bodyError) Error() string { return e.Field + " " + e.Message }

func newBodyError(field string, code taskapi.FieldErrorCode, message string) error {
	return bodyError{fieldError(field, code, message)}
}

// parseObject reads a body that must be a JSON object. It is stricter than
// encoding/json: it rejects repeated names, text that is not UTF-8, half of a surrogate
// pair, the character NUL, and anything after the object.
func parseObject(data []byte) (map[string]any, *problem) {
	value, err := parseJSON(data)
	var bodyErr bodyError
	switch {
	case errors.As(err, &bodyErr):
		return nil, invalid(bodyErr.FieldError)
	case err != nil:
		return nil, invalid(fieldError("body", taskapi.FieldFormat, "is not JSON"))
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(fieldError("body", taskapi.FieldType, "must be an object"))
	}
	return object, nil
}

func parseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) || halfSurrogate(data) {
		return nil, newBodyError("", taskapi.FieldFormat, "must be UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	value, err := parseValue(dec, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, newBodyError("", taskapi.FieldFormat, "must be one JSON value")
	}
	return value, nil
}

// halfSurrogate reports whether a \u escape is half of a surrogate pair.
func halfSurrogate(data []byte) bool {
	unit := func(i int) rune {
		if i+6 <= len(data) && data[i] == '\\' && data[i+1] == 'u' {
			if n, err := strconv.ParseUint(string(data[i+2:i+6]), 16, 16); err == nil {
				return rune(n)
			}
		}
		return -1
	}
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if first := unit(i); utf16.IsSurrogate(first) {
			if utf16.DecodeRune(first, unit(i+6)) == unicode.ReplacementChar {
				return true
			}
			i += 10
		}
		i++ // the escaped character may be a backslash
	}
	return false
}

func parseValue(dec *json.Decoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, newBodyError("", taskapi.FieldFormat, "is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseMembers(dec, path, depth)
	case json.Delim('['):
		items := []any{}
		for i := 0; dec.More(); i++ {
			item, err := parseValue(dec, index(path, i), depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := dec.Token()
		return items, err
	}
	if text, ok := token.(string); ok && strings.ContainsRune(text, 0) {
		return nil, newBodyError(path, taskapi.FieldFormat, "must not contain the character NUL")
	}
	return token, nil
}

func parseMembers(dec *json.Decoder, path string, depth int) (any, error) {
	members := make(map[string]any)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, ok := members[name]; ok {
			return nil, newBodyError(join(path, name), taskapi.FieldDuplicate, "must not appear twice")
		}
		if members[name], err = parseValue(dec, join(path, name), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return members, err
}
