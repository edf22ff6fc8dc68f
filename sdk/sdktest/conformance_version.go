package sdktest

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

var versionCases = []contractCase{
	{"times are accepted in lower case", func(s *subject) {
		want := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
		wantDue := func(resp response, status int) {
			s.Helper()
			if got := s.task(resp, status); got.DueAt == nil || !got.DueAt.Equal(want) {
				s.Errorf("due at %v, want %v", got.DueAt, want)
			}
		}
		resp := s.raw(http.MethodPost, "/api/tasks", `{"title":"a","dueAt":"2026-11-30t17:00:00z"}`)
		wantDue(resp, http.StatusCreated)
		wantDue(s.raw(http.MethodPatch, resp.header.Get("Location"), `{"dueAt":"2026-11-30t18:00:00+01:00"}`), http.StatusOK)
		for _, query := range []string{"dueAfter=2026-11-30t17:00:00z", "dueBefore=2026-11-30t17:00:00.1z&q=a", "dueAfter=2026-11-30t18:00:00%2B01:00"} {
			resp := s.raw(http.MethodGet, "/api/tasks?"+query, "")
			if got := decode[taskapi.TaskListResponse](s, resp); resp.status != http.StatusOK || len(got.Data) != 1 {
				s.Errorf("%s: got status %d, %s", query, resp.status, resp.body)
			}
		}
		resp = s.raw(http.MethodPost, "/api/batch", `{"operations":[{"op":"create","kind":"task","data":{"title":"b","dueAt":"2026-11-30t17:00:00z"}}]}`)
		if resp.status != http.StatusOK {
			s.Errorf("in a batch: got status %d, %s", resp.status, resp.body)
		}
	}},
	{"a write that changes nothing keeps the version", func(s *subject) {
		created := s.create(full())
		before := s.seq()
		got, err := s.client.UpdateTask(s.Context(), created.ID, taskapi.UpdateTaskRequest{
			Title: taskapi.Some(" " + created.Title), DueAt: taskapi.Some(created.DueAt), Completed: taskapi.Some(true),
		})
		s.ok(err)
		s.same("updated", got, created)
		got, err = s.client.ReplaceTask(s.Context(), created.ID, taskapi.ReplaceTaskRequest(full()))
		s.ok(err)
		s.same("replaced", got, created)
		s.same("the change number", s.seq(), before)
	}},
	{"If-Match: lists and * are accepted", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		for i, match := range []string{`"1"`, `"1", "2"`, `"7","3"`, `*`, ` "5" , "99"`} {
			s.task(s.raw(http.MethodPatch, path, `{"title":"`+strconv.Itoa(i)+`"}`, "If-Match", match), http.StatusOK)
		}
		for _, match := range []string{`"1", "2"`, `"abc"`, `W/"5"`, `""`, `"6-other"`} {
			s.problem(s.raw(http.MethodPatch, path, `{"title":"No"}`, "If-Match", match), taskapi.CodeVersionConflict)
		}
		s.problem(s.raw(http.MethodPatch, "/api/tasks/"+missing, `{"title":"No"}`, "If-Match", "*"), taskapi.CodeTaskNotFound)
	}},
	{"If-Match: several lines are one list", func(s *subject) {
		path := "/api/tasks/" + s.create(full()).ID
		s.task(s.raw(http.MethodPatch, path, `{"title":"2"}`, "If-Match", `"7"`, "If-Match", `"1"`), http.StatusOK)
		s.problem(s.raw(http.MethodDelete, path, ``, "If-Match", `"1"`, "If-Match", `"3"`), taskapi.CodeVersionConflict)
		resp := s.raw(http.MethodGet, path, "", "If-None-Match", `"1"`, "If-None-Match", `"2"`)
		if resp.status != http.StatusNotModified {
			s.Errorf("If-None-Match in two lines: got status %d", resp.status)
		}
	}},
	{"If-Match: tags that compressing proxies have changed are accepted", func(s *subject) {
		path := "/api/tasks/" + s.create(full()).ID
		tags := []string{`W/"1"`, `"2-gzip"`, `W/"3-gzip"`, `"4-br"`, `"5--gzip"`, `"6;gz"`, `"7-zstd"`}
		for i, match := range tags {
			s.task(s.raw(http.MethodPatch, path, `{"title":"`+strconv.Itoa(i)+`"}`, "If-Match", match), http.StatusOK)
		}
		for _, match := range tags {
			s.problem(s.raw(http.MethodPatch, path, `{"title":"No"}`, "If-Match", match), taskapi.CodeVersionConflict)
		}
		resp := s.raw(http.MethodGet, path, "", "If-None-Match", `W/"8-gzip"`)
		if resp.status != http.StatusNotModified {
			s.Errorf("If-None-Match: got status %d", resp.status)
		}
	}},
	{"If-Match on GET: a stale version is 412 with current", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		for _, match := range []string{`"1"`, `*`, `"2", W/"1"`} {
			s.task(s.raw(http.MethodGet, path, "", "If-Match", match), http.StatusOK)
		}
		// If-Match is evaluated first (RFC 9110, section 13.2.2).
		for _, noneMatch := range []string{"", `"1"`, "*"} {
			got := s.problem(s.raw(http.MethodGet, path, "", "If-Match", `"2"`, "If-None-Match", noneMatch), taskapi.CodeVersionConflict)
			s.same("current", s.tasks([]taskapi.Resource{*got.Current})[0], task)
		}
		if resp := s.raw(http.MethodHead, path, "", "If-Match", `"2"`); resp.status != http.StatusPreconditionFailed {
			s.Errorf("HEAD: got status %d", resp.status)
		}
		s.problem(s.raw(http.MethodGet, "/api/tasks/"+missing, "", "If-Match", "*"), taskapi.CodeTaskNotFound)
	}},
	{"If-None-Match on PUT, PATCH, DELETE, restore: 412 if the task has such a version", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		writes := []struct{ method, path, body string }{
			{http.MethodPut, path, `{"title":"New"}`},
			{http.MethodPatch, path, `{"title":"Newer"}`},
			{http.MethodDelete, path, ``},
			{http.MethodPost, path + "/restore", ``},
			{http.MethodDelete, path + "?permanent=true", ``},
		}
		for i, write := range writes {
			version := strconv.Itoa(i + 1)
			for _, tags := range []string{"*", `"` + version + `"`, `W/"` + version + `"`, `"99", "` + version + `-gzip"`} {
				got := s.problem(s.raw(write.method, write.path, write.body, "If-None-Match", tags), taskapi.CodeVersionConflict)
				s.same("current", s.tasks([]taskapi.Resource{*got.Current})[0].Version, int64(i+1))
			}
			s.problem(s.raw(write.method, write.path, write.body, "If-None-Match", "1"), taskapi.CodeInvalid, field422("If-None-Match", taskapi.FieldFormat))
			s.task(s.raw(write.method, write.path, write.body, "If-None-Match", `"99"`, "If-Match", `"`+version+`"`), http.StatusOK)
		}
		s.problem(s.raw(http.MethodPut, path, `{"title":"New"}`, "If-None-Match", "*"), taskapi.CodeTaskNotFound)
		s.fails(errorOf(s.client.DeleteTask(s.Context(), s.create(full()).ID, sdk.IfNoneMatch(1))), sdk.ErrVersionConflict)
	}},
	{"an If-Match that is not a list of ETags is 422", func(s *subject) {
		path := "/api/tasks/" + s.create(full()).ID
		for _, match := range []string{`1`, `"1`, `"1" "2"`, ` `} {
			s.problem(s.raw(http.MethodPatch, path, `{"title":"No"}`, "If-Match", match), taskapi.CodeInvalid, field422("If-Match", taskapi.FieldFormat))
		}
	}},
	{"If-None-Match: 304 without a body", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		for _, match := range []string{`"1"`, `W/"1"`, `"7", "1"`, `*`} {
			resp := s.raw(http.MethodGet, path, "", "If-None-Match", match)
			if resp.status != http.StatusNotModified || len(resp.body) != 0 || resp.header.Get("ETag") != `"1"` || resp.header.Values("Content-Type") != nil {
				s.Errorf("%s: got status %d, ETag %s, body %q", match, resp.status, resp.header.Get("ETag"), resp.body)
			}
		}
		s.task(s.raw(http.MethodGet, path, "", "If-None-Match", `"2"`), http.StatusOK)
		s.problem(s.raw(http.MethodGet, path, "", "If-None-Match", `1`), taskapi.CodeInvalid, field422("If-None-Match", taskapi.FieldFormat))
		s.fails(errorOf(s.client.GetTask(s.Context(), task.ID, sdk.IfNoneMatch(1))), sdk.ErrNotModified)
	}},
	{"a batch's current is the stored task, without the batch's own changes", func(s *subject) {
		task := s.create(taskapi.CreateTaskRequest{Title: "Stored"})
		before := s.seq()
		ops := taskapi.TaskOperations
		for name, first := range map[string]taskapi.BatchOperation{
			"update":  ops.Update(task.ID, 1, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
			"replace": ops.Replace(task.ID, 1, taskapi.ReplaceTaskRequest{Title: "New"}),
			"delete":  ops.Delete(task.ID, 1),
		} {
			second := ops.Update(task.ID, 1, taskapi.UpdateTaskRequest{Title: taskapi.Some("Newer")})
			if name == "delete" {
				second = ops.Restore(task.ID, 1)
			}
			_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{first, second})
			s.same(name, s.tasks([]taskapi.Resource{s.fails(err, sdk.ErrVersionConflict)})[0], task)
		}
		s.same("the change number", s.seq(), before)
	}},
	{"writers that read again after a conflict lose no change", func(s *subject) {
		task := s.create(taskapi.CreateTaskRequest{Title: "Count"})
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				_, err := s.client.EditTask(s.Context(), task.ID, func(t *taskapi.Task) error {
					t.Tags = append(t.Tags, strconv.Itoa(i))
					return nil
				})
				if err != nil {
					s.Error(err)
				}
			})
		}
		all.Wait()
		if got := s.get(task.ID); len(got.Tags) != 4 || got.Version != 5 {
			s.Errorf("the task is %s, want four tags and version 5", inJSON(got))
		}
	}},
}
