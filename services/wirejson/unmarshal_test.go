package wirejson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

func TestUnmarshal_RejectsAmbiguousJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wirejson.Error{
		``:                           {Field: "", Code: taskapi.FieldFormat},
		`{`:                          {Field: "", Code: taskapi.FieldFormat},
		`{"a":1,}`:                   {Field: "", Code: taskapi.FieldFormat},
		`{} {}`:                      {Field: "", Code: taskapi.FieldFormat},
		`{"a":1,"a":2}`:              {Field: "a", Code: taskapi.FieldDuplicate},
		`{"a":[{"b":1,"\u0062":2}]}`: {Field: "a[0].b", Code: taskapi.FieldDuplicate},
		"\"\xff\"":                   {Field: "", Code: taskapi.FieldFormat},
		`{"a":1e400}`:                {Field: "a", Code: taskapi.FieldOutOfRange},
		`["\u0000"]`:                 {Field: "[0]", Code: taskapi.FieldFormat},
		`{"\u0000":1}`:               {Field: "\x00", Code: taskapi.FieldFormat},
		`"\ud83d"`:                   {Field: "", Code: taskapi.FieldFormat},
		`"\ude00\ud83d"`:             {Field: "", Code: taskapi.FieldFormat},
		`"\ud83d\ud83d\ude00"`:       {Field: "", Code: taskapi.FieldFormat},
		`"\ud83dx"`:                  {Field: "", Code: taskapi.FieldFormat},
		strings.Repeat("[", 20_000):  {Field: "", Code: taskapi.FieldFormat},
	} {
		var v any
		checkError(t, text, wirejson.Unmarshal([]byte(text), &v), want)
	}
	for _, text := range []string{
		`{}`, ` [1, {"a": [null, true]}] `, `"\ud83d\ude00"`, `"\\ud83d"`, `"\\\\ud83d"`, `"\\u0000"`, `"\u00e4\n"`, `{"a":{"b":1},"b":1}`, "\"\ufffd\"",
	} {
		var v any
		if err := wirejson.Unmarshal([]byte(text), &v); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

type nested struct {
	Inner struct {
		Title taskapi.Optional[string] `json:"title"`
	} `json:"inner"`
	List []nested `json:"list"`
}

func TestUnmarshal_ChecksTheType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wirejson.Error{
		`{"title":null}`:                        {Field: "title", Code: taskapi.FieldNull},
		`{"tags":null}`:                         {Field: "tags", Code: taskapi.FieldNull},
		`{"tags":["a",null]}`:                   {Field: "tags[1]", Code: taskapi.FieldNull},
		`{"Title":"a"}`:                         {Field: "Title", Code: taskapi.FieldUnknown},
		`{"title":1}`:                           {Field: "title", Code: taskapi.FieldType},
		`{"completed":"true"}`:                  {Field: "completed", Code: taskapi.FieldType},
		`{"dueAt":"tomorrow"}`:                  {Field: "dueAt", Code: taskapi.FieldFormat},
		`{"dueAt":"2026-11-30T17:00:00+24:00"}`: {Field: "dueAt", Code: taskapi.FieldFormat},
		`{"title":"a","title":"b"}`:             {Field: "title", Code: taskapi.FieldDuplicate},
		`{"title":"a\u0000"}`:                   {Field: "title", Code: taskapi.FieldFormat},
		`null`:                                  {Field: "", Code: taskapi.FieldNull},
	} {
		checkError(t, text, wirejson.Unmarshal([]byte(text), new(taskapi.UpdateTaskRequest)), want)
		checkError(t, text, wirejson.Unmarshal([]byte(text), new(taskapi.CreateTaskRequest)), want)
	}
	const inner = `{"list":[{"inner":{"title":null}}]}`
	checkError(t, inner, wirejson.Unmarshal([]byte(inner), new(nested)), wirejson.Error{Field: "list[0].inner.title", Code: taskapi.FieldNull})
}

func checkError(t *testing.T, text string, err error, want wirejson.Error) {
	t.Helper()
	var got *wirejson.Error
	if !errors.As(err, &got) || got.Field != want.Field || got.Code != want.Code || got.Message == "" {
		t.Errorf("%.100s: got %#v, want %q of %q", text, err, want.Code, want.Field)
	}
}

func TestUnmarshal_ReadsOptionalFields(t *testing.T) {
	t.Parallel()
	var got taskapi.UpdateTaskRequest
	if err := wirejson.Unmarshal([]byte(`{"title":"","dueAt":null,"tags":[]}`), &got); err != nil {
		t.Fatal(err)
	}
	want := taskapi.UpdateTaskRequest{Title: taskapi.Some(""), DueAt: taskapi.UpdateTaskRequest{}.DueAt, Tags: taskapi.Some([]string{})}
	want.DueAt.Set = true
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Unmarshal (-want +got):\n%s", diff)
	}
}

func TestUnmarshal_AcceptsTimesInLowerCase(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-11-30T17:00:00Z", "2026-11-30t17:00:00z", "2026-11-30t18:00:00+01:00"} {
		var got taskapi.CreateTaskRequest
		if err := wirejson.Unmarshal([]byte(`{"title":"a","dueAt":"`+text+`"}`), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if want := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC); got.DueAt == nil || !got.DueAt.Equal(want) {
			t.Errorf("%s is %v", text, got.DueAt)
		}
	}
}

// FuzzUnmarshal checks that accepted data is valid JSON, and that encoding/json decodes the
// same value.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,null,"\ud83d\ude00"]}`, `{"a":1,"a":2}`, `"\ud83d"`, `[[[[`, "\"\xff\"", `1 2`, `"\\`, `1e400`, `"\u0000"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want any
		if wirejson.Unmarshal(data, &got) != nil {
			return
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-encoding/json +wirejson):\n%s", data, diff)
		}
	})
}
