package operations

import (
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/services/httpapi"
)

const schemaPrefix = "#/components/schemas/"

// union is a schema of several alternatives, discriminated by a property.
type union struct {
	property string
	values   []string
	mapping  map[string]string
}

func (u *union) add(value, schema string) {
	if u.mapping == nil {
		u.mapping = map[string]string{}
	}
	u.values = append(u.values, value)
	u.mapping[value] = schemaPrefix + schema
}

// schema documents the union. Huma does not validate it: its check of a discriminator
// accepts null and numbers, and misplaces later errors.
func (u *union) schema(description string) *huma.Schema {
	var alternatives []*huma.Schema
	for _, value := range u.values {
		alternatives = append(alternatives, &huma.Schema{Ref: u.mapping[value]})
	}
	return &huma.Schema{
		Description: description,
		Extensions: map[string]any{
			"oneOf":         alternatives,
			"discriminator": &huma.Discriminator{PropertyName: u.property, Mapping: u.mapping},
		},
	}
}

// define adds a schema without a Go type.
func define(schemas huma.Registry, name string, schema *huma.Schema) {
	schema.PrecomputeMessages()
	schemas.Map()[name] = schema
}

// replace documents the type T with another schema.
func replace[T any](schemas huma.Registry, schema *huma.Schema) {
	*schemas.SchemaFromRef(schemas.Schema(reflect.TypeFor[T](), true, "").Ref) = *schema
}

// object returns the schema of an object whose properties are required unless
// they are optional.
func object(properties map[string]*huma.Schema, optional ...string) *huma.Schema {
	required := slices.DeleteFunc(slices.Sorted(maps.Keys(properties)), func(name string) bool { return slices.Contains(optional, name) })
	return &huma.Schema{Type: huma.TypeObject, Properties: properties, Required: required}
}

// constant returns the schema of a string with one value.
func constant(value string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{value}}
}

// patchBody returns the body of an operation that accepts a merge patch, as JSON
// or with its own media type.
func patchBody[T any](api *httpapi.API) *huma.RequestBody {
	ref := api.Schema(reflect.TypeFor[T]())
	schema := api.OpenAPI().Components.Schemas.SchemaFromRef(ref.Ref)
	schema.MinProperties = new(1)
	schema.PrecomputeMessages()
	return &huma.RequestBody{Content: map[string]*huma.MediaType{
		"application/json": {Schema: ref},
		mergePatch:         {Schema: ref},
	}}
}
