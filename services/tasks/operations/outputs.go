package operations

import "github.com/tasklane/tasklane/sdk/taskapi"

// ListTasksOutput is the response of listTasks.
type ListTasksOutput struct {
	Body taskapi.TaskListResponse
}

// GetTaskOutput is the response of getTask.
type GetTaskOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Body   *taskapi.TaskResponse
}

// WriteTaskOutput is the response of a write of one task.
type WriteTaskOutput struct {
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true if an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     taskapi.TaskResponse
}

// CreateTaskOutput is the response of createTask.
type CreateTaskOutput struct {
	Location string `header:"Location" doc:"The new task's path." example:"/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true if an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     taskapi.TaskResponse
}

// GetTaskStatsOutput is the response of getTaskStats.
type GetTaskStatsOutput struct {
	Body taskapi.StatsResponse
}

// ListChangesOutput is the response of listChanges.
type ListChangesOutput struct {
	Body taskapi.ChangeListResponse
}

// BatchOutput is the response of batch.
type BatchOutput struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true if an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     taskapi.BatchResponse
}
