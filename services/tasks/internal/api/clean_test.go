package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

func TestRulesNameFieldsOfRequests(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, k := range operations.Kinds() {
		for field := range k.Resource.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			known[name] = true
		}
	}
	for name := range rules {
		if !known[name] {
			t.Errorf("rules (api/clean.go) has %q, which no kind has", name)
		}
	}
}

// clean returns a cleaned request.
func clean[T any](request T) (T, error) {
	var check checker
	cleaned := check.clean(request).(T)
	return cleaned, check.err()
}

// FuzzMergePatch cleans any JSON as a merge patch. An accepted patch changes only the
// fields that it names, respects the limits, and is not changed by cleaning it again.
func FuzzMergePatch(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"title":"Water"}`, `{"dueAt":null}`, `{"dueAt":"2026-11-30T17:00:00.123456789+01:00"}`, `{"tags":["a"," a"]}`,
		`{"title":null}`, `{"title":" \u0041\u030a "}`, `{"completed":true,"priority":"high","description":"","tags":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var patch taskapi.UpdateTaskRequest
		if !utf8.Valid(data) || json.Unmarshal(data, &patch) != nil {
			return
		}
		cleaned, err := clean(patch)
		if err != nil {
			return
		}
		for i := range reflect.TypeFor[taskapi.UpdateTaskRequest]().NumField() {
			before, after := reflect.ValueOf(patch).Field(i), reflect.ValueOf(cleaned).Field(i)
			if before.IsZero() != after.IsZero() {
				t.Fatalf("%s becomes %+v", data, cleaned)
			}
		}
		if n := utf8.RuneCountInString(cleaned.Title.Value); n > taskapi.MaxTitleLength || (cleaned.Title.Set && n == 0) {
			t.Fatalf("a title of %d characters", n)
		}
		encoded, err := json.Marshal(cleaned)
		if err != nil {
			t.Fatalf("%s becomes %+v: %v", data, cleaned, err)
		}
		var again taskapi.UpdateTaskRequest
		if err := json.Unmarshal(encoded, &again); err != nil {
			t.Fatal(err)
		}
		again, err = clean(again)
		if diff := cmp.Diff(cleaned, again); diff != "" || err != nil {
			t.Fatalf("cleaning %s again changes it: %v\n%s", data, err, diff)
		}
	})
}
