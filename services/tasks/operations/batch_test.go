package operations_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

func TestBatch_NamesTheInvalidField(t *testing.T) {
	t.Parallel()
	server, _ := newBatchServer()
	const id = `"id":"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	for operation, want := range map[string]string{
		`null`:                                                               "operations[0] not_nullable",
		`{"op":"delete",` + id + `}`:                                         "operations[0].kind required",
		`{"kind":"task",` + id + `}`:                                         "operations[0].op required",
		`{"op":"delete","kind":null,` + id + `}`:                             "operations[0].kind wrong_type",
		`{"op":"delete","kind":1,` + id + `}`:                                "operations[0].kind wrong_type",
		`{"op":"delete","kind":"note",` + id + `}`:                           "operations[0].kind not_allowed",
		`{"op":"destroy","kind":"task",` + id + `}`:                          "operations[0].op not_allowed",
		`{"op":"delete","kind":"task"}`:                                      "operations[0].id required",
		`{"op":"delete","kind":"task","id":"1"}`:                             "operations[0].id bad_format",
		`{"op":"delete","kind":"task",` + id + `,"version":0}`:               "operations[0].version out_of_range",
		`{"op":"delete","kind":"task",` + id + `,"version":null}`:            "operations[0].version not_nullable",
		`{"op":"delete","kind":"task",` + id + `,"data":{}}`:                 "operations[0].data unknown_field",
		`{"op":"delete","kind":"task",` + id + `,"c":1,"a":1,"b":1}`:         "operations[0].a unknown_field, operations[0].b unknown_field, operations[0].c unknown_field",
		`{"op":"create","kind":"task","data":{"title":"a"},` + id + `}`:      "operations[0].id unknown_field",
		`{"op":"create","kind":"task"}`:                                      "operations[0].data required",
		`{"op":"create","kind":"task","data":null}`:                          "operations[0].data wrong_type",
		`{"op":"create","kind":"task","data":{}}`:                            "operations[0].data.title required",
		`{"op":"create","kind":"task","data":{"title":"a","tags":null}}`:     "operations[0].data.tags not_nullable",
		`{"op":"create","kind":"task","data":{"title":"a","Tags":[]}}`:       "operations[0].data.Tags unknown_field",
		`{"op":"create","kind":"task","data":{"title":"a\u0000"}}`:           "operations[0].data.title bad_format",
		`{"op":"create","kind":"task","data":{"title":"a","title":"b"}}`:     "operations[0].data.title duplicate",
		`{"op":"create","kind":"task","data":{"title":"a","dueAt":"never"}}`: "operations[0].data.dueAt bad_format",
		`{"op":"replace","kind":"task",` + id + `,"data":{"title":""}}`:      "operations[0].data.title too_short",
		`{"op":"update","kind":"task",` + id + `,"changes":{}}`:              "operations[0].changes too_few",
		`{"op":"update","kind":"task",` + id + `,"changes":{"title":null}}`:  "operations[0].changes.title not_nullable",
		`{"op":"update","kind":"task",` + id + `,"data":{"title":"a"}}`:      "operations[0].changes required, operations[0].data unknown_field",
	} {
		if got := send(server, `{"operations":[`+operation+`]}`); got != want {
			t.Errorf("%s: %s, want %s", operation, got, want)
		}
	}
	if got := send(server, `{"operations":[{"kind":"task"},{"op":"delete"}]}`); got != "operations[0].op required, operations[1].kind required" {
		t.Errorf("two invalid operations: %s", got)
	}
}

func TestBatch_ReadsTypedRequests(t *testing.T) {
	t.Parallel()
	server, last := newBatchServer()
	const id = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"
	body, err := json.Marshal(taskapi.BatchRequest{Operations: []taskapi.BatchOperation{
		taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "a"}),
		taskapi.TaskOperations.Replace(id, 0, taskapi.ReplaceTaskRequest{Title: "b"}),
		taskapi.TaskOperations.Update(id, 3, taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}),
		taskapi.TaskOperations.Delete(id, 0),
		taskapi.TaskOperations.Restore(id, 0),
		taskapi.TaskOperations.Erase(id, 0),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := send(server, string(body)); got != "" {
		t.Fatal(got)
	}
	want := []operations.BatchOperation{
		{Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: taskapi.CreateTaskRequest{Title: "a"}},
		{Op: taskapi.BatchReplace, Kind: taskapi.KindTask, ID: id, Data: taskapi.ReplaceTaskRequest{Title: "b"}},
		{Op: taskapi.BatchUpdate, Kind: taskapi.KindTask, ID: id, Version: 3, Data: taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}},
		{Op: taskapi.BatchDelete, Kind: taskapi.KindTask, ID: id},
		{Op: taskapi.BatchRestore, Kind: taskapi.KindTask, ID: id},
		{Op: taskapi.BatchErase, Kind: taskapi.KindTask, ID: id},
	}
	if diff := cmp.Diff(want, *last); diff != "" {
		t.Errorf("the operations (-want +got):\n%s", diff)
	}
}

func newBatchServer() (http.Handler, *[]operations.BatchOperation) {
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler)})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "Batch", Version: "1.0.0"})
	last := new([]operations.BatchOperation)
	operations.Register(operations.Server{API: api}, operations.Handlers{
		Batch: func(_ context.Context, in *operations.BatchInput) (*operations.BatchOutput, error) {
			*last = in.Operations
			return &operations.BatchOutput{}, nil
		},
	})
	return router, last
}

// send sends a batch and returns the fields and codes of its errors.
func send(server http.Handler, body string) string {
	response := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/api/batch", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	server.ServeHTTP(response, r)
	if response.Code == http.StatusOK {
		return ""
	}
	var problem taskapi.Problem
	if err := json.Unmarshal(response.Body.Bytes(), &problem); err != nil || len(problem.Errors) == 0 {
		return response.Body.String()
	}
	var fields []string
	for _, field := range problem.Errors {
		fields = append(fields, field.Field+" "+string(field.Code))
	}
	return strings.Join(fields, ", ")
}
