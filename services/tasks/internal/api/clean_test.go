package api

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestCleanersHaveEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range taskapi.Kinds() {
		if cleaners[kind] == nil {
			t.Errorf("cleaners (api/resources.go) has no rules of %q", kind)
		}
	}
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
		cleaned, err := clean(taskRules, patch)
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
		again, err = clean(taskRules, again)
		if diff := cmp.Diff(cleaned, again); diff != "" || err != nil {
			t.Fatalf("cleaning %s again changes it: %v\n%s", data, err, diff)
		}
	})
}
