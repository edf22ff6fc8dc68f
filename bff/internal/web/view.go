package web

import (
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Task is a task as the browser sees it.
type Task struct {
	taskapi.Task

	Overdue bool `json:"overdue" doc:"Whether the task is open and past its deadline, by the server's clock." example:"false"`
}

// TaskResponse is the answer of every operation on one task.
type TaskResponse struct {
	Success bool `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    Task `json:"data"`
}

// TaskListResponse is the answer of listTasks.
type TaskListResponse struct {
	Success bool             `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Task           `json:"data"`
	Meta    taskapi.ListMeta `json:"meta"`
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
