package contracttest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// exampleID is the resource id in the document's examples.
const exampleID = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

// variants returns valid values of a schema, built from its examples: one for each
// alternative of a union within it, and each example of an object. It omits versions,
// because they are preconditions.
func variants(s *openapi3.Schema) []any {
	switch {
	case len(s.OneOf) > 0:
		var all []any
		for _, alternative := range s.OneOf {
			all = append(all, variants(alternative.Value)...)
		}
		return all
	case s.Type.Includes("object") && len(s.Examples) > 0:
		return s.Examples
	case s.Type.Includes("object"):
		return objects(s)
	case isReference(s):
		return []any{nil, exampleID}
	case len(s.Examples) > 0:
		return s.Examples[:1]
	case len(s.Enum) > 0:
		return s.Enum[:1]
	case s.Type.Includes("array"):
		var all []any
		for _, item := range variants(s.Items.Value) {
			all = append(all, []any{item})
		}
		return all
	case s.Type.Includes("boolean"):
		return []any{true}
	case s.Type.Includes("integer"):
		return []any{1}
	}
	return []any{"text"}
}

// isReference reports whether a schema is of an optional id of another resource.
func isReference(s *openapi3.Schema) bool { return s.Format == "uuid" && s.Type.IncludesNull() }

// objects returns an object with all properties, and one more for each further variant
// of a property.
func objects(s *openapi3.Schema) []any {
	base := map[string]any{}
	var more []any
	names := slices.Sorted(maps.Keys(s.Properties))
	for _, name := range names {
		if name != "version" {
			base[name] = variants(s.Properties[name].Value)[0]
		}
	}
	for _, name := range names {
		for _, variant := range variants(s.Properties[name].Value)[1:] {
			other := maps.Clone(base)
			other[name] = variant
			more = append(more, other)
		}
	}
	return append([]any{base}, more...)
}

// alternative returns the alternative of a union that matches a value's constants. It
// returns other schemas unchanged, and a union that nothing matches.
func alternative(s *openapi3.Schema, value any) *openapi3.Schema {
	for _, ref := range s.OneOf {
		if inner := alternative(ref.Value, value); hasConstants(inner, value) {
			return inner
		}
	}
	return s
}

func hasConstants(s *openapi3.Schema, value any) bool {
	members, _ := value.(map[string]any)
	for name, property := range s.Properties {
		if enum := property.Value.Enum; len(enum) == 1 && members[name] != enum[0] {
			return false
		}
	}
	return len(s.OneOf) == 0
}

// walk calls visit for each value within a value, with its container, its key or index,
// and its schema.
func walk(value any, schema *openapi3.Schema, visit func(container, key any, schema *openapi3.Schema)) {
	schema = alternative(schema, value)
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if inner := schema.Properties[name]; inner != nil {
				walk(value[name], inner.Value, visit)
				visit(value, name, inner.Value)
			}
		}
	case []any:
		for i := range value {
			walk(value[i], schema.Items.Value, visit)
			visit(value, i, schema.Items.Value)
		}
	}
}

func encode(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(encoded)
}

// clone returns a copy of a JSON value.
func clone(v any) any {
	var copied any
	if err := json.Unmarshal([]byte(encode(v)), &copied); err != nil {
		panic(err) // it has just been encoded
	}
	return copied
}

// withID returns a body with this resource id instead of that of the examples.
func withID(body, id string) string { return strings.ReplaceAll(body, exampleID, id) }
