package web

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi/taskjson"
)

func TestOverdue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Microsecond), now.Add(time.Microsecond)
	for name, test := range map[string]struct {
		task taskapi.Task
		want bool
	}{
		"no deadline":             {taskapi.Task{}, false},
		"past its deadline":       {taskapi.Task{DueAt: &before}, true},
		"at its deadline":         {taskapi.Task{DueAt: &now}, false},
		"before its deadline":     {taskapi.Task{DueAt: &after}, false},
		"done after its deadline": {taskapi.Task{DueAt: &before, Completed: true}, false},
	} {
		if got := view(test.task, now).Overdue; got != test.want {
			t.Errorf("%s: overdue %t, want %t", name, got, test.want)
		}
	}
}

// TestAnswersAreWhatEncodingJSONWrites shows a field of a view that is not
// written; those of a task are taskjson's own matter.
func TestAnswersAreWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	task := Task{Overdue: true, Task: taskapi.Task{ID: "1", Title: "<a> & \"b\"", DueAt: &at, Tags: []string{"home"}, CreatedAt: at, UpdatedAt: at}}
	for _, answer := range []taskjson.Appender{
		TaskResponse{},
		TaskListResponse{},
		ChangeListResponse{},
		TaskResponse{Success: true, Data: task},
		TaskListResponse{Success: true, Data: []Task{task, {}}, Meta: taskapi.ListMeta{NextCursor: new("c"), Changes: 7}},
		ChangeListResponse{
			Success: true,
			Data: []Change{
				{Change: taskapi.Change{Seq: 1, Type: taskapi.ChangeUpsert, TaskID: "1"}, Task: &task},
				{Change: taskapi.Change{Seq: 2, Type: taskapi.ChangeDelete, TaskID: "2"}},
			},
			Meta: taskapi.ChangesMeta{NextCursor: 2, HasMore: true},
		},
	} {
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(answer); err != nil {
			t.Fatal(err)
		}
		if got := string(answer.AppendJSON(nil)) + "\n"; got != want.String() {
			t.Errorf("%T:\n got %s\nwant %s", answer, got, want.String())
		}
	}
}
