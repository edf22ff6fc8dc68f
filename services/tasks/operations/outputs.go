package operations

import "github.com/tasklane/tasklane/sdk/taskapi"

// Output is a response with data.
type Output[T any] struct {
	Body taskapi.Response[T]
}

// PageOutput is a response with a page of a list.
type PageOutput[T any] struct {
	Body taskapi.PageResponse[T]
}

// GetOutput is the response to reading one resource. With status 304 it has no body.
type GetOutput[T any] struct {
	Status int
	ETag   string `header:"ETag" doc:"The resource's version, in quotes." example:"\"1\""`
	Body   *taskapi.Response[T]
}

// WriteOutput is the response to a write of one resource.
type WriteOutput[T any] struct {
	ETag     string `header:"ETag" doc:"The resource's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this replays the response to an earlier request with the same Idempotency-Key. erased: the same, but a resource in it has been erased since and has no content." example:"true"`
	Body     taskapi.Response[T]
}

// CreateOutput is the response to the creation of a resource.
type CreateOutput[T any] struct {
	Location string `header:"Location" doc:"The new resource's path." example:"/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ETag     string `header:"ETag" doc:"The resource's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this replays the response to an earlier request with the same Idempotency-Key. erased: the same, but a resource in it has been erased since and has no content." example:"true"`
	Body     taskapi.Response[T]
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
