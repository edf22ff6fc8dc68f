package contracttest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Fields writes each field of each kind of resource with every documented operation, alone
// and in a batch. The test fails if a value is missing in the response or in a later read,
// or if a write of another field changes it.
func Fields(t *testing.T, document []byte, u User, rules FieldRules) {
	t.Helper()
	d, err := Load(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, create := range d.batchOperations("create") {
		kind, _ := create["kind"].(string)
		d.fields(t, u, kind, rules, rules.Alternatives[0])
		d.fields(t, u, kind, rules, rules.Alternatives[1])
	}
}

// FieldRules are the rules of fields that are not in a document.
type FieldRules struct {
	// Alternatives are two fields that replace each other. Each is written without the
	// other.
	Alternatives [2]string
	// Together are fields that depend on each other. They are written together.
	Together []string
	// Values are two values of fields, in stored form.
	Values map[string][2]any
}

// write is a way to write fields of a resource. send returns the resource from the
// response.
type write struct {
	name string
	send func(id string, fields map[string]any) map[string]any
}

// writes returns the schema of the fields and every documented way to write them: the
// operations with a method, and a batch operation.
func (d *Document) writes(t *testing.T, u User, kind, method, op string) (*openapi3.Schema, []write) {
	t.Helper()
	var all []write
	var schema *openapi3.Schema
	for _, operation := range d.operations {
		if operation.method != method || !strings.HasPrefix(operation.path, "/api/"+kind) || operation.RequestBody == nil || strings.Contains(operation.path, "}/") {
			continue
		}
		schema = operation.json()
		all = append(all, write{operation.OperationID, func(id string, fields map[string]any) map[string]any {
			var response struct{ Data map[string]any }
			path := operation.path
			if before, _, ok := strings.Cut(path, "{"); ok {
				path = before + id
			}
			must(t, u, Request{Method: method, Path: path, Body: encode(fields)}, &response)
			return response.Data
		}})
	}
	for _, example := range d.batchOperations(op) {
		if example["kind"] != kind {
			continue
		}
		all = append(all, write{"the batch operation " + op, func(id string, fields map[string]any) map[string]any {
			operation := maps.Clone(example)
			for _, name := range []string{"data", "changes"} {
				if operation[name] != nil {
					operation[name] = fields
				}
			}
			if operation["id"] != nil {
				operation["id"] = id
			}
			var response struct {
				Data []struct{ Data map[string]any }
			}
			must(t, u, Request{Method: http.MethodPost, Path: "/api/batch", Body: encode(map[string]any{"operations": []any{operation}})}, &response)
			return response.Data[0].Data
		}})
	}
	return schema, all
}

func (d *Document) fields(t *testing.T, u User, kind string, rules FieldRules, without string) {
	t.Helper()
	schema, creates := d.writes(t, u, kind, http.MethodPost, "create")
	_, replaces := d.writes(t, u, kind, http.MethodPut, "replace")
	patch, updates := d.writes(t, u, kind, http.MethodPatch, "update")
	id := func(resource map[string]any) string { return fmt.Sprint(resource["id"]) }
	names := slices.Sorted(maps.Keys(schema.Properties))
	if diff := slices.Compare(names, slices.Sorted(maps.Keys(patch.Properties))); diff != 0 {
		t.Errorf("a %s is created with %q and updated with %q", kind, names, slices.Sorted(maps.Keys(patch.Properties)))
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == without })
	before, after, required := map[string]any{}, map[string]any{}, map[string]any{}
	for _, name := range names {
		value := schema.Properties[name].Value
		switch values, given := rules.Values[name]; {
		case given:
			before[name], after[name] = values[0], values[1]
		case !isReference(value):
			before[name], after[name] = twoValues(value)
		case d.referenced(kind, name)["kind"] != kind:
			ids := d.batch(t, u, "", d.referenced(kind, name), d.referenced(kind, name))
			before[name], after[name] = ids[0], ids[1]
		}
		if slices.Contains(schema.Required, name) {
			required[name] = after[name]
		}
	}
	// A referenced resource of the same kind needs the same references to other kinds.
	for _, name := range names {
		for _, values := range []map[string]any{before, after} {
			if _, ok := values[name]; !ok {
				other := maps.Clone(required)
				for field, value := range values {
					if isReference(schema.Properties[field].Value) {
						other[field] = value
					}
				}
				values[name] = id(creates[0].send("", other))
			}
		}
	}
	check := func(writer string, resource map[string]any, want map[string]any) {
		t.Helper()
		for _, name := range names {
			if value, wanted := want[name]; wanted && encode(resource[name]) != encode(value) {
				t.Errorf("%s of a %s: the field %s is %s, want %s", writer, kind, name, encode(resource[name]), encode(value))
			}
		}
		d.checkReads(t, u, kind, writer, resource)
	}
	defaults := creates[0].send("", required)
	for _, create := range creates {
		check(create.name, create.send("", before), before)
		check(create.name, create.send("", after), after)
		check(create.name+" with only required fields", create.send("", required), defaults)
	}
	for _, replace := range replaces {
		resource := creates[0].send("", before)
		check(replace.name, replace.send(id(resource), after), after)
		check(replace.name+" with only required fields", replace.send(id(resource), required), defaults)
	}
	for _, update := range updates {
		for _, names := range groups(names, schema, rules.Together) {
			resource := creates[0].send("", before)
			want, changes, cleared, nulls := maps.Clone(before), map[string]any{}, maps.Clone(before), map[string]any{}
			for _, name := range names {
				want[name], changes[name] = after[name], after[name]
				if patch.Properties[name].Value.Type.IncludesNull() {
					cleared[name], nulls[name] = nil, nil
				}
			}
			check(fmt.Sprint(update.name, " of ", names), update.send(id(resource), changes), want)
			if len(nulls) > 0 {
				check(fmt.Sprint(update.name, " of ", names, " to null"), update.send(id(resource), nulls), cleared)
			}
		}
	}
}

// groups returns the fields that are written together: all references to other resources,
// because they may depend on each other, those that the rules list, and each other field
// by itself.
func groups(names []string, s *openapi3.Schema, together []string) (all [][]string) {
	var references, dependent []string
	for _, name := range names {
		switch {
		case isReference(s.Properties[name].Value):
			references = append(references, name)
		case slices.Contains(together, name):
			dependent = append(dependent, name)
		default:
			all = append(all, []string{name})
		}
	}
	return slices.DeleteFunc(append(all, references, dependent), func(group []string) bool { return group == nil })
}

// checkReads checks that every operation that reads a resource returns the same fields as
// the last write.
func (d *Document) checkReads(t *testing.T, u User, kind, writer string, want map[string]any) {
	t.Helper()
	var one struct{ Data map[string]any }
	var list struct{ Data []map[string]any }
	for _, op := range d.operations {
		before, parameter, single := strings.Cut(op.path, "{")
		switch {
		case op.method != http.MethodGet || !strings.HasPrefix(op.path, "/api/"+kind):
		case single && strings.HasSuffix(parameter, "}"):
			must(t, u, get(before+fmt.Sprint(want["id"])), &one)
			compare(t, writer, op.OperationID, want, one.Data)
		case op.parameter("query", "cursor") != nil:
			query := "?limit=200"
			if op.parameter("query", "sort") != nil {
				query += "&sort=-updatedAt"
			}
			must(t, u, get(op.path+query), &list)
			i := slices.IndexFunc(list.Data, func(one map[string]any) bool { return one["id"] == want["id"] })
			if i < 0 {
				t.Fatalf("after %s, %s does not return the resource", writer, op.OperationID)
			}
			compare(t, writer, op.OperationID, want, list.Data[i])
		}
	}
	var page struct {
		Data []struct{ Data map[string]any }
		Meta struct {
			NextCursor string
			HasMore    bool
		}
	}
	var latest map[string]any
	for page.Meta.HasMore = true; page.Meta.HasMore; {
		must(t, u, get(fmt.Sprintf("/api/changes?limit=200&cursor=%s", page.Meta.NextCursor)), &page)
		for _, change := range page.Data {
			if change.Data["id"] == want["id"] {
				latest = change.Data
			}
		}
	}
	compare(t, writer, "listChanges", want, latest)
}

func compare(t *testing.T, writer, reader string, want, got map[string]any) {
	t.Helper()
	for name, value := range want {
		if encode(got[name]) != encode(value) {
			t.Errorf("after %s, %s returns the field %s as %s, want %s", writer, reader, name, encode(got[name]), encode(value))
		}
	}
}

// referenced returns the operation that creates a resource to which a field may refer. The
// kind is in the field's name, as in listId; otherwise it is that of the field's resource.
func (d *Document) referenced(kind, field string) map[string]any {
	operations := d.batchOperations("create")
	i := slices.IndexFunc(operations, func(create map[string]any) bool { return create["kind"] == strings.TrimSuffix(field, "Id") })
	if i < 0 {
		i = slices.IndexFunc(operations, func(create map[string]any) bool { return create["kind"] == kind })
	}
	return operations[i]
}

// twoValues returns two values of a field, in stored form.
func twoValues(s *openapi3.Schema) (before, after any) {
	switch {
	case len(s.Enum) > 0:
		values := slices.DeleteFunc(slices.Clone(s.Enum), func(v any) bool { return v == nil })
		return values[0], values[len(values)-1]
	case s.Format == "date":
		return "2026-11-30", "2027-01-02"
	case s.Format == "date-time":
		return "2026-11-30T17:00:00Z", "2027-01-02T03:04:05.678901Z"
	case s.Type.Includes("boolean"):
		return false, true
	case s.Type.Includes("integer"), s.Type.Includes("number"):
		least := *cmp.Or(s.Min, new(0.0))
		return least, least + 1
	case s.Type.Includes("array"):
		one, two := twoValues(s.Items.Value)
		return []any{one}, []any{two, one}
	}
	return "one", "two"
}
