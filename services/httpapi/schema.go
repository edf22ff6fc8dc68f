package httpapi

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// errorCode and fieldErrorCode document the codes as open sets of values.
type (
	errorCode      struct{}
	fieldErrorCode struct{}
)

// Schema implements [huma.SchemaProvider].
func (errorCode) Schema(huma.Registry) *huma.Schema { return OpenSet(taskapi.ErrorCodes()) }

// Schema implements [huma.SchemaProvider].
func (fieldErrorCode) Schema(huma.Registry) *huma.Schema { return OpenSet(taskapi.FieldErrorCodes()) }

// schemaName names the schema of a type. A generic response is named for its data, such as
// TaskResponse or TaskListResponse.
func schemaName(t reflect.Type, hint string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !strings.Contains(t.Name(), "Response[") {
		return huma.DefaultSchemaNamer(t, hint)
	}
	data, _ := t.FieldByName("Data")
	if data.Type.Kind() == reflect.Slice {
		return data.Type.Elem().Name() + "ListResponse"
	}
	return data.Type.Name() + "Response"
}

// registerCodes documents every field with an error code as an open set of values.
func registerCodes(schemas huma.Registry) {
	schemas.RegisterTypeAlias(reflect.TypeFor[taskapi.ErrorCode](), reflect.TypeFor[errorCode]())
	schemas.RegisterTypeAlias(reflect.TypeFor[taskapi.FieldErrorCode](), reflect.TypeFor[fieldErrorCode]())
}

// OpenSet returns the schema of a string with known values, to which later versions may
// add.
func OpenSet[T ~string](values []T) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"x-extensible-enum": values}}
}

// Schema returns a reference to the schema of a type. An optional field has the schema
// of its value.
func (a *API) Schema(t reflect.Type) *huma.Schema {
	a.registerOptionals(t)
	return a.OpenAPI().Components.Schemas.Schema(t, true, "")
}

func (a *API) registerOptionals(t reflect.Type) {
	registerOptionals(a.OpenAPI().Components.Schemas, t, map[reflect.Type]bool{})
}

// registerOptionals finds every type within t that has a Present method, such as
// taskapi.Optional, and documents it as the type of its value.
func registerOptionals(schemas huma.Registry, t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	if value := optionalValue(t); value != nil {
		schemas.RegisterTypeAlias(t, value)
		t = value
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		registerOptionals(schemas, t.Elem(), seen)
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(t) {
			registerOptionals(schemas, field.Type, seen)
		}
	}
}

// optionalValue returns the type of an optional field's value, or nil if t is not
// optional.
func optionalValue(t reflect.Type) reflect.Type {
	if optional, ok := reflect.New(t).Interface().(interface{ Present() any }); ok {
		return reflect.TypeOf(optional.Present()).Elem()
	}
	return nil
}

// openResponses allows undocumented properties in the objects of a response, so that
// adding a property breaks no client. Those in open have been opened before.
func openResponses(schemas huma.Registry, s *huma.Schema, open map[*huma.Schema]bool) {
	if s == nil || open[s] {
		return
	}
	open[s] = true
	if s.AdditionalProperties == false {
		s.AdditionalProperties = nil
	}
	if s.Ref != "" {
		openResponses(schemas, schemas.SchemaFromRef(s.Ref), open)
	}
	openResponses(schemas, s.Items, open)
	for _, property := range s.Properties {
		openResponses(schemas, property, open)
	}
	for _, alternative := range alternatives(s) {
		openResponses(schemas, alternative, open)
	}
}

// alternatives returns the schemas of a union. A union with a discriminator is in the
// extensions, because Huma's check of discriminators accepts null and numbers and
// reports other errors at the wrong path.
func alternatives(s *huma.Schema) []*huma.Schema {
	documented, _ := s.Extensions["oneOf"].([]*huma.Schema)
	return slices.Concat(s.OneOf, s.AnyOf, s.AllOf, documented)
}
