package sdk

import (
	"context"
	"net/http"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Batch carries out operations in order, all or none, and returns their
// resources in the same order, as the whole batch left them; an erased one as
// it was before. There may be up to [taskapi.MaxBatchOperations]. If one fails,
// the error is that one's, and its [Error.Fields] name it.
//
//	resources, err := client.Batch(ctx, []taskapi.BatchOperation{
//		taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "Water the plants"}),
//		taskapi.TaskOperations.Update(id, version, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
//		taskapi.TaskOperations.Delete(other, 0),
//	})
//	…
//	watered, err := resources[0].Task()
func (c *Client) Batch(ctx context.Context, operations []taskapi.BatchOperation, opts ...CallOption) ([]taskapi.Resource, error) {
	out, err := do[batchAnswer](ctx, c, request{
		operation: "batch",
		method:    http.MethodPost,
		path:      "/api/batch",
		body:      taskapi.BatchRequest{Operations: operations},
	}, opts)
	return out.Data, err
}

type batchAnswer struct{ taskapi.ResourceListResponse }

func (a batchAnswer) complete(r *request) bool {
	return a.Success && len(a.Data) == len(r.body.(taskapi.BatchRequest).Operations)
}
