package taskapi_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestOptionalRoundTrip(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		json string
		want taskapi.UpdateTaskRequest
	}{
		{"absent", `{}`, taskapi.UpdateTaskRequest{}},
		{"null", `{"dueAt":null}`, taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}},
		{"value of a pointer", `{"dueAt":"2026-11-30T17:00:00Z"}`, taskapi.UpdateTaskRequest{DueAt: taskapi.Some(&due)}},
		{"value", `{"title":"Water"}`, taskapi.UpdateTaskRequest{Title: taskapi.Some("Water")}},
		{
			"zero values",
			`{"title":"","description":"","completed":false,"priority":"","tags":[]}`,
			taskapi.UpdateTaskRequest{
				Title:       taskapi.Some(""),
				Description: taskapi.Some(""),
				Completed:   taskapi.Some(false),
				Priority:    taskapi.Some(taskapi.Priority("")),
				Tags:        taskapi.Some([]string{}),
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got taskapi.UpdateTaskRequest
			if err := json.Unmarshal([]byte(tt.json), &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("decoded %s to %+v, want %+v", tt.json, got, tt.want)
			}
			encoded, err := json.Marshal(tt.want)
			if err != nil {
				t.Fatal(err)
			}
			if string(encoded) != tt.json {
				t.Errorf("encoded %s, want %s", encoded, tt.json)
			}
		})
	}
}

func TestOptionalNilSliceIsTheEmptyArray(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string(nil))})
	if err != nil || string(encoded) != `{"tags":[]}` {
		t.Errorf("encoded %s, %v", encoded, err)
	}
}

func TestOptionalRejectsInvalidValues(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"title":null}`,
		`{"description":null}`,
		`{"completed":null}`,
		`{"priority":null}`,
		`{"tags":null}`,
		`{"title":1}`,
		`{"completed":"true"}`,
		`{"dueAt":"tomorrow"}`,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			var got taskapi.UpdateTaskRequest
			if err := json.Unmarshal([]byte(body), &got); err == nil {
				t.Errorf("decoded to %+v, want an error", got)
			}
		})
	}
}
