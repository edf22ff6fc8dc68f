package taskapi_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestLimitsInTagsAreTheConstants(t *testing.T) {
	t.Parallel()
	want := map[string]map[string]string{
		"Title":       {"minLength": "1", "maxLength": strconv.Itoa(taskapi.MaxTitleLength)},
		"Description": {"maxLength": strconv.Itoa(taskapi.MaxDescriptionLength)},
		"Tags":        {"maxItems": strconv.Itoa(taskapi.MaxTags)},
		"Priority":    {"enum": strings.Join(texts(taskapi.Priorities()), ",")},
	}
	for _, body := range []any{
		taskapi.Task{},
		taskapi.CreateTaskRequest{},
		taskapi.ReplaceTaskRequest{},
		taskapi.UpdateTaskRequest{},
	} {
		typ := reflect.TypeOf(body)
		t.Run(typ.Name(), func(t *testing.T) {
			t.Parallel()
			for name, tags := range want {
				field, ok := typ.FieldByName(name)
				if !ok {
					t.Errorf("there is no field %s", name)
					continue
				}
				for key, value := range tags {
					// The title of an erased task is replayed as empty.
					if key == "minLength" && typ == reflect.TypeFor[taskapi.Task]() {
						continue
					}
					if got := field.Tag.Get(key); got != value {
						t.Errorf("%s has %s %q, want %q", name, key, got, value)
					}
				}
			}
		})
	}
}

func TestRequestsLeaveOutZeroFields(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		body any
		want string
	}{
		{"create with a title", taskapi.CreateTaskRequest{Title: "Water"}, `{"title":"Water"}`},
		{"replace with a title", taskapi.ReplaceTaskRequest{Title: "Water"}, `{"title":"Water"}`},
		{
			"create with everything",
			taskapi.CreateTaskRequest{
				Title:       "Water",
				Description: "The ones on the balcony too.",
				Completed:   true,
				Priority:    taskapi.High,
				DueAt:       &due,
				Tags:        []string{"home", "garden"},
			},
			`{"title":"Water","description":"The ones on the balcony too.","completed":true,` +
				`"priority":"high","dueAt":"2026-11-30T17:00:00Z","tags":["home","garden"]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("encoded\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestTaskHasEveryFieldInEveryResponse(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(taskapi.Task{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &fields); err != nil {
		t.Fatal(err)
	}
	typ := reflect.TypeFor[taskapi.Task]()
	if len(fields) != typ.NumField() {
		t.Errorf("the zero task has %d fields in JSON, want %d", len(fields), typ.NumField())
	}
	for _, name := range []string{"completedAt", "dueAt", "deletedAt"} {
		if got := string(fields[name]); got != "null" {
			t.Errorf("%s is %q, want null", name, got)
		}
	}
}
