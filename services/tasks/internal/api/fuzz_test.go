package api

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// FuzzMergePatch reads whatever may come as a merge patch. What is accepted
// touches only the fields that are named, keeps the limits, and is the same
// when it is sent again.
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
		clean, err := cleanPatch(patch)
		if err != nil {
			return
		}
		if patch.Title.Set != clean.Title.Set || patch.Description.Set != clean.Description.Set || patch.DueAt.Set != clean.DueAt.Set ||
			patch.Tags.Set != clean.Tags.Set || patch.Completed != clean.Completed || patch.Priority != clean.Priority {
			t.Fatalf("%s becomes %+v", data, clean)
		}
		if n := utf8.RuneCountInString(clean.Title.Value); n > taskapi.MaxTitleLength || (clean.Title.Set && n == 0) {
			t.Fatalf("a title of %d characters", n)
		}
		encoded, err := json.Marshal(clean)
		if err != nil {
			t.Fatalf("%s becomes %+v: %v", data, clean, err)
		}
		var again taskapi.UpdateTaskRequest
		if err := json.Unmarshal(encoded, &again); err != nil {
			t.Fatal(err)
		}
		again, err = cleanPatch(again)
		if diff := cmp.Diff(clean, again); diff != "" || err != nil {
			t.Fatalf("%s is not the same again: %v\n%s", data, err, diff)
		}
	})
}
