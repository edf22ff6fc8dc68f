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
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi/taskjson"
)

// maxJSONDepth bounds the nesting of a request's body. No operation takes
// more than four levels.
const maxJSONDepth = 32

// jsonFormat reads JSON more strictly than encoding/json does: a name that
// appears twice, text that is not UTF-8, the character NUL, anything after the
// value, null for a field that has no room for it, and a time that cannot be
// written as JSON again are refused, where encoding/json would silently pick,
// replace or ignore.
var jsonFormat = huma.Format{
	Marshal: taskjson.Marshal,
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
		if err := json.Unmarshal(data, v); err != nil {
			return err
		}
		return checkTimes(reflect.ValueOf(v).Elem(), "")
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
	if halfSurrogate(data) {
		return jsonError(taskapi.FieldFormat, "body", "must not contain half of a surrogate pair")
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

// halfSurrogate reports whether a \u escape is half of a surrogate pair, which
// is no character. encoding/json would put U+FFFD in its place.
func halfSurrogate(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		switch unit := escapedUnit(data[i:]); {
		case utf16.IsSurrogate(unit) && utf16.DecodeRune(unit, escapedUnit(data[i+escapeLength:])) == unicode.ReplacementChar:
			return true
		case utf16.IsSurrogate(unit):
			i += 2*escapeLength - 1
		default:
			i++ // what is escaped may be a backslash
		}
	}
	return false
}

// escapeLength is the length of an escape such as \u00e4.
const escapeLength = 6

// escapedUnit returns the UTF-16 unit of the \u escape that data begins with,
// or -1.
func escapedUnit(data []byte) rune {
	if len(data) < escapeLength || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(data[2:escapeLength]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
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
	case json.Number:
		if _, err := token.Float64(); err != nil {
			return jsonError(taskapi.FieldOutOfRange, fieldName(path), "is too large a number")
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
