package sdktest

import (
	"net/http"
	"strings"
	"sync"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

var idempotencyCases = []contractCase{
	{"a replay ignores If-Match and later changes", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		send := func() response {
			return s.raw(http.MethodPatch, path, `{"title":"New"}`, "Idempotency-Key", "key", "If-Match", `"1"`)
		}
		first := s.task(send(), http.StatusOK)
		s.must(s.client.DeleteTask(s.Context(), task.ID))
		s.same("again", s.task(send(), http.StatusOK), first)
	}},
	{"a replay has no content of a task that has been erased since, and says so", func(s *subject) {
		kept, gone := s.create(full()), s.create(full())
		batch := func(ids ...string) string {
			var operations []string
			for _, id := range ids {
				operations = append(operations, `{"op":"update","kind":"task","id":"`+id+`","changes":{"title":"New"}}`)
			}
			return `{"operations":[` + strings.Join(operations, ",") + `]}`
		}
		send := func(body string) ([]taskapi.Task, string) {
			resp := s.raw(http.MethodPost, "/api/batch", body, "Idempotency-Key", body)
			if resp.status != http.StatusOK {
				s.Fatalf("the batch: got status %d, want %d: %s", resp.status, http.StatusOK, resp.body)
			}
			return s.tasks(decode[taskapi.ResourceListResponse](s, resp).Data), resp.header.Get("Idempotency-Replayed")
		}
		both, other := batch(kept.ID, gone.ID), batch(kept.ID)
		first, _ := send(both)
		send(other)
		create := func() response {
			return s.raw(http.MethodPost, "/api/tasks", `{"title":"Gone too"}`, "Idempotency-Key", "create")
		}
		created := s.task(create(), http.StatusCreated)
		for i := range 2 {
			resources, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
				taskapi.TaskOperations.Erase(gone.ID, 0), taskapi.TaskOperations.Erase(created.ID, 0),
			}, sdk.WithIdempotencyKey("erase"))
			s.ok(err)
			if erasure := s.tasks(resources)[0]; i == 0 {
				s.same("the erased task", erasure, first[1])
			} else {
				s.wantNoContent(erasure, first[1])
			}
		}
		again, replayed := send(both)
		s.same("the task that is there", again[0], first[0])
		s.wantNoContent(again[1], first[1])
		if replayed != "erased" {
			s.Errorf("Idempotency-Replayed is %q", replayed)
		}
		if _, replayed := send(other); replayed != "true" {
			s.Errorf("Idempotency-Replayed of another response is %q", replayed)
		}
		resp := create()
		s.wantNoContent(s.task(resp, http.StatusCreated), created)
		if resp.header.Get("Idempotency-Replayed") != "erased" || resp.header.Get("Location") != "/api/tasks/"+created.ID {
			s.Errorf("the replay of createTask has the header %v, want Idempotency-Replayed erased and the Location of %s", resp.header, created.ID)
		}
	}},
	{"a different request is 422", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		s.task(s.raw(http.MethodPatch, path, `{"title":"New"}`, "Idempotency-Key", "key"), http.StatusOK)
		for _, other := range []struct{ method, path, body string }{
			{http.MethodPatch, path, `{"title":"Other"}`},
			{http.MethodPut, path, `{"title":"New"}`},
			{http.MethodPost, "/api/tasks", `{"title":"New"}`},
			{http.MethodDelete, path, ``},
		} {
			s.problem(s.raw(other.method, other.path, other.body, "Idempotency-Key", "key"), taskapi.CodeIdempotencyKeyReused)
		}
		s.task(s.raw(http.MethodDelete, path, ``, "Idempotency-Key", "delete"), http.StatusOK)
		s.problem(s.raw(http.MethodDelete, path+"?permanent=true", ``, "Idempotency-Key", "delete"), taskapi.CodeIdempotencyKeyReused)
		if got := s.get(task.ID); got.Title != "New" || got.Version != 3 {
			s.Errorf("the task is %s, want version 3", inJSON(got))
		}
	}},
	{"keys are per user", func(s *subject) {
		other := s.another()
		for _, s := range []*subject{s, other} {
			resp := s.raw(http.MethodPost, "/api/tasks", `{"title":"Mine"}`, "Idempotency-Key", "key")
			if s.task(resp, http.StatusCreated); resp.header.Get("Idempotency-Replayed") != "" {
				s.Error("the response is another user's")
			}
		}
	}},
	{"a failed write does not use up its key", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		s.problem(s.raw(http.MethodPatch, path, `{"title":"New"}`, "Idempotency-Key", "key", "If-Match", `"7"`), taskapi.CodeVersionConflict)
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":""}`, "Idempotency-Key", "key"), taskapi.CodeInvalid, field422("title", taskapi.FieldTooShort))
		s.task(s.raw(http.MethodPatch, path, `{"title":"Newer"}`, "Idempotency-Key", "key"), http.StatusOK)
	}},
	{"the response of a write that changed nothing is stored too", func(s *subject) {
		task := s.create(full())
		send := func() response {
			return s.raw(http.MethodPatch, "/api/tasks/"+task.ID, `{"completed":true}`, "Idempotency-Key", "key")
		}
		s.same("first", s.task(send(), http.StatusOK), task)
		s.update(task.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")})
		s.same("again", s.task(send(), http.StatusOK), task)
	}},
	{"concurrent requests with one key are one write", func(s *subject) {
		const requests = 8
		responses := make([]taskapi.Task, requests)
		var all sync.WaitGroup
		for i := range requests {
			all.Go(func() {
				task, err := s.client.CreateTask(s.Context(), full(), sdk.WithIdempotencyKey("key"))
				if err != nil {
					s.Error(err)
				}
				responses[i] = task
			})
		}
		all.Wait()
		for _, task := range responses {
			s.same("response", task, responses[0])
		}
		s.wantTitles(taskapi.ListTasksOptions{}, full().Title)
	}},
	{"a key has 1 to 255 visible ASCII characters", func(s *subject) {
		s.task(s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`, "Idempotency-Key", strings.Repeat("~", 255)), http.StatusCreated)
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`, "Idempotency-Key", strings.Repeat("a", 256)),
			taskapi.CodeInvalid, field422("Idempotency-Key", taskapi.FieldTooLong))
		for _, key := range []string{"a b", "ä", " "} {
			s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`, "Idempotency-Key", key),
				taskapi.CodeInvalid, field422("Idempotency-Key", taskapi.FieldFormat))
		}
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`, "Idempotency-Key", "a", "Idempotency-Key", "b"),
			taskapi.CodeInvalid, field422("Idempotency-Key", taskapi.FieldDuplicate))
	}},
	{"another notation of the id and the preconditions is the same request", func(s *subject) {
		deletion := func(id string) string { return `{"operations":[{"op":"delete","kind":"task","id":"` + id + `"}]}` }
		one, other := s.create(full()).ID, s.create(full()).ID
		for _, responses := range [][]response{
			{
				s.raw(http.MethodPatch, "/api/tasks/"+one, `{"title":"1"}`, "Idempotency-Key", "one", "If-Match", `"1", "99"`),
				s.raw(http.MethodPatch, "/api/tasks/"+strings.ToUpper(one), `{"title":" 1"}`, "Idempotency-Key", "one", "If-Match", `W/"99"`, "If-Match", `"1"`),
			},
			{
				s.raw(http.MethodPost, "/api/batch", deletion(other), "Idempotency-Key", "other"),
				s.raw(http.MethodPost, "/api/batch", deletion(strings.ToUpper(other)), "Idempotency-Key", "other"),
			},
		} {
			for i, resp := range responses {
				if replayed := resp.header.Get("Idempotency-Replayed") == "true"; resp.status != http.StatusOK || replayed != (i > 0) {
					s.Errorf("request %d: got status %d, replayed %t: %s", i, resp.status, replayed, resp.body)
				}
			}
		}
	}},
}
