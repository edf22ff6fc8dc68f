package taskapi_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestRequestsHaveTheFieldsOfTheResource checks that every field of a request is in the
// other types of its kind, with the same type and the same limits.
func TestRequestsHaveTheFieldsOfTheResource(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct{ resource, create, update reflect.Type }{
		{reflect.TypeFor[taskapi.Task](), reflect.TypeFor[taskapi.CreateTaskRequest](), reflect.TypeFor[taskapi.UpdateTaskRequest]()},
		{reflect.TypeFor[taskapi.List](), reflect.TypeFor[taskapi.CreateListRequest](), reflect.TypeFor[taskapi.UpdateListRequest]()},
	} {
		requests := []reflect.Type{kind.create, kind.update}
		for field := range kind.resource.Fields() {
			_, created := kind.create.FieldByName(field.Name)
			_, updated := kind.update.FieldByName(field.Name)
			if !created && !updated {
				continue // the server sets it
			}
			for _, request := range requests {
				compareField(t, field, kind.resource, request)
			}
		}
		for _, request := range requests {
			for field := range request.Fields() {
				if _, ok := kind.resource.FieldByName(field.Name); !ok {
					t.Errorf("%s is in %s, but not in %s", nameOf(field), request, kind.resource)
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
