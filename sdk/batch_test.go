package sdk_test

import (
	"reflect"
	"testing"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	operations := []taskapi.BatchOperation{
		taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "Water"}),
		taskapi.TaskOperations.Update("x", 3, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
		taskapi.TaskOperations.Delete("y", 0),
	}
	resources := []taskapi.Resource{resource(taskapi.Task{ID: "new"}), resource(taskapi.Task{ID: "x"}), resource(taskapi.Task{ID: "y"})}
	t.Run("sends one request", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respond(200, taskapi.ResourceListResponse{Success: true, Data: resources}))
		got, err := s.client(t).Batch(t.Context(), operations, sdk.WithIdempotencyKey("the-key"))
		if err != nil || !reflect.DeepEqual(got, resources) {
			t.Errorf("got %+v, %v", got, err)
		}
		want := `{"operations":[{"op":"create","kind":"task","data":{"title":"Water"}},` +
			`{"op":"update","kind":"task","id":"x","version":3,"changes":{"completed":true}},{"op":"delete","kind":"task","id":"y"}]}`
		if sent := s.received()[0]; sent.method != "POST" || sent.uri != "/api/batch" || sent.body != want ||
			sent.header.Get("Content-Type") != "application/json" || sent.header.Get("Idempotency-Key") != "the-key" {
			t.Errorf("sent %+v, want the body %s", sent, want)
		}
	})
	t.Run("fails if the response lacks resources", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respond(200, taskapi.ResourceListResponse{Success: true, Data: resources[:2]}))
		_, err := s.client(t).Batch(t.Context(), operations)
		if failure := asError(t, err); failure.Status != 200 || !failure.MaybeApplied {
			t.Errorf("got %+v", failure)
		}
	})
}
