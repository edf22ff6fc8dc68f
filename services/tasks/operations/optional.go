package operations

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a query parameter that may be absent, which its zero value cannot
// express. Huma does not support pointers there.
type Optional[T any] struct {
	// Parsed is the value that Huma read. It needs an exported field.
	Parsed T
	// Value is nil if the parameter is absent.
	Value *T
}

// Schema returns the schema of the value.
func (*Optional[T]) Schema(registry huma.Registry) *huma.Schema {
	return huma.SchemaFromType(registry, reflect.TypeFor[T]())
}

// Receiver returns the field into which Huma reads the value.
func (o *Optional[T]) Receiver() reflect.Value {
	return reflect.ValueOf(o).Elem().FieldByName("Parsed")
}

// OnParamSet records whether the parameter is present. Huma calls it.
func (o *Optional[T]) OnParamSet(isSet bool, _ any) {
	if isSet {
		o.Value = &o.Parsed
	}
}
