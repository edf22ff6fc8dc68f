package operations

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// OptionalBool is a query parameter that may be absent. Huma takes no pointers
// there.
type OptionalBool struct {
	// Parsed is what Huma read, for which it needs an exported field.
	Parsed bool
	// Value is nil where the parameter is absent.
	Value *bool
}

// Schema returns the schema of a boolean.
func (*OptionalBool) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeBoolean}
}

// Receiver returns where Huma puts the value it reads.
func (o *OptionalBool) Receiver() reflect.Value {
	return reflect.ValueOf(o).Elem().FieldByName("Parsed")
}

// OnParamSet learns from Huma whether the parameter was there.
func (o *OptionalBool) OnParamSet(isSet bool, _ any) {
	if isSet {
		o.Value = &o.Parsed
	}
}
