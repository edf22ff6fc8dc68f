package contracttest

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Openness fails the test unless requests are strict and responses are open: every object
// in a request rejects unknown properties, and no object in a response does.
func Openness(t *testing.T, document []byte) {
	t.Helper()
	d, err := Load(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range d.operations {
		if op.RequestBody != nil {
			for _, object := range objectsIn(op.json(), map[*openapi3.Schema]bool{}) {
				if has := object.AdditionalProperties.Has; has == nil || *has {
					t.Errorf("the request of %s has an object that accepts unknown properties: %v", op.OperationID, object.Required)
				}
			}
		}
		for status, response := range op.Responses.Map() {
			for _, content := range response.Value.Content {
				for _, object := range objectsIn(content.Schema.Value, map[*openapi3.Schema]bool{}) {
					if has := object.AdditionalProperties.Has; has != nil && !*has {
						t.Errorf("the response %s of %s has an object that rejects unknown properties: %v", status, op.OperationID, object.Required)
					}
				}
			}
		}
	}
}

// objectsIn returns the schemas of objects within a schema.
func objectsIn(s *openapi3.Schema, seen map[*openapi3.Schema]bool) (all []*openapi3.Schema) {
	if seen[s] {
		return nil
	}
	seen[s] = true
	if len(s.Properties) > 0 {
		all = append(all, s)
	}
	for _, property := range s.Properties {
		all = append(all, objectsIn(property.Value, seen)...)
	}
	for _, alternative := range s.OneOf {
		all = append(all, objectsIn(alternative.Value, seen)...)
	}
	if s.Items != nil {
		all = append(all, objectsIn(s.Items.Value, seen)...)
	}
	return all
}
