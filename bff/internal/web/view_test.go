package web

import (
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
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
