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

// Error is the error of invalid JSON.
type Error struct {
	// Field is the path of the invalid value, such as "tags[2]"; empty for the
	// whole document.
	Field   string
	Code    taskapi.FieldErrorCode
	Message string
}

// Error returns the field and the message.
func (e *Error) Error() string { return strings.TrimSpace(e.Field + " " + e.Message) }

// strict are the options for decoding into a type.
var strict = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalPresent)),
)

var (
	errNull = errors.New("must not be null")
	errTime = errors.New("must be a date and time such as 2026-11-30T17:00:00Z")
)

// unmarshalPresent marks optional fields as present, parses times, and rejects null for
// values that are not pointers, which encoding/json would ignore.
func unmarshalPresent(d *jsontext.Decoder, v any) error {
	if optional, ok := v.(interface{ Present() any }); ok {
		return json.UnmarshalDecode(d, optional.Present())
	}
	if target, ok := v.(*time.Time); ok && d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		// t and z may be lower case (RFC 3339, section 5.6).
		text, err := jsontext.AppendQuote(nil, strings.ToUpper(token.String()))
		if err != nil || json.Unmarshal(text, target) != nil {
			return errTime
		}
		return nil
	}
	if d.PeekKind() == 'n' && reflect.TypeOf(v).Elem().Kind() != reflect.Pointer {
		return errNull
	}
	return errors.ErrUnsupported
}

// Unmarshal decodes data, one JSON value, into v. It returns an [*Error] for invalid JSON
// and for what encoding/json accepts silently: duplicate names, unknown names, names in
// another case, null for values that are not pointers, unpaired surrogates and invalid
// UTF-8. It also rejects NUL characters, which PostgreSQL cannot store.
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
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
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
		return &Error{field, taskapi.FieldOutOfRange, "is out of range"}
	case errors.Is(err, errTime):
		return &Error{field, taskapi.FieldFormat, errTime.Error()}
	}
	return &Error{field, taskapi.FieldType, "has the wrong type"}
}

// checkNUL looks for an escaped NUL; a raw one is invalid JSON.
func checkNUL(data []byte) error {
	if !bytes.Contains(data, []byte(`\u0000`)) {
		return nil
	}
	for d := jsontext.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.ReadToken()
		if err != nil {
			return nil // the end: the data has been decoded already
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return &Error{path(d.StackPointer()), taskapi.FieldFormat, "must not contain the character NUL"}
		}
	}
}

// path formats a JSON pointer like the fields in problems.
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
