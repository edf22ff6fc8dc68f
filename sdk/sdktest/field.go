package sdktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// field is a field of a request, described by its tags.
type field struct {
	name     string
	typ      reflect.Type // that of the resource's field
	tag      reflect.StructTag
	required bool
	text     textRule
}

// fieldsOf returns the fields of a request; those of an update are Optionals.
func fieldsOf[Request any]() []field {
	var fields []field
	for f := range reflect.TypeFor[Request]().Fields() {
		_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		typ := f.Type
		if reflect.PointerTo(typ).Implements(reflect.TypeFor[interface{ Present() any }]()) {
			value, _ := typ.FieldByName("Value")
			typ = value.Type
		}
		fields = append(fields, field{name: wireName(f), typ: typ, tag: f.Tag, required: options == "", text: textRules[wireName(f)]})
	}
	return fields
}

// wireName returns the name of a struct's field in JSON.
func wireName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// limit returns the number of a tag.
func (fd field) limit(key string) (int64, bool) {
	n, err := strconv.ParseInt(fd.tag.Get(key), 10, 64)
	return n, err == nil
}

// fieldErrors are the errors of a request's fields.
type fieldErrors []taskapi.FieldError

func (f *fieldErrors) add(field string, code taskapi.FieldErrorCode, message string) {
	*f = append(*f, fieldError(field, code, message))
}

// problem returns the errors as a problem, or nil without any.
func (f fieldErrors) problem() *problem {
	if len(f) == 0 {
		return nil
	}
	return invalid(f...)
}

func fieldError(field string, code taskapi.FieldErrorCode, message string) taskapi.FieldError {
	return taskapi.FieldError{Field: field, Code: code, Message: message}
}

// join returns the path of an object's member, index that of an array's item.
func join(path, name string) string {
	return strings.TrimPrefix(path+"."+name, ".")
}

func index(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// rejectUnknown rejects unknown members of an object.
func (f *fieldErrors) rejectUnknown(object map[string]any, path string, names ...string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, name) {
			f.add(join(path, name), taskapi.FieldUnknown, "is not a known field")
		}
	}
}

// read reads an object's members that are fields, in the stored form: texts in Unicode's
// composed form, times in UTC in microseconds.
func (f *fieldErrors) read(fields []field, object map[string]any, path string) content {
	c := make(content)
	for _, fd := range fields {
		member, ok := object[fd.name]
		switch {
		case ok:
			c[fd.name] = f.value(fd, fd.typ, join(path, fd.name), member)
		case fd.required:
			f.add(join(path, fd.name), taskapi.FieldRequired, "is required")
		}
	}
	return c
}

// value reads a value of a type. After a fault, its result does not matter.
func (f *fieldErrors) value(fd field, typ reflect.Type, path string, member any) reflect.Value {
	value := reflect.New(typ).Elem()
	if member == nil {
		switch {
		case typ.Kind() == reflect.Pointer:
		case fd.required:
			f.add(path, taskapi.FieldType, "must not be null")
		default:
			f.add(path, taskapi.FieldNull, "must not be null")
		}
		return value
	}
	if typ.Kind() == reflect.Pointer {
		value.Set(reflect.New(typ.Elem()))
		value.Elem().Set(f.value(fd, typ.Elem(), path, member))
		return value
	}
	wrong := func(what string) { f.add(path, taskapi.FieldType, "must be "+what) }
	switch typ.Kind() {
	case reflect.String:
		if text, ok := member.(string); ok {
			value.SetString(f.text(fd, path, text))
		} else {
			wrong("a string")
		}
	case reflect.Bool:
		if truth, ok := member.(bool); ok {
			value.SetBool(truth)
		} else {
			wrong("true or false")
		}
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		number, _ := member.(json.Number)
		n, err := number.Int64()
		switch {
		case errors.Is(err, strconv.ErrRange):
			f.add(path, taskapi.FieldOutOfRange, "is too large")
		case err != nil:
			wrong("a whole number")
		}
		value.SetInt(n)
		if minimum, ok := fd.limit("minimum"); ok && err == nil && n < minimum {
			f.add(path, taskapi.FieldOutOfRange, fmt.Sprintf("must be at least %d", minimum))
		}
	case reflect.Slice:
		if list, ok := member.([]any); ok {
			value.Set(f.list(fd, typ, path, list))
		} else {
			wrong("an array")
		}
	default:
		if typ != reflect.TypeFor[time.Time]() {
			panic("sdktest: no field can be a " + typ.String() + " yet")
		}
		if text, ok := member.(string); !ok {
			wrong("a string")
		} else if at := f.time(path, text); at != nil {
			value.Set(reflect.ValueOf(*at))
		}
	}
	return value
}

// text reads a text.
func (f *fieldErrors) text(fd field, path, text string) string {
	text = compose(text)
	if fd.text.trim {
		text = strings.TrimSpace(text)
	}
	if values := fd.tag.Get("enum"); values != "" && !slices.Contains(strings.Split(values, ","), text) {
		f.add(path, taskapi.FieldNotAllowed, "must be one of "+strings.ReplaceAll(values, ",", ", "))
	}
	if fd.tag.Get("format") == "uuid" {
		if text = strings.ToLower(text); !isUUID(text) {
			f.add(path, taskapi.FieldFormat, "must be a UUID")
		}
	}
	if fd.tag.Get("format") == "date" {
		switch day, err := time.Parse(time.DateOnly, text); {
		case err != nil:
			f.add(path, taskapi.FieldFormat, "must be a date such as 2026-11-30")
		case day.Year() < 1 || day.Year() > 9998:
			f.add(path, taskapi.FieldOutOfRange, "must lie in the years 1 to 9998")
		}
	}
	length := int64(utf8.RuneCountInString(text))
	if minimum, ok := fd.limit("minLength"); ok && (length < minimum || minimum > 0 && taskapi.IsBlank(text)) {
		f.add(path, taskapi.FieldTooShort, "must not be blank")
	}
	if maximum, ok := fd.limit("maxLength"); ok && length > maximum {
		f.add(path, taskapi.FieldTooLong, fmt.Sprintf("must have at most %d characters", maximum))
	} else if fd.text.check != nil {
		checked, code, message := fd.text.check(text)
		if text = checked; code != "" {
			f.add(path, code, message)
		}
	}
	return text
}

// list reads an array.
func (f *fieldErrors) list(fd field, typ reflect.Type, path string, items []any) reflect.Value {
	list := reflect.MakeSlice(typ, 0, len(items))
	if maximum, ok := fd.limit("maxItems"); ok && int64(len(items)) > maximum {
		f.add(path, taskapi.FieldTooMany, fmt.Sprintf("must have at most %d entries", maximum))
	}
	item := field{text: fd.text, required: true} // null is invalid
	if fd.text.maximum > 0 {
		item.tag = reflect.StructTag(fmt.Sprintf(`minLength:"%d" maxLength:"%d"`, fd.text.minimum, fd.text.maximum))
	}
	seen := make(map[string]bool)
	for i, member := range items {
		value := f.value(item, typ.Elem(), index(path, i), member)
		if fd.text.key != nil {
			key := fd.text.key(value.String())
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		list = reflect.Append(list, value)
	}
	return list
}

// rfc3339 is the form of a time, which package time checks only in part.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// time reads a time, in UTC and microseconds.
func (f *fieldErrors) time(field, text string) *time.Time {
	text = strings.ToUpper(text) // t and z may be small letters
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !rfc3339.MatchString(text) {
		f.add(field, taskapi.FieldFormat, "must be a date and time such as 2026-11-30T17:00:00Z")
		return nil
	}
	at = at.UTC().Truncate(time.Microsecond)
	if at.Year() < 1 || at.Year() > 9999 {
		f.add(field, taskapi.FieldOutOfRange, "must lie in the years 1 to 9999")
	}
	return &at
}
