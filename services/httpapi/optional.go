package httpapi

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// optionals maps each kind of optional field in a body to the type of its
// value, which is what the OpenAPI document shows.
var optionals = map[reflect.Type]reflect.Type{
	reflect.TypeFor[taskapi.Optional[string]]():           reflect.TypeFor[string](),
	reflect.TypeFor[taskapi.Optional[bool]]():             reflect.TypeFor[bool](),
	reflect.TypeFor[taskapi.Optional[taskapi.Priority]](): reflect.TypeFor[taskapi.Priority](),
	reflect.TypeFor[taskapi.Optional[*time.Time]]():       reflect.TypeFor[*time.Time](),
	reflect.TypeFor[taskapi.Optional[[]string]]():         reflect.TypeFor[[]string](),
}

func registerOptionals(registry huma.Registry) {
	for optional, value := range optionals {
		registry.RegisterTypeAlias(optional, value)
	}
}

// checkNulls refuses null where the type t has no room for it. Neither Huma
// nor encoding/json does: both take it for an absent field.
func checkNulls(data []byte, t reflect.Type) error {
	if !bytes.Contains(data, []byte("null")) {
		return nil
	}
	return visitNulls(data, t, "")
}

func visitNulls(data json.RawMessage, t reflect.Type, path string) error {
	if value, ok := optionals[t]; ok {
		t = value
	}
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		if t.Kind() == reflect.Pointer {
			return nil
		}
		return jsonError(taskapi.FieldNull, fieldName(path), "must not be null")
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		return visitObjectNulls(data, t, path)
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(data, &items) != nil {
			return nil // the wrong type is reported by validation
		}
		for i, item := range items {
			if err := visitNulls(item, t.Elem(), path+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	return nil
}

func visitObjectNulls(data json.RawMessage, t reflect.Type, path string) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil // a time, or the wrong type: reported by validation
	}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		member, present := members[name]
		if !present {
			continue
		}
		if err := visitNulls(member, field.Type, strings.TrimPrefix(path+"."+name, ".")); err != nil {
			return err
		}
	}
	return nil
}

// checkTimes refuses a time whose zone is a day or more from UTC. Go reads it,
// and cannot write it as JSON for the server behind.
func checkTimes(v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return checkTimes(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := checkTimes(v.Index(i), path+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return checkZone(at, path)
		}
		for _, field := range reflect.VisibleFields(v.Type()) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			inner := path
			if name != "" {
				inner = strings.TrimPrefix(path+"."+name, ".")
			}
			if err := checkTimes(v.FieldByIndex(field.Index), inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkZone(at time.Time, path string) error {
	const day = 24 * 60 * 60
	if _, seconds := at.Zone(); seconds <= -day || seconds >= day {
		return jsonError(taskapi.FieldFormat, fieldName(path), "must be a date and time such as 2026-11-30T17:00:00Z")
	}
	return nil
}
