package sdk

import (
	"context"
	"net/http"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Batch runs operations in order, all or none. It returns one resource for each operation,
// in the same order and as it is after the whole batch; an erased resource is as it was
// when it was erased. A batch has at most [taskapi.MaxBatchOperations] operations. If one
// fails, Batch returns its error, and [Error.Fields] name the operation.
//
//	resources, err := client.Batch(ctx, []taskapi.BatchOperation{
//		taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "Water the plants"}),
//		taskapi.TaskOperations.Update(id, version, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
//		taskapi.TaskOperations.Delete(other, 0),
//	})
//	…
//	watered, err := resources[0].Task()
func (c *Client) Batch(ctx context.Context, operations []taskapi.BatchOperation, opts ...CallOption) ([]taskapi.Resource, error) {
	out, err := do[batchEnvelope](ctx, c, request{
		operation: "batch",
		method:    http.MethodPost,
		path:      "/api/batch",
		body:      taskapi.BatchRequest{Operations: operations},
	}, opts)
	return out.Data, err
}

type batchEnvelope struct{ taskapi.ResourceListResponse }

func (e batchEnvelope) complete(r *request) bool {
	return e.Success && len(e.Data) == len(r.body.(taskapi.BatchRequest).Operations)
}
