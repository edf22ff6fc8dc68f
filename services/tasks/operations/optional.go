package operations

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a query parameter that may be absent, which no value of its own
// stands for. Huma takes no pointers there.
type Optional[T any] struct {
	// Parsed is what Huma read, for which it needs an exported field.
	Parsed T
	// Value is nil where the parameter is absent.
	Value *T
}

// Schema returns the schema of the value.
func (*Optional[T]) Schema(registry huma.Registry) *huma.Schema {
	return huma.SchemaFromType(registry, reflect.TypeFor[T]())
}

// Receiver returns where Huma puts the value it reads.
func (o *Optional[T]) Receiver() reflect.Value {
	return reflect.ValueOf(o).Elem().FieldByName("Parsed")
}

// OnParamSet learns from Huma whether the parameter was there.
func (o *Optional[T]) OnParamSet(isSet bool, _ any) {
	if isSet {
		o.Value = &o.Parsed
	}
}
