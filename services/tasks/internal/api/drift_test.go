package api_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// wireTypes has the SDK's types by the names of their schemas in the document.
var wireTypes = func() map[string]reflect.Type {
	types := map[string]reflect.Type{
		"Agenda":                 reflect.TypeFor[taskapi.Agenda](),
		"AgendaDay":              reflect.TypeFor[taskapi.AgendaDay](),
		"AgendaOccurrence":       reflect.TypeFor[taskapi.AgendaOccurrence](),
		"AgendaResponse":         reflect.TypeFor[taskapi.AgendaResponse](),
		"BatchRequest":           reflect.TypeFor[taskapi.BatchRequest](),
		"ChangeListResponse":     reflect.TypeFor[taskapi.ChangeListResponse](),
		"ChangesMeta":            reflect.TypeFor[taskapi.ChangesMeta](),
		"FieldError":             reflect.TypeFor[taskapi.FieldError](),
		"ListCount":              reflect.TypeFor[taskapi.ListCount](),
		"ListMeta":               reflect.TypeFor[taskapi.ListMeta](),
		"Occurrence":             reflect.TypeFor[taskapi.Occurrence](),
		"OccurrenceListResponse": reflect.TypeFor[taskapi.OccurrenceListResponse](),
		"Problem":                reflect.TypeFor[taskapi.Problem](),
		"ResourceListResponse":   reflect.TypeFor[taskapi.ResourceListResponse](),
		"Stats":                  reflect.TypeFor[taskapi.Stats](),
		"StatsResponse":          reflect.TypeFor[taskapi.StatsResponse](),
		"TagCount":               reflect.TypeFor[taskapi.TagCount](),
	}
	for _, k := range operations.Kinds() {
		types[k.Title], types["Update"+k.Title+"Request"] = k.Resource, k.Update
		types[k.Title+"Response"] = withData(reflect.TypeFor[taskapi.Response[any]](), k.Resource)
		if k.InBatches() {
			types["Create"+k.Title+"Request"], types["Replace"+k.Title+"Request"], types["Move"+k.Title+"Request"] = k.Create, k.Replace, k.Move
			types[k.Title+"ListResponse"] = withData(reflect.TypeFor[taskapi.PageResponse[any]](), reflect.SliceOf(k.Resource))
		}
	}
	return types
}()

// withData returns the type of a response with other data.
func withData(response, data reflect.Type) reflect.Type {
	fields := reflect.VisibleFields(response)
	for i := range fields {
		if fields[i].Name == "Data" {
			fields[i].Type = data
		}
	}
	return reflect.StructOf(fields)
}

// unions has the SDK's types that the document splits into a schema for each kind or op,
// by the suffix of these schemas' names.
var unions = map[string]reflect.Type{
	"BatchItem": reflect.TypeFor[taskapi.BatchOperation](),
	"Change":    reflect.TypeFor[taskapi.Change](),
	"Resource":  reflect.TypeFor[taskapi.Resource](),
}

// values has the allowed values of the SDK's enumerated types.
var values = map[reflect.Type][]string{
	reflect.TypeFor[taskapi.Priority]():       texts(taskapi.Priorities()),
	reflect.TypeFor[taskapi.RecurrenceFrom](): texts([]taskapi.RecurrenceFrom{taskapi.FromDue, taskapi.FromCompletion}),
	reflect.TypeFor[taskapi.WeekStart]():      texts([]taskapi.WeekStart{taskapi.Monday, taskapi.Saturday, taskapi.Sunday}),
	reflect.TypeFor[taskapi.Color](): texts([]taskapi.Color{
		taskapi.Red, taskapi.Orange, taskapi.Yellow, taskapi.Green, taskapi.Teal,
		taskapi.Blue, taskapi.Purple, taskapi.Pink, taskapi.Brown, taskapi.Gray,
	}),
	reflect.TypeFor[taskapi.ErrorCode]():      texts(taskapi.ErrorCodes()),
	reflect.TypeFor[taskapi.FieldErrorCode](): texts(taskapi.FieldErrorCodes()),
}

func texts[T ~string](all []T) []string {
	var out []string
	for _, one := range all {
		out = append(out, string(one))
	}
	return out
}

// committed returns the task service's OpenAPI document from the repository.
func committed(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile("../../../../web-contract/openapi/tasks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// TestSDKTypesMatchTheDocument compares every field of the document with the SDK's:
// its name, type, format and values, and whether it is required and nullable.
func TestSDKTypesMatchTheDocument(t *testing.T) {
	t.Parallel()
	schemas := committed(t).Components.Schemas
	for name := range wireTypes {
		if schemas[name] == nil {
			t.Errorf("the document has no schema %s", name)
		}
	}
	for name, schema := range schemas {
		typ := wireTypes[name]
		if typ == nil {
			checkUnion(t, name, schema.Value)
			continue
		}
		required := make(map[string]bool)
		for _, field := range schema.Value.Required {
			required[field] = true
		}
		want, got := map[string]string{}, map[string]string{}
		for _, field := range reflect.VisibleFields(typ) {
			if field.Anonymous {
				continue // VisibleFields also returns the fields of an embedded struct
			}
			fieldName, option, _ := strings.Cut(field.Tag.Get("json"), ",")
			optional := strings.HasPrefix(option, "omit")
			text := describeType(field.Type, !optional || field.Tag.Get("nullable") == "true")
			if format := field.Tag.Get("format"); format != "" {
				text += " " + format
			}
			want[fieldName] = describeField(optional, text)
		}
		for fieldName, property := range schema.Value.Properties {
			got[fieldName] = describeField(!required[fieldName], describeSchema(property))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-SDK +document):\n%s", name, diff)
		}
	}
}

// checkUnion checks that the SDK's type has every property of an alternative of a
// union.
func checkUnion(t *testing.T, name string, schema *openapi3.Schema) {
	t.Helper()
	for suffix, typ := range unions {
		if !strings.HasSuffix(name, suffix) {
			continue
		}
		known := map[string]bool{}
		for _, field := range reflect.VisibleFields(typ) {
			fieldName, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			known[fieldName] = true
		}
		for property := range schema.Properties {
			if !known[property] {
				t.Errorf("%s has %s, which %s does not", name, property, typ)
			}
		}
		return
	}
	t.Errorf("the SDK has no type for the schema %s", name)
}

func describeField(optional bool, text string) string {
	if optional {
		return "optional " + text
	}
	return "required " + text
}

// describeType describes the JSON of a Go type. A nil pointer is null, if it is sent
// at all.
func describeType(typ reflect.Type, sent bool) string {
	switch {
	case typ.Kind() == reflect.Pointer && sent:
		return "nullable " + describeType(typ.Elem(), true)
	case typ.Kind() == reflect.Pointer:
		return describeType(typ.Elem(), true)
	case strings.HasPrefix(typ.Name(), "Optional["):
		return describeType(typ.Field(0).Type, true)
	case typ == reflect.TypeFor[time.Time]():
		return "string date-time"
	case values[typ] != nil:
		return fmt.Sprint("string ", values[typ])
	}
	for name, known := range wireTypes {
		if typ == known {
			return name
		}
	}
	for name, known := range unions {
		if typ == known {
			return name
		}
	}
	switch typ.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer int64"
	case reflect.Slice:
		return "array of " + describeType(typ.Elem(), true)
	case reflect.Map:
		return "map of " + describeType(typ.Elem(), true)
	}
	return "unknown " + typ.String()
}

// describeSchema describes a schema as describeType does a Go type.
func describeSchema(ref *openapi3.SchemaRef) string {
	if name, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		return name
	}
	schema := ref.Value
	if len(schema.AnyOf) == 2 && schema.AnyOf[1].Value.Type.Is("null") {
		return "nullable " + describeSchema(schema.AnyOf[0])
	}
	var text string
	switch {
	case schema.Type.Includes("array"):
		text = "array of " + describeSchema(schema.Items)
	case schema.Type.Includes("object"):
		text = "map of " + describeSchema(schema.AdditionalProperties.Schema)
	case schema.Type.Includes("boolean"):
		text = "boolean" // without the enum of success, which a Go bool cannot express
	default:
		text = schema.Type.Slice()[0]
		if codes, ok := schema.Extensions["x-extensible-enum"].([]any); ok {
			text += fmt.Sprint(" ", codes)
		}
		if enum := slices.DeleteFunc(slices.Clone(schema.Enum), func(v any) bool { return v == nil }); len(enum) > 0 {
			text += fmt.Sprint(" ", enum)
		}
		if schema.Format != "" {
			text += " " + schema.Format
		}
	}
	if schema.Type.IncludesNull() {
		return "nullable " + text
	}
	return text
}

// TestSDKLimitsMatchTheDocument compares the limits with the SDK's constants.
func TestSDKLimitsMatchTheDocument(t *testing.T) {
	t.Parallel()
	document := committed(t)
	property := func(schema, name string) *openapi3.Schema {
		return document.Components.Schemas[schema].Value.Properties[name].Value
	}
	limit := func(path string) *openapi3.Schema {
		return document.Paths.Find(path).Get.Parameters.GetByInAndName("query", "limit").Schema.Value
	}
	for _, schema := range []string{"CreateTaskRequest", "ReplaceTaskRequest", "UpdateTaskRequest", "Task"} {
		got := []uint64{*property(schema, "title").MaxLength, *property(schema, "description").MaxLength, *property(schema, "tags").MaxItems}
		if want := []uint64{taskapi.MaxTitleLength, taskapi.MaxDescriptionLength, taskapi.MaxTags}; !slices.Equal(got, want) {
			t.Errorf("%s: title, description and tags have limits of %v in the document, %v in the SDK", schema, got, want)
		}
	}
	if got := *property("BatchRequest", "operations").MaxItems; got != taskapi.MaxBatchOperations {
		t.Errorf("a batch has up to %d operations in the document, %d in the SDK", got, taskapi.MaxBatchOperations)
	}
	for _, path := range []string{"/api/tasks", "/api/changes"} {
		if got := limit(path); *got.Max != taskapi.MaxListLimit || fmt.Sprint(got.Default) != fmt.Sprint(taskapi.DefaultListLimit) {
			t.Errorf("%s: limit is %v by default and up to %v in the document, %d and %d in the SDK",
				path, got.Default, *got.Max, taskapi.DefaultListLimit, taskapi.MaxListLimit)
		}
	}
	sorts := document.Paths.Find("/api/tasks").Get.Parameters.GetByInAndName("query", "sort").Schema.Value
	if diff := cmp.Diff(texts(taskapi.Sorts()), textsOf(sorts.Enum)); diff != "" {
		t.Errorf("the sort orders (-SDK +document):\n%s", diff)
	}
	if sorts.Default != string(taskapi.NewestFirst) {
		t.Errorf("the default sort order is %v", sorts.Default)
	}
}

func textsOf(all []any) []string {
	var out []string
	for _, one := range all {
		out = append(out, fmt.Sprint(one))
	}
	return out
}

// TestDocumentCodesAreUnderTheirStatus checks that the SDK has every error code of the
// document's operations, with the same status.
func TestDocumentCodesAreUnderTheirStatus(t *testing.T) {
	t.Parallel()
	known := taskapi.ErrorCodes()
	for path, item := range committed(t).Paths.Map() {
		for method, operation := range item.Operations() {
			for status, response := range operation.Responses.Map() {
				problem := response.Value.Content["application/problem+json"]
				if problem == nil {
					continue
				}
				for code := range problem.Examples {
					if !slices.Contains(known, taskapi.ErrorCode(code)) || fmt.Sprint(taskapi.ErrorCode(code).Status()) != status {
						t.Errorf("%s %s: %s is under %s, and has status %d in the SDK", method, path, code, status, taskapi.ErrorCode(code).Status())
					}
				}
			}
		}
	}
}
