package operations

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestKinds_AreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	var names []taskapi.Kind
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	if !slices.Equal(names, taskapi.Kinds()) {
		t.Errorf("kinds (operations/kind.go) has %q, taskapi.Kinds %q", names, taskapi.Kinds())
	}
}

// TestRequestsHaveTheFieldsOfTheResource checks that every field of a request is in the
// other types of its kind, with the same type and the same limits.
func TestRequestsHaveTheFieldsOfTheResource(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		if !kind.InBatches() {
			continue
		}
		requests := []reflect.Type{kind.Create, kind.Update}
		for field := range kind.Resource.Fields() {
			_, created := kind.Create.FieldByName(field.Name)
			_, updated := kind.Update.FieldByName(field.Name)
			if !created && !updated {
				continue // the server sets it
			}
			for _, request := range requests {
				compareField(t, field, kind.Resource, request)
			}
		}
		for _, request := range requests {
			for field := range request.Fields() {
				if _, ok := kind.Resource.FieldByName(field.Name); !ok {
					t.Errorf("%s is in %s, but not in %s", nameOf(field), request, kind.Resource)
				}
			}
		}
	}
}

func compareField(t *testing.T, field reflect.StructField, resource, request reflect.Type) {
	t.Helper()
	name := nameOf(field)
	other, ok := request.FieldByName(field.Name)
	if !ok {
		t.Errorf("%s is in %s, but not in %s", name, resource, request)
		return
	}
	typ := other.Type
	if strings.HasPrefix(typ.Name(), "Optional[") {
		value, _ := typ.FieldByName("Value")
		typ = value.Type
	}
	if typ != field.Type {
		t.Errorf("%s is a %s in %s, and a %s in %s", name, field.Type, resource, typ, request)
	}
	for _, rule := range []string{"enum", "format", "minimum", "maximum", "maxLength", "maxItems"} {
		if want, got := field.Tag.Get(rule), other.Tag.Get(rule); got != want {
			t.Errorf("%s has %s %q in %s, and %q in %s", name, rule, want, resource, got, request)
		}
	}
}

// nameOf returns a field's name on the wire.
func nameOf(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
