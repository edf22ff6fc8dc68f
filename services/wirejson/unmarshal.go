package wirejson

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Error is JSON that breaks a rule.
type Error struct {
	// Field is the path of the value at fault, such as "tags[2]"; empty for the
	// whole.
	Field   string
	Code    taskapi.FieldErrorCode
	Message string
}

// Error returns the field and the rule.
func (e *Error) Error() string { return strings.TrimSpace(e.Field + " " + e.Message) }

// strict are the options for a value of a type.
var strict = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalPresent)),
)

var (
	errNull = errors.New("must not be null")
	errTime = errors.New("must be a date and time such as 2026-11-30T17:00:00Z")
)

// unmarshalPresent refuses null for a value that is no pointer, where
// encoding/json takes it for an absent value, marks an optional field as present,
// and reads times.
func unmarshalPresent(d *jsontext.Decoder, v any) error {
	if optional, ok := v.(interface{ Present() any }); ok {
		return json.UnmarshalDecode(d, optional.Present())
	}
	if at, ok := v.(*time.Time); ok && d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		// t and z may be small letters (RFC 3339, section 5.6).
		text, err := jsontext.AppendQuote(nil, strings.ToUpper(token.String()))
		if err != nil || json.Unmarshal(text, at) != nil {
			return errTime
		}
		return nil
	}
	if d.PeekKind() == 'n' && reflect.TypeOf(v).Elem().Kind() != reflect.Pointer {
		return errNull
	}
	return errors.ErrUnsupported
}

// Unmarshal reads data, one JSON value, into v. It fails with an [*Error] on
// anything that encoding/json would silently ignore, replace or choose from: a
// duplicate name, a name that v does not have or that differs in case, null
// without a pointer, half of a surrogate pair, text that is not UTF-8, data
// after the value. It also refuses the character NUL, which PostgreSQL cannot
// store.
func Unmarshal(data []byte, v any) error {
	var options json.Options
	if _, untyped := v.(*any); !untyped {
		options = strict
	}
	if err := json.Unmarshal(data, v, options); err != nil {
		return explain(data, err)
	}
	return checkNUL(data)
}

// explain translates an error of the JSON library.
func explain(data []byte, err error) error {
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return &Error{path(syntactic.JSONPointer), taskapi.FieldDuplicate, "must not appear twice"}
		case !utf8.Valid(data):
			return &Error{"", taskapi.FieldFormat, "must be UTF-8"}
		}
		return &Error{"", taskapi.FieldFormat, "is not JSON: error at byte " + strconv.FormatInt(syntactic.ByteOffset, 10)}
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return &Error{"", taskapi.FieldFormat, "is not JSON"}
	}
	field := path(semantic.JSONPointer)
	switch {
	case errors.Is(err, errNull):
		return &Error{field, taskapi.FieldNull, errNull.Error()}
	case errors.Is(err, json.ErrUnknownName):
		return &Error{field, taskapi.FieldUnknown, "is not a known field"}
	case errors.Is(err, strconv.ErrRange):
		return &Error{field, taskapi.FieldOutOfRange, "is too large a number"}
	case errors.Is(err, errTime):
		return &Error{field, taskapi.FieldFormat, errTime.Error()}
	}
	return &Error{field, taskapi.FieldType, "has the wrong type"}
}

// checkNUL looks for an escaped NUL; a raw one is not JSON.
func checkNUL(data []byte) error {
	if !bytes.Contains(data, []byte(`\u0000`)) {
		return nil
	}
	for d := jsontext.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.ReadToken()
		if err != nil {
			return nil // the end: the data has been read before
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return &Error{path(d.StackPointer()), taskapi.FieldFormat, "must not contain the character NUL"}
		}
	}
}

// path writes a JSON pointer the way problems name fields.
func path(pointer jsontext.Pointer) string {
	var b strings.Builder
	for token := range pointer.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 32); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}
