package taskapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Optional is a field of a merge patch, where absent and null differ. The
// zero Optional is absent; with the option omitzero it is left out of the
// JSON. A pointer type T is nullable: its nil is the JSON null.
type Optional[T any] struct {
	// Value is the new value of the field; it is ignored while Set is false.
	Value T
	// Set reports whether the field is present.
	Set bool
}

// Some returns a present field with the value v.
func Some[T any](v T) Optional[T] {
	return Optional[T]{Value: v, Set: true}
}

// Null returns a present field that is null.
func Null[T any]() Optional[*T] {
	return Optional[*T]{Set: true}
}

// IsZero reports whether the field is absent.
func (o Optional[T]) IsZero() bool {
	return !o.Set
}

// Present marks the field as present and returns a pointer to its value, for
// decoders other than encoding/json.
func (o *Optional[T]) Present() any {
	o.Set = true
	return &o.Value
}

// MarshalJSON encodes the value. A nil slice becomes the empty array, because only a
// pointer can be null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if v := reflect.ValueOf(o.Value); v.Kind() == reflect.Slice && v.IsNil() {
		return []byte("[]"), nil
	}
	return json.Marshal(o.Value)
}

// UnmarshalJSON decodes the value and marks the field as present. It fails on
// null unless T is a pointer.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) && reflect.TypeFor[T]().Kind() != reflect.Pointer {
		return fmt.Errorf("taskapi: null for a %s", reflect.TypeFor[T]())
	}
	if err := json.Unmarshal(data, &o.Value); err != nil {
		return err
	}
	o.Set = true
	return nil
}
