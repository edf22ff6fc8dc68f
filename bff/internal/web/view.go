package web

import (
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi/taskjson"
)

// Task is a task as the browser sees it.
type Task struct {
	taskapi.Task

	Overdue bool `json:"overdue" doc:"Whether the task is open and past its deadline, by the server's clock." example:"false"`
}

func appendTask(b []byte, t *Task) []byte {
	return append(taskjson.AppendBoolField(taskjson.AppendOpenTask(b, &t.Task), "overdue", t.Overdue), '}')
}

// TaskResponse is the answer of every operation on one task.
type TaskResponse struct {
	Success bool `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    Task `json:"data"`
}

// AppendJSON implements [taskjson.Appender].
func (r TaskResponse) AppendJSON(b []byte) []byte {
	return taskjson.AppendOne(b, r.Success, &r.Data, appendTask)
}

// TaskListResponse is the answer of listTasks.
type TaskListResponse struct {
	Success bool             `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Task           `json:"data"`
	Meta    taskapi.ListMeta `json:"meta"`
}

// AppendJSON implements [taskjson.Appender].
func (r TaskListResponse) AppendJSON(b []byte) []byte {
	return taskjson.AppendListMeta(taskjson.AppendData(b, r.Success, r.Data, appendTask), r.Meta)
}

// BatchResponse is the answer of batchTasks.
type BatchResponse struct {
	Success bool   `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Task `json:"data"`
}

// Change is a place in the user's change sequence as the browser sees it.
type Change struct {
	taskapi.Change

	Task *Task `json:"task" doc:"The task as it is now; null when it was erased."`
}

// ChangeListResponse is the answer of listChanges.
type ChangeListResponse struct {
	Success bool                `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Change            `json:"data"`
	Meta    taskapi.ChangesMeta `json:"meta"`
}

// AppendJSON implements [taskjson.Appender].
func (r ChangeListResponse) AppendJSON(b []byte) []byte {
	b = taskjson.AppendData(b, r.Success, r.Data, func(b []byte, c *Change) []byte {
		return taskjson.AppendChange(b, &c.Change, c.Task, appendTask)
	})
	return taskjson.AppendChangesMeta(b, r.Meta)
}

// view returns the task as the browser sees it at the time now.
func view(task taskapi.Task, now time.Time) Task {
	return Task{
		Task:    task,
		Overdue: !task.Completed && task.DueAt != nil && task.DueAt.Before(now),
	}
}

// views returns the tasks as the browser sees them at the time now. It never
// returns nil, which JSON would write as null.
func views(tasks []taskapi.Task, now time.Time) []Task {
	all := make([]Task, len(tasks))
	for i, task := range tasks {
		all[i] = view(task, now)
	}
	return all
}

// changeViews returns the changes as the browser sees them at the time now.
func changeViews(changes []taskapi.Change, now time.Time) []Change {
	all := make([]Change, len(changes))
	for i, change := range changes {
		all[i] = changeView(change, now)
	}
	return all
}

func changeView(change taskapi.Change, now time.Time) Change {
	seen := Change{Change: change}
	if change.Task != nil {
		seen.Task = new(view(*change.Task, now))
	}
	return seen
}
