package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// missing is the id of a task that nobody has.
const missing = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

var taskCases = []contractCase{
	{"every field is kept", func(s *subject) {
		created := s.create(full())
		s.same("content", contentOf(created), full())
		s.same("what is read", s.get(created.ID), created)
		if created.Version != 1 || created.CompletedAt == nil || created.DeletedAt != nil || !created.UpdatedAt.Equal(created.CreatedAt) {
			s.Errorf("got %s", inJSON(created))
		}
	}},
	{"fields left out take their defaults", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: "Rest"})
		s.same("task", got, taskapi.Task{
			ID: got.ID, Title: "Rest", Priority: taskapi.None, Tags: []string{}, Version: 1,
			CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
		})
	}},
	{"every field is present in an answer, with JSON in camelCase", func(s *subject) {
		a := s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`)
		var body struct {
			Data map[string]json.RawMessage `json:"data"`
		}
		s.ok(json.Unmarshal(a.body, &body))
		var want []string
		for field := range reflect.TypeFor[taskapi.Task]().Fields() {
			want = append(want, field.Tag.Get("json"))
		}
		for _, name := range want {
			if _, ok := body.Data[name]; !ok {
				s.Errorf("there is no %s in %s", name, a.body)
			}
		}
		if len(body.Data) != len(want) {
			s.Errorf("got %d fields, want %d: %s", len(body.Data), len(want), a.body)
		}
	}},
	{"times are RFC 3339 in UTC with at most microseconds", func(s *subject) {
		a := s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest","completed":true,"dueAt":"2026-11-30T18:00:00.123456789+01:00"}`)
		s.same("due date", s.task(a, http.StatusCreated).DueAt, new(time.Date(2026, 11, 30, 17, 0, 0, 123456000, time.UTC)))
		times := regexp.MustCompile(`"[a-zA-Z]+At":"[^"]*"`).FindAll(a.body, -1)
		if len(times) != 4 {
			s.Errorf("got the times %q, want four", times)
		}
		form := regexp.MustCompile(`:"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"$`)
		for _, at := range times {
			if !form.Match(at) {
				s.Errorf("got %s", at)
			}
		}
	}},
	{"ids are UUIDv7, in the order of creation", func(s *subject) {
		form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		last := ""
		for _, task := range s.titled("one", "two", "three") {
			if !form.MatchString(task.ID) || task.ID <= last {
				s.Errorf("got the id %s after %s", task.ID, last)
			}
			last = task.ID
		}
	}},
	{"titles and tags are trimmed, descriptions are not", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: " \tRest\n", Description: " as it is ", Tags: []string{" home "}})
		s.same("content", contentOf(got), taskapi.CreateTaskRequest{
			Title: "Rest", Description: " as it is ", Priority: taskapi.None, Tags: []string{"home"},
		})
	}},
	{"text is NFC", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: "Cafe\u0301", Description: "a\u0308", Tags: []string{"u\u0308ber"}})
		s.same("content", contentOf(got), taskapi.CreateTaskRequest{
			Title: "Caf\u00e9", Description: "\u00e4", Priority: taskapi.None, Tags: []string{"\u00fcber"},
		})
	}},
	{"NFC adds nothing to many marks", func(s *subject) {
		marks := strings.Repeat("\u0301", taskapi.MaxTitleLength-2)
		got := s.create(taskapi.CreateTaskRequest{Title: "a\u0301" + marks, Description: "e" + marks})
		s.same("content", contentOf(got), taskapi.CreateTaskRequest{
			Title: "\u00e1" + marks, Description: "\u00e9" + marks[len("\u0301"):], Priority: taskapi.None, Tags: []string{},
		})
	}},
	{"text keeps what is not a letter: emoji, line ends, signs", func(s *subject) {
		request := taskapi.CreateTaskRequest{
			Title: `"<&>' 🪴 \u0041`, Description: "one\r\n\ttwo\u2028three", Priority: taskapi.None, Tags: []string{"a,b", "c d", "#"},
		}
		s.same("content", contentOf(s.create(request)), request)
	}},
	{"limits are counted in code points, and reached", func(s *subject) {
		request := taskapi.CreateTaskRequest{
			Title:       strings.Repeat("🪴", taskapi.MaxTitleLength),
			Description: strings.Repeat("ä", taskapi.MaxDescriptionLength),
			Priority:    taskapi.None,
		}
		for i := range taskapi.MaxTags {
			request.Tags = append(request.Tags, strings.Repeat(string(rune('a'+i)), taskapi.MaxTagLength))
		}
		s.same("content", contentOf(s.create(request)), request)
	}},
	{"tags keep their order", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: "Rest", Tags: []string{"c", "a", "b"}})
		s.same("tags", got.Tags, []string{"c", "a", "b"})
	}},
	{"tags that differ only in case are one, in its first spelling", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: "Rest", Tags: []string{"Home", "garden", "HOME", "home ", "Größe", "GRÖSSE", "café", "cafe"}})
		s.same("tags", got.Tags, []string{"Home", "garden", "Größe", "café", "cafe"})
		got, err := s.client.UpdateTask(s.Context(), got.ID, taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{"home", "Home"})})
		s.ok(err)
		s.same("tags", got.Tags, []string{"home"})
	}},
	{"due dates lie in the years 1 to 9999", func(s *subject) {
		for _, due := range []string{"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"} {
			task := s.task(s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest","dueAt":"`+due+`"}`), http.StatusCreated)
			if task.DueAt == nil || task.DueAt.Format(time.RFC3339Nano) != due {
				s.Errorf("got %v, want %s", task.DueAt, due)
			}
		}
	}},
	{"another user's task is 404", func(s *subject) {
		task := s.create(full())
		other := s.another()
		ctx := s.Context()
		for name, call := range map[string]func() (taskapi.Task, error){
			"get": func() (taskapi.Task, error) { return other.client.GetTask(ctx, task.ID) },
			"replace": func() (taskapi.Task, error) {
				return other.client.ReplaceTask(ctx, task.ID, taskapi.ReplaceTaskRequest{Title: "Mine"})
			},
			"update": func() (taskapi.Task, error) {
				return other.client.UpdateTask(ctx, task.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("Mine")})
			},
			"delete":  func() (taskapi.Task, error) { return other.client.DeleteTask(ctx, task.ID) },
			"erase":   func() (taskapi.Task, error) { return other.client.EraseTask(ctx, task.ID) },
			"restore": func() (taskapi.Task, error) { return other.client.RestoreTask(ctx, task.ID) },
			"batch": func() (taskapi.Task, error) {
				_, err := other.client.Batch(ctx, []taskapi.BatchOperation{taskapi.TaskOperations.Delete(task.ID, 0)})
				return taskapi.Task{}, err
			},
		} {
			if _, err := call(); s.failure(err, sdk.ErrTaskNotFound).Current.Kind != "" {
				s.Errorf("%s shows the task", name)
			}
		}
		s.same("task", s.get(task.ID), task)
		other.lists(taskapi.ListTasksOptions{})
		if other.seq() != 0 {
			s.Error("the other user's change number has moved")
		}
	}},
	{"a task that does not exist is 404", func(s *subject) {
		_, err := s.client.GetTask(s.Context(), missing)
		s.fails(err, sdk.ErrTaskNotFound)
	}},
}

var writeCases = []contractCase{
	{"createTask: 201, Location, ETag", func(s *subject) {
		a := s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`)
		task := s.task(a, http.StatusCreated)
		if got, want := a.header.Get("Location"), "/api/tasks/"+task.ID; got != want {
			s.Errorf("the Location is %s, want %s", got, want)
		}
	}},
	{"getTask: 200, ETag", func(s *subject) {
		task := s.create(full())
		s.same("task", s.task(s.raw(http.MethodGet, "/api/tasks/"+task.ID, ""), http.StatusOK), task)
	}},
	{"HEAD is GET without a body", func(s *subject) {
		task := s.create(full())
		a := s.raw(http.MethodHead, "/api/tasks/"+task.ID, "")
		if a.status != http.StatusOK || a.header.Get("ETag") != `"1"` || len(a.body) != 0 {
			s.Errorf("got status %d, ETag %s, body %q", a.status, a.header.Get("ETag"), a.body)
		}
	}},
	{"replaceTask: absent optional fields take their defaults", func(s *subject) {
		created := s.create(full())
		got, err := s.client.ReplaceTask(s.Context(), created.ID, taskapi.ReplaceTaskRequest{Title: "Only this"})
		s.ok(err)
		s.same("task", got, taskapi.Task{
			ID: created.ID, Title: "Only this", Priority: taskapi.None, Tags: []string{}, Version: 2,
			CreatedAt: created.CreatedAt, UpdatedAt: got.UpdatedAt,
		})
		s.same("what is read", s.get(created.ID), got)
	}},
	{"updateTask: a field that is absent keeps its value", func(s *subject) {
		for _, change := range []struct {
			patch taskapi.UpdateTaskRequest
			apply func(*taskapi.CreateTaskRequest)
		}{
			{taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}, func(t *taskapi.CreateTaskRequest) { t.Title = "New" }},
			{taskapi.UpdateTaskRequest{Description: taskapi.Some("")}, func(t *taskapi.CreateTaskRequest) { t.Description = "" }},
			{taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}, func(t *taskapi.CreateTaskRequest) { t.Completed = false }},
			{taskapi.UpdateTaskRequest{Priority: taskapi.Some(taskapi.Low)}, func(t *taskapi.CreateTaskRequest) { t.Priority = taskapi.Low }},
			{taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}, func(t *taskapi.CreateTaskRequest) { t.DueAt = nil }},
			{taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{})}, func(t *taskapi.CreateTaskRequest) { t.Tags = []string{} }},
		} {
			created := s.create(full())
			want := full()
			change.apply(&want)
			got, err := s.client.UpdateTask(s.Context(), created.ID, change.patch)
			s.ok(err)
			s.same(inJSON(change.patch), contentOf(got), want)
			if got.Version != 2 || !got.CreatedAt.Equal(created.CreatedAt) || got.UpdatedAt.Before(created.UpdatedAt) {
				s.Errorf("got %s from %s", inJSON(got), inJSON(created))
			}
			s.same("what is read", s.get(created.ID), got)
		}
	}},
	{"updateTask: application/merge-patch+json or application/json", func(s *subject) {
		task := s.create(full())
		for i, mediaType := range []string{typeMergePatch, typeJSON, typeJSON + "; charset=utf-8"} {
			got := s.task(s.raw(http.MethodPatch, "/api/tasks/"+task.ID, `{"title":"`+strconv.Itoa(i)+`","dueAt":null}`, "Content-Type", mediaType), http.StatusOK)
			if got.Title != strconv.Itoa(i) || got.DueAt != nil || got.Description == "" {
				s.Errorf("%s: got %s", mediaType, inJSON(got))
			}
		}
	}},
	{"updateTask: completedAt is when the task was completed first", func(s *subject) {
		task := s.create(taskapi.CreateTaskRequest{Title: "Rest"})
		set := func(patch taskapi.UpdateTaskRequest) taskapi.Task {
			got, err := s.client.UpdateTask(s.Context(), task.ID, patch)
			s.ok(err)
			return got
		}
		done := set(taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
		if done.CompletedAt == nil || done.CompletedAt.Before(task.CreatedAt) {
			s.Fatalf("got %s", inJSON(done))
		}
		renamed := set(taskapi.UpdateTaskRequest{Completed: taskapi.Some(true), Title: taskapi.Some("Sleep")})
		s.same("completedAt", renamed.CompletedAt, done.CompletedAt)
		if again := set(taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}); again.CompletedAt != nil {
			s.Errorf("got %s", inJSON(again))
		}
	}},
	{"deleteTask moves to the trash, where a task can be read, restored and erased", func(s *subject) {
		created := s.create(full())
		deleted, err := s.client.DeleteTask(s.Context(), created.ID)
		s.ok(err)
		want := created
		want.Version, want.UpdatedAt, want.DeletedAt = 2, deleted.UpdatedAt, deleted.DeletedAt
		s.same("deleted", deleted, want)
		if deleted.DeletedAt == nil {
			s.Error("deletedAt is null")
		}
		s.same("what is read", s.get(created.ID), deleted)
		s.lists(taskapi.ListTasksOptions{})

		restored, err := s.client.RestoreTask(s.Context(), created.ID)
		s.ok(err)
		want.Version, want.UpdatedAt, want.DeletedAt = 3, restored.UpdatedAt, nil
		s.same("restored", restored, want)
		s.lists(taskapi.ListTasksOptions{}, created.Title)

		deleted, err = s.client.DeleteTask(s.Context(), created.ID)
		s.ok(err)
		erased, err := s.client.EraseTask(s.Context(), created.ID)
		s.ok(err)
		s.same("erased", erased, deleted)
		_, err = s.client.GetTask(s.Context(), created.ID)
		s.fails(err, sdk.ErrTaskNotFound)
	}},
	{"any other write to a task in the trash is 404", func(s *subject) {
		task := s.create(full())
		deleted, err := s.client.DeleteTask(s.Context(), task.ID)
		s.ok(err)
		_, err = s.client.ReplaceTask(s.Context(), task.ID, taskapi.ReplaceTaskRequest{Title: "New"})
		s.fails(err, sdk.ErrTaskNotFound)
		_, err = s.client.UpdateTask(s.Context(), task.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}, sdk.IfMatch(1))
		s.fails(err, sdk.ErrTaskNotFound)
		_, err = s.client.DeleteTask(s.Context(), task.ID)
		s.fails(err, sdk.ErrTaskNotFound)
		_, err = s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.TaskOperations.Delete(task.ID, 0)})
		s.fails(err, sdk.ErrTaskNotFound)
		s.same("what is read", s.get(task.ID), deleted)
	}},
	{"deleteTask: permanent=true erases, from outside the trash too", func(s *subject) {
		task := s.create(full())
		erased, err := s.client.EraseTask(s.Context(), task.ID)
		s.ok(err)
		s.same("erased", erased, task)
		_, err = s.client.EraseTask(s.Context(), task.ID)
		s.fails(err, sdk.ErrTaskNotFound)
		s.lists(taskapi.ListTasksOptions{Deleted: true})
	}},
	{"deleteTask: permanent=false is the trash", func(s *subject) {
		task := s.create(full())
		if got := s.task(s.raw(http.MethodDelete, "/api/tasks/"+task.ID+"?permanent=false", ""), http.StatusOK); got.DeletedAt == nil {
			s.Errorf("got %s", inJSON(got))
		}
	}},
	{"restoreTask of a task outside the trash is 404", func(s *subject) {
		_, err := s.client.RestoreTask(s.Context(), s.create(full()).ID)
		s.fails(err, sdk.ErrTaskNotFound)
	}},
}

var versionCases = []contractCase{
	{"a time may be written in small letters", func(s *subject) {
		want := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
		due := func(a answer, status int) {
			s.Helper()
			if got := s.task(a, status); got.DueAt == nil || !got.DueAt.Equal(want) {
				s.Errorf("due at %v, want %v", got.DueAt, want)
			}
		}
		a := s.raw(http.MethodPost, "/api/tasks", `{"title":"a","dueAt":"2026-11-30t17:00:00z"}`)
		due(a, http.StatusCreated)
		due(s.raw(http.MethodPatch, a.header.Get("Location"), `{"dueAt":"2026-11-30t18:00:00+01:00"}`), http.StatusOK)
		for _, query := range []string{"dueAfter=2026-11-30t17:00:00z", "dueBefore=2026-11-30t17:00:00.1z&q=a", "dueAfter=2026-11-30t18:00:00%2B01:00"} {
			a := s.raw(http.MethodGet, "/api/tasks?"+query, "")
			if got := decode[taskapi.TaskListResponse](s, a); a.status != http.StatusOK || len(got.Data) != 1 {
				s.Errorf("%s: got status %d, %s", query, a.status, a.body)
			}
		}
		a = s.raw(http.MethodPost, "/api/batch", `{"operations":[{"op":"create","kind":"task","data":{"title":"b","dueAt":"2026-11-30t17:00:00z"}}]}`)
		if a.status != http.StatusOK {
			s.Errorf("in a batch: got status %d, %s", a.status, a.body)
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
		if after := s.seq(); after != before {
			s.Errorf("the change number went from %d to %d", before, after)
		}
	}},
	{"If-Match on PUT, PATCH, DELETE, restore: a stale one is 412 with current", func(s *subject) {
		for name, call := range map[string]func(context.Context, string, sdk.CallOption) (taskapi.Task, error){
			"PUT": func(ctx context.Context, id string, match sdk.CallOption) (taskapi.Task, error) {
				return s.client.ReplaceTask(ctx, id, taskapi.ReplaceTaskRequest{Title: "New"}, match)
			},
			"PATCH": func(ctx context.Context, id string, match sdk.CallOption) (taskapi.Task, error) {
				return s.client.UpdateTask(ctx, id, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}, match)
			},
			"DELETE": func(ctx context.Context, id string, match sdk.CallOption) (taskapi.Task, error) {
				return s.client.DeleteTask(ctx, id, match)
			},
			"DELETE for good": func(ctx context.Context, id string, match sdk.CallOption) (taskapi.Task, error) {
				return s.client.EraseTask(ctx, id, match)
			},
			"restore": func(ctx context.Context, id string, match sdk.CallOption) (taskapi.Task, error) {
				return s.client.RestoreTask(ctx, id, match)
			},
		} {
			task := s.create(full())
			if name == "restore" {
				var err error
				task, err = s.client.DeleteTask(s.Context(), task.ID)
				s.ok(err)
			}
			before := s.seq()
			_, err := call(s.Context(), task.ID, sdk.IfMatch(task.Version+1))
			s.same(name+": current", s.tasks([]taskapi.Resource{s.failure(err, sdk.ErrVersionConflict).Current})[0], task)
			s.same(name+": what is read", s.get(task.ID), task)
			if after := s.seq(); after != before {
				s.Errorf("%s: the change number went from %d to %d", name, before, after)
			}
			_, err = call(s.Context(), task.ID, sdk.IfMatch(task.Version))
			s.ok(err)
		}
	}},
	{"If-Match: lists and * too", func(s *subject) {
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
		a := s.raw(http.MethodGet, path, "", "If-None-Match", `"1"`, "If-None-Match", `"2"`)
		if a.status != http.StatusNotModified {
			s.Errorf("If-None-Match in two lines: got status %d", a.status)
		}
	}},
	{"If-Match: the tags that proxies make of ours", func(s *subject) {
		path := "/api/tasks/" + s.create(full()).ID
		tags := []string{`W/"1"`, `"2-gzip"`, `W/"3-gzip"`, `"4-br"`, `"5--gzip"`, `"6;gz"`, `"7-zstd"`}
		for i, match := range tags {
			s.task(s.raw(http.MethodPatch, path, `{"title":"`+strconv.Itoa(i)+`"}`, "If-Match", match), http.StatusOK)
		}
		for _, match := range tags {
			s.problem(s.raw(http.MethodPatch, path, `{"title":"No"}`, "If-Match", match), taskapi.CodeVersionConflict)
		}
		a := s.raw(http.MethodGet, path, "", "If-None-Match", `W/"8-gzip"`)
		if a.status != http.StatusNotModified {
			s.Errorf("If-None-Match: got status %d", a.status)
		}
	}},
	{"If-Match on GET: a stale one is 412 with current", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		for _, match := range []string{`"1"`, `*`, `"2", W/"1"`} {
			s.task(s.raw(http.MethodGet, path, "", "If-Match", match), http.StatusOK)
		}
		// If-Match is looked at first (RFC 9110, section 13.2.2).
		for _, noneMatch := range []string{"", `"1"`, "*"} {
			got := s.problem(s.raw(http.MethodGet, path, "", "If-Match", `"2"`, "If-None-Match", noneMatch), taskapi.CodeVersionConflict)
			s.same("current", s.tasks([]taskapi.Resource{*got.Current})[0], task)
		}
		if a := s.raw(http.MethodHead, path, "", "If-Match", `"2"`); a.status != http.StatusPreconditionFailed {
			s.Errorf("HEAD: got status %d", a.status)
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
		_, err := s.client.DeleteTask(s.Context(), s.create(full()).ID, sdk.IfNoneMatch(1))
		s.fails(err, sdk.ErrVersionConflict)
	}},
	{"If-Match that is no list of ETags is 422", func(s *subject) {
		path := "/api/tasks/" + s.create(full()).ID
		for _, match := range []string{`1`, `"1`, `"1" "2"`, ` `} {
			s.problem(s.raw(http.MethodPatch, path, `{"title":"No"}`, "If-Match", match), taskapi.CodeInvalid, field422("If-Match", taskapi.FieldFormat))
		}
	}},
	{"If-None-Match: 304 without a body", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		for _, match := range []string{`"1"`, `W/"1"`, `"7", "1"`, `*`} {
			a := s.raw(http.MethodGet, path, "", "If-None-Match", match)
			if a.status != http.StatusNotModified || len(a.body) != 0 || a.header.Get("ETag") != `"1"` || a.header.Values("Content-Type") != nil {
				s.Errorf("%s: got status %d, ETag %s, body %q", match, a.status, a.header.Get("ETag"), a.body)
			}
		}
		s.task(s.raw(http.MethodGet, path, "", "If-None-Match", `"2"`), http.StatusOK)
		s.problem(s.raw(http.MethodGet, path, "", "If-None-Match", `1`), taskapi.CodeInvalid, field422("If-None-Match", taskapi.FieldFormat))
		_, err := s.client.GetTask(s.Context(), task.ID, sdk.IfNoneMatch(1))
		s.fails(err, sdk.ErrNotModified)
	}},
	{"a batch's current is the task as it is stored, without what the batch did before", func(s *subject) {
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
			s.same(name, s.tasks([]taskapi.Resource{s.failure(err, sdk.ErrVersionConflict).Current})[0], task)
		}
		if after := s.seq(); after != before {
			s.Errorf("the change number went from %d to %d", before, after)
		}
	}},
	{"writers that read again after a conflict lose nothing", func(s *subject) {
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
			s.Errorf("got %s", inJSON(got))
		}
	}},
}

var idempotencyCases = []contractCase{
	{"the same request again: the stored answer, with Idempotency-Replayed", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		for _, write := range []struct{ name, method, path, body string }{
			{"createTask", http.MethodPost, "/api/tasks", `{"title":"Once"}`},
			{"updateTask", http.MethodPatch, path, `{"title":"New"}`},
			{"replaceTask", http.MethodPut, path, `{"title":"Newer"}`},
			{"deleteTask", http.MethodDelete, path, ``},
			{"restoreTask", http.MethodPost, path + "/restore", ``},
			{"batch", http.MethodPost, "/api/batch", `{"operations":[{"op":"create","kind":"task","data":{"title":"A"}},{"op":"create","kind":"task","data":{"title":"B"}}]}`},
			{"eraseTask", http.MethodDelete, path + "?permanent=true", ``},
		} {
			first := s.raw(write.method, write.path, write.body, "Idempotency-Key", write.name)
			if first.status/100 != 2 || first.header.Get("Idempotency-Replayed") != "" {
				s.Fatalf("%s: %d %s", write.name, first.status, first.body)
			}
			before := s.seq()
			again := s.raw(write.method, write.path, write.body, "Idempotency-Key", write.name)
			replayed := "true"
			if write.name == "eraseTask" {
				replayed = "erased"
				s.remains(s.task(again, http.StatusOK), s.task(first, http.StatusOK))
			} else if again.status != first.status || !sameJSON(again.body, first.body) {
				s.Errorf("%s: got %d %s, then %d %s", write.name, first.status, first.body, again.status, again.body)
			}
			if got := again.header.Get("Idempotency-Replayed"); got != replayed {
				s.Errorf("%s: Idempotency-Replayed is %q, want %q", write.name, got, replayed)
			}
			for _, name := range []string{"ETag", "Location", "Content-Type"} {
				if first.header.Get(name) != again.header.Get(name) {
					s.Errorf("%s: %s is %q, then %q", write.name, name, first.header.Get(name), again.header.Get(name))
				}
			}
			if after := s.seq(); after != before {
				s.Errorf("%s: the change number went from %d to %d", write.name, before, after)
			}
		}
	}},
	{"the stored answer comes before If-Match and before what has changed since", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		send := func() answer {
			return s.raw(http.MethodPatch, path, `{"title":"New"}`, "Idempotency-Key", "key", "If-Match", `"1"`)
		}
		first := s.task(send(), http.StatusOK)
		_, err := s.client.DeleteTask(s.Context(), task.ID)
		s.ok(err)
		s.same("again", s.task(send(), http.StatusOK), first)
	}},
	{"what a stored answer says of a task that was erased since is gone, and the answer says so", func(s *subject) {
		kept, gone := s.create(full()), s.create(full())
		batch := func(ids ...string) string {
			var operations []string
			for _, id := range ids {
				operations = append(operations, `{"op":"update","kind":"task","id":"`+id+`","changes":{"title":"New"}}`)
			}
			return `{"operations":[` + strings.Join(operations, ",") + `]}`
		}
		send := func(body string) ([]taskapi.Task, string) {
			a := s.raw(http.MethodPost, "/api/batch", body, "Idempotency-Key", body)
			if a.status != http.StatusOK {
				s.Fatalf("got %d %s", a.status, a.body)
			}
			return s.tasks(decode[taskapi.ResourceListResponse](s, a).Data), a.header.Get("Idempotency-Replayed")
		}
		both, other := batch(kept.ID, gone.ID), batch(kept.ID)
		first, _ := send(both)
		send(other)
		create := func() answer {
			return s.raw(http.MethodPost, "/api/tasks", `{"title":"Gone too"}`, "Idempotency-Key", "create")
		}
		created := s.task(create(), http.StatusCreated)
		_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			taskapi.TaskOperations.Erase(gone.ID, 0), taskapi.TaskOperations.Erase(created.ID, 0),
		}, sdk.WithIdempotencyKey("erase"))
		s.ok(err)
		again, replayed := send(both)
		s.same("the task that is there", again[0], first[0])
		s.remains(again[1], first[1])
		if replayed != "erased" {
			s.Errorf("Idempotency-Replayed is %q", replayed)
		}
		if _, replayed := send(other); replayed != "true" {
			s.Errorf("Idempotency-Replayed of another answer is %q", replayed)
		}
		a := create()
		s.remains(s.task(a, http.StatusCreated), created)
		if a.header.Get("Idempotency-Replayed") != "erased" || a.header.Get("Location") != "/api/tasks/"+created.ID {
			s.Errorf("got the header %v", a.header)
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
			s.Errorf("got %s", inJSON(got))
		}
	}},
	{"keys are per user", func(s *subject) {
		other := s.another()
		for _, s := range []*subject{s, other} {
			a := s.raw(http.MethodPost, "/api/tasks", `{"title":"Mine"}`, "Idempotency-Key", "key")
			if s.task(a, http.StatusCreated); a.header.Get("Idempotency-Replayed") != "" {
				s.Error("the answer is another user's")
			}
		}
	}},
	{"a write that failed leaves its key free", func(s *subject) {
		task := s.create(full())
		path := "/api/tasks/" + task.ID
		s.problem(s.raw(http.MethodPatch, path, `{"title":"New"}`, "Idempotency-Key", "key", "If-Match", `"7"`), taskapi.CodeVersionConflict)
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":""}`, "Idempotency-Key", "key"), taskapi.CodeInvalid, field422("title", taskapi.FieldTooShort))
		s.task(s.raw(http.MethodPatch, path, `{"title":"Newer"}`, "Idempotency-Key", "key"), http.StatusOK)
	}},
	{"the answer of a write that changed nothing is stored too", func(s *subject) {
		task := s.create(full())
		send := func() answer {
			return s.raw(http.MethodPatch, "/api/tasks/"+task.ID, `{"completed":true}`, "Idempotency-Key", "key")
		}
		s.same("first", s.task(send(), http.StatusOK), task)
		_, err := s.client.UpdateTask(s.Context(), task.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")})
		s.ok(err)
		s.same("again", s.task(send(), http.StatusOK), task)
	}},
	{"requests that arrive at once are one write", func(s *subject) {
		const requests = 8
		answers := make([]taskapi.Task, requests)
		var all sync.WaitGroup
		for i := range requests {
			all.Go(func() {
				task, err := s.client.CreateTask(s.Context(), full(), sdk.WithIdempotencyKey("key"))
				if err != nil {
					s.Error(err)
				}
				answers[i] = task
			})
		}
		all.Wait()
		for _, task := range answers {
			s.same("answer", task, answers[0])
		}
		s.lists(taskapi.ListTasksOptions{}, full().Title)
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
	{"a request is the same however its id and its conditions are written", func(s *subject) {
		deletion := func(id string) string { return `{"operations":[{"op":"delete","kind":"task","id":"` + id + `"}]}` }
		one, other := s.create(full()).ID, s.create(full()).ID
		for _, answers := range [][]answer{
			{
				s.raw(http.MethodPatch, "/api/tasks/"+one, `{"title":"1"}`, "Idempotency-Key", "one", "If-Match", `"1", "99"`),
				s.raw(http.MethodPatch, "/api/tasks/"+strings.ToUpper(one), `{"title":" 1"}`, "Idempotency-Key", "one", "If-Match", `W/"99"`, "If-Match", `"1"`),
			},
			{
				s.raw(http.MethodPost, "/api/batch", deletion(other), "Idempotency-Key", "other"),
				s.raw(http.MethodPost, "/api/batch", deletion(strings.ToUpper(other)), "Idempotency-Key", "other"),
			},
		} {
			for i, a := range answers {
				if replayed := a.header.Get("Idempotency-Replayed") == "true"; a.status != http.StatusOK || replayed != (i > 0) {
					s.Errorf("request %d: got status %d, replayed %t: %s", i, a.status, replayed, a.body)
				}
			}
		}
	}},
}

// remains checks what is left of a task that has been erased since.
func (s *subject) remains(got, before taskapi.Task) {
	s.Helper()
	s.same("what remains", got, taskapi.Task{
		ID: before.ID, Version: before.Version, Priority: taskapi.None, Tags: []string{}, CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
	})
	if got.CreatedAt.IsZero() {
		s.Error("there is no time")
	}
}

// field422 is a field of a problem without its message.
func field422(name string, code taskapi.FieldErrorCode) taskapi.FieldError {
	return taskapi.FieldError{Field: name, Code: code}
}

// sameJSON compares two bodies apart from how they are written.
func sameJSON(a, b []byte) bool {
	var left, right any
	decodeAny := func(data []byte, into *any) error {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		return dec.Decode(into)
	}
	return decodeAny(a, &left) == nil && decodeAny(b, &right) == nil && reflect.DeepEqual(left, right)
}
