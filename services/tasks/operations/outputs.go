package operations

import "github.com/tasklane/tasklane/sdk/taskapi"

// ListTasksOutput is the response of listTasks.
type ListTasksOutput struct {
	Body taskapi.TaskListResponse
}

// ListListsOutput is the response of listLists.
type ListListsOutput struct {
	Body taskapi.ListListResponse
}

// GetOutput is the response W to reading one resource. With status 304 it has no body.
type GetOutput[W any] struct {
	Status int
	ETag   string `header:"ETag" doc:"The resource's version, in quotes." example:"\"1\""`
	Body   *W
}

// WriteOutput is the response W to a write of one resource.
type WriteOutput[W any] struct {
	ETag     string `header:"ETag" doc:"The resource's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this replays the response to an earlier request with the same Idempotency-Key. erased: the same, but a resource in it has been erased since and has no content." example:"true"`
	Body     W
}

// CreateOutput is the response W to the creation of a resource.
type CreateOutput[W any] struct {
	Location string `header:"Location" doc:"The new resource's path." example:"/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ETag     string `header:"ETag" doc:"The resource's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this replays the response to an earlier request with the same Idempotency-Key. erased: the same, but a resource in it has been erased since and has no content." example:"true"`
	Body     W
}

// GetTaskStatsOutput is the response of getTaskStats.
type GetTaskStatsOutput struct {
	Body taskapi.StatsResponse
}

// ListTaskOccurrencesOutput is the response of listTaskOccurrences.
type ListTaskOccurrencesOutput struct {
	Body taskapi.OccurrenceListResponse
}

// GetAgendaOutput is the response of getAgenda.
type GetAgendaOutput struct {
	Body taskapi.AgendaResponse
}

// ListChangesOutput is the response of listChanges.
type ListChangesOutput struct {
	Body taskapi.ChangeListResponse
}

// BatchOutput is the response of batch.
type BatchOutput struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true: this replays the response to an earlier request with the same Idempotency-Key. erased: the same, but a resource in it has been erased since and has no content." example:"true"`
	Body     taskapi.ResourceListResponse
}
