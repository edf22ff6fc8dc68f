package sdktest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// missing is the id of a task that does not exist.
const missing = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

var taskCases = []contractCase{
	{"every field is stored", func(s *subject) {
		created := s.create(full())
		s.same("content", contentOf(created), full())
		s.same("the task that is read", s.get(created.ID), created)
		if created.Version != 1 || created.CompletedAt == nil || created.DeletedAt != nil || !created.UpdatedAt.Equal(created.CreatedAt) {
			s.Errorf("the created task is %s, want version 1, completed, outside the trash, with updatedAt equal to createdAt", inJSON(created))
		}
	}},
	{"omitted fields take their defaults", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: "Rest"})
		s.same("task", got, taskapi.Task{
			ID: got.ID, Title: "Rest", Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, Tags: []string{}, Position: got.Position, Version: 1,
			CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
		})
	}},
	{"every field is present in a response, with JSON in camelCase", func(s *subject) {
		resp := s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest"}`)
		var body struct {
			Data map[string]json.RawMessage `json:"data"`
		}
		s.ok(json.Unmarshal(resp.body, &body))
		var want []string
		for field := range reflect.TypeFor[taskapi.Task]().Fields() {
			want = append(want, field.Tag.Get("json"))
		}
		for _, name := range want {
			if _, ok := body.Data[name]; !ok {
				s.Errorf("%s is missing in %s", name, resp.body)
			}
		}
		if len(body.Data) != len(want) {
			s.Errorf("the task has %d fields, want %d: %s", len(body.Data), len(want), resp.body)
		}
	}},
	{"times are RFC 3339 in UTC with at most microseconds", func(s *subject) {
		resp := s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest","completed":true,"dueAt":"2026-11-30T18:00:00.123456789+01:00"}`)
		s.same("due date", s.task(resp, http.StatusCreated).DueAt, new(time.Date(2026, 11, 30, 17, 0, 0, 123456000, time.UTC)))
		times := regexp.MustCompile(`"[a-zA-Z]+At":"[^"]*"`).FindAll(resp.body, -1)
		if len(times) != 4 {
			s.Errorf("the times of the task are %q, want four", times)
		}
		form := regexp.MustCompile(`:"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"$`)
		for _, at := range times {
			if !form.Match(at) {
				s.Errorf("the time %s is not in UTC with at most six decimals", at)
			}
		}
	}},
	{"ids are UUIDv7, in the order of creation", func(s *subject) {
		form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		last := ""
		for _, task := range s.createTasks("one", "two", "three") {
			if !form.MatchString(task.ID) || task.ID <= last {
				s.Errorf("the id %s after %q is not a later UUIDv7", task.ID, last)
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
	{"NFC does not change text with many marks", func(s *subject) {
		marks := strings.Repeat("\u0301", taskapi.MaxTitleLength-2)
		got := s.create(taskapi.CreateTaskRequest{Title: "a\u0301" + marks, Description: "e" + marks})
		s.same("content", contentOf(got), taskapi.CreateTaskRequest{
			Title: "\u00e1" + marks, Description: "\u00e9" + marks[len("\u0301"):], Priority: taskapi.None, Tags: []string{},
		})
	}},
	{"text keeps emoji, line ends and symbols", func(s *subject) {
		request := taskapi.CreateTaskRequest{
			Title: `"<&>' 🪴 \u0041`, Description: "one\r\n\ttwo\u2028three", Priority: taskapi.None, Tags: []string{"a,b", "c d", "#"},
		}
		s.same("content", contentOf(s.create(request)), request)
	}},
	{"limits are inclusive and count code points", func(s *subject) {
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
	{"tags that differ only in case are one tag, in its first spelling", func(s *subject) {
		got := s.create(taskapi.CreateTaskRequest{Title: "Rest", Tags: []string{"Home", "garden", "HOME", "home ", "Größe", "GRÖSSE", "café", "cafe"}})
		s.same("tags", got.Tags, []string{"Home", "garden", "Größe", "café", "cafe"})
		got = s.update(got.ID, taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{"home", "Home"})})
		s.same("tags", got.Tags, []string{"home"})
	}},
	{"due dates lie in the years 1 to 9999", func(s *subject) {
		for _, due := range []string{"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"} {
			task := s.task(s.raw(http.MethodPost, "/api/tasks", `{"title":"Rest","dueAt":"`+due+`"}`), http.StatusCreated)
			if task.DueAt == nil || task.DueAt.Format(time.RFC3339Nano) != due {
				s.Errorf("dueAt is %v, want %s", task.DueAt, due)
			}
		}
	}},
}

var writeCases = []contractCase{
	{"HEAD is GET without a body", func(s *subject) {
		task := s.create(full())
		resp := s.raw(http.MethodHead, "/api/tasks/"+task.ID, "")
		if resp.status != http.StatusOK || resp.header.Get("ETag") != `"1"` || len(resp.body) != 0 {
			s.Errorf(`HEAD: got status %d, ETag %s, body %q, want %d, "1" and no body`, resp.status, resp.header.Get("ETag"), resp.body, http.StatusOK)
		}
	}},
	{"replaceTask: absent optional fields take their defaults", func(s *subject) {
		created := s.create(full())
		got, err := s.client.ReplaceTask(s.Context(), created.ID, taskapi.ReplaceTaskRequest{Title: "Only this"})
		s.ok(err)
		s.same("task", got, taskapi.Task{
			ID: created.ID, Title: "Only this", Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, Tags: []string{}, Position: created.Position, Version: 2,
			CreatedAt: created.CreatedAt, UpdatedAt: got.UpdatedAt,
		})
		s.same("the task that is read", s.get(created.ID), got)
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
			got := s.update(created.ID, change.patch)
			s.same(inJSON(change.patch), contentOf(got), want)
			if got.Version != 2 || !got.CreatedAt.Equal(created.CreatedAt) || got.UpdatedAt.Before(created.UpdatedAt) {
				s.Errorf("updated %s to %s, want version 2, the same createdAt and a later updatedAt", inJSON(created), inJSON(got))
			}
			s.same("the task that is read", s.get(created.ID), got)
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
	{"updateTask: completedAt is the time of the first completion", func(s *subject) {
		task := s.create(taskapi.CreateTaskRequest{Title: "Rest"})
		done := s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
		if done.CompletedAt == nil || done.CompletedAt.Before(task.CreatedAt) {
			s.Fatalf("the completed task is %s, want a completedAt that is not before createdAt", inJSON(done))
		}
		renamed := s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true), Title: taskapi.Some("Sleep")})
		s.same("completedAt", renamed.CompletedAt, done.CompletedAt)
		if again := s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}); again.CompletedAt != nil {
			s.Errorf("the reopened task is %s, want completedAt null", inJSON(again))
		}
	}},
	{"deleteTask: permanent=false moves to the trash", func(s *subject) {
		task := s.create(full())
		if got := s.task(s.raw(http.MethodDelete, "/api/tasks/"+task.ID+"?permanent=false", ""), http.StatusOK); got.DeletedAt == nil {
			s.Errorf("the deleted task is %s, want a deletedAt", inJSON(got))
		}
	}},
}

// wantNoContent checks the replayed response about an erased task.
func (s *subject) wantNoContent(got, before taskapi.Task) {
	s.Helper()
	s.same("the rest of the task", got, taskapi.Task{
		ID: before.ID, Version: before.Version, Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, Tags: []string{}, CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
	})
	if got.CreatedAt.IsZero() {
		s.Error("createdAt or updatedAt is zero")
	}
}

// field422 returns a field error without its message.
func field422(name string, code taskapi.FieldErrorCode) taskapi.FieldError {
	return taskapi.FieldError{Field: name, Code: code}
}

// sameJSON compares two JSON bodies, ignoring their format.
func sameJSON(a, b []byte) bool {
	var left, right any
	decodeAny := func(data []byte, into *any) error {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		return dec.Decode(into)
	}
	return decodeAny(a, &left) == nil && decodeAny(b, &right) == nil && reflect.DeepEqual(left, right)
}
