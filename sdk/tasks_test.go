package sdk_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestTaskOperations_SendRequestsAndReturnTasks(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	const id = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"
	for _, tt := range []struct {
		name        string
		call        func(context.Context, *sdk.Client, ...sdk.CallOption) (taskapi.Task, error)
		method, uri string
		contentType string
		body        string
	}{
		{
			name: "createTask",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Water <&> the plants", DueAt: &due}, opts...)
			},
			method:      "POST",
			uri:         "/api/tasks",
			contentType: "application/json",
			body:        `{"title":"Water \u003c\u0026\u003e the plants","dueAt":"2026-11-30T17:00:00Z"}`,
		},
		{
			name: "getTask",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.GetTask(ctx, id, opts...)
			},
			method: "GET",
			uri:    "/api/tasks/" + id,
		},
		{
			name: "replaceTask",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.ReplaceTask(ctx, id, taskapi.ReplaceTaskRequest{Title: "Water", Priority: taskapi.Low}, opts...)
			},
			method:      "PUT",
			uri:         "/api/tasks/" + id,
			contentType: "application/json",
			body:        `{"title":"Water","priority":"low"}`,
		},
		{
			name: "updateTask",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.UpdateTask(ctx, id, taskapi.UpdateTaskRequest{
					Completed: taskapi.Some(false),
					DueAt:     taskapi.Null[time.Time](),
				}, opts...)
			},
			method:      "PATCH",
			uri:         "/api/tasks/" + id,
			contentType: "application/merge-patch+json",
			body:        `{"completed":false,"dueAt":null}`,
		},
		{
			name: "deleteTask",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.DeleteTask(ctx, id, opts...)
			},
			method: "DELETE",
			uri:    "/api/tasks/" + id,
		},
		{
			name: "deleteTask permanently",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.EraseTask(ctx, id, opts...)
			},
			method: "DELETE",
			uri:    "/api/tasks/" + id + "?permanent=true",
		},
		{
			name: "restoreTask",
			call: func(ctx context.Context, c *sdk.Client, opts ...sdk.CallOption) (taskapi.Task, error) {
				return c.RestoreTask(ctx, id, opts...)
			},
			method: "POST",
			uri:    "/api/tasks/" + id + "/restore",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			var response sdk.Response
			task, err := tt.call(t.Context(), s.client(t),
				sdk.WithToken("the-token"),
				sdk.WithRequestID("the-request"),
				sdk.WithIdempotencyKey("the-key"),
				sdk.IfMatch(7),
				sdk.WithResponse(&response),
			)
			if err != nil {
				t.Fatal(err)
			}
			if want := fullTask(); !reflect.DeepEqual(task, want) {
				t.Errorf("got the task\n%+v, want\n%+v", task, want)
			}
			if response.Status != http.StatusOK || response.Attempts != 1 ||
				response.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got the response %+v", response)
			}

			requests := s.received()
			if len(requests) != 1 {
				t.Fatalf("%d requests were sent, want 1", len(requests))
			}
			got := requests[0]
			if got.method != tt.method || got.uri != tt.uri || got.body != tt.body {
				t.Errorf("sent %s %s %s, want %s %s %s", got.method, got.uri, got.body, tt.method, tt.uri, tt.body)
			}
			wantHeader := map[string]string{
				"Accept":          "application/json, application/problem+json",
				"Authorization":   "Bearer the-token",
				"X-Request-Id":    "the-request",
				"If-Match":        `"7"`,
				"Content-Type":    tt.contentType,
				"Idempotency-Key": "the-key",
			}
			if tt.method == "GET" {
				wantHeader["Idempotency-Key"] = ""
			}
			for name, want := range wantHeader {
				if values := got.header.Values(name); len(values) > 1 || got.header.Get(name) != want {
					t.Errorf("sent %s %q, want %q", name, values, want)
				}
			}
		})
	}
}

func TestCallWithoutOptionsSendsNoOptionalHeaders(t *testing.T) {
	t.Parallel()
	s := serve(t, respondTask(fullTask()))
	if _, err := s.client(t).GetTask(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Authorization", "X-Request-Id", "If-Match", "Content-Type", "Idempotency-Key"} {
		if values := s.received()[0].header.Values(name); values != nil {
			t.Errorf("sent %s %q, want none", name, values)
		}
	}
}

func TestTaskID(t *testing.T) {
	t.Parallel()
	t.Run("is one segment of the path", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondTask(fullTask()))
		if _, err := s.client(t).GetTask(t.Context(), "../a/b?c#d %"); err != nil {
			t.Fatal(err)
		}
		if got, want := s.received()[0].uri, "/api/tasks/..%2Fa%2Fb%3Fc%23d%20%25"; got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
	})
	for _, id := range []string{"", ".", ".."} {
		t.Run("is not sent as "+id, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			_, err := s.client(t).DeleteTask(t.Context(), id)
			want := &sdk.Error{
				Operation: "deleteTask",
				Code:      taskapi.CodeInvalid,
				Message:   "The id is not valid.",
				Fields:    []taskapi.FieldError{{Field: "id", Code: taskapi.FieldFormat, Message: "must be a UUID"}},
			}
			if got := asError(t, err); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if requests := s.received(); len(requests) != 0 {
				t.Errorf("sent %+v", requests)
			}
		})
	}
}

func TestListTasks_SendsFiltersAndReturnsAPage(t *testing.T) {
	t.Parallel()
	berlin := time.Date(2026, 11, 30, 17, 0, 0, 0, time.FixedZone("CET", 3600))
	for _, tt := range []struct {
		name    string
		options taskapi.ListTasksOptions
		uri     string
	}{
		{"everything", taskapi.ListTasksOptions{}, "/api/tasks"},
		{"finished", taskapi.ListTasksOptions{Completed: new(true)}, "/api/tasks?completed=true"},
		{
			"a later page of open tasks",
			taskapi.ListTasksOptions{Completed: new(false), Limit: 20, Cursor: "a+b/c="},
			"/api/tasks?completed=false&cursor=a%2Bb%2Fc%3D&limit=20",
		},
		{
			"all filters",
			taskapi.ListTasksOptions{
				Completed:  new(true),
				Priorities: []taskapi.Priority{taskapi.High, taskapi.Urgent},
				Tags:       []string{"a,b", "c&d"},
				DueBefore:  &berlin,
				DueAfter:   fullTask().DueAt,
				Query:      "water pla",
				ListID:     taskapi.Inbox,
				ParentID:   taskapi.NoParent,
				Deleted:    true,
				Sort:       taskapi.MostUrgent,
			},
			"/api/tasks?completed=true&deleted=true&dueAfter=2026-11-23T17%3A30%3A00.123456Z" +
				"&dueBefore=2026-11-30T16%3A00%3A00Z&listId=inbox&parentId=none&priority=high&priority=urgent&q=water+pla&sort=-priority&tag=a%2Cb&tag=c%26d",
		},
		{"an invalid limit", taskapi.ListTasksOptions{Limit: -1}, "/api/tasks?limit=-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondList("next", fullTask()))
			page, err := s.client(t).ListTasks(t.Context(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			want := sdk.TaskPage{
				Tasks: []taskapi.Task{fullTask()},
				Meta:  taskapi.ListMeta{NextCursor: new("next"), Changes: 184},
			}
			if !reflect.DeepEqual(page, want) {
				t.Errorf("got %+v, want %+v", page, want)
			}
			if got := s.received()[0]; got.method != "GET" || got.uri != tt.uri {
				t.Errorf("sent %s %s, want GET %s", got.method, got.uri, tt.uri)
			}
		})
	}
	t.Run("an empty list is not nil", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondList(""))
		page, err := s.client(t).ListTasks(t.Context(), taskapi.ListTasksOptions{})
		want := sdk.TaskPage{Tasks: []taskapi.Task{}, Meta: taskapi.ListMeta{Changes: 184}}
		if err != nil || !reflect.DeepEqual(page, want) {
			t.Errorf("got %+v, %v, want %+v", page, err, want)
		}
	})
}

func TestTasks(t *testing.T) {
	t.Parallel()
	a, b, c := taskapi.Task{ID: "a"}, taskapi.Task{ID: "b"}, taskapi.Task{ID: "c"}
	ids := func(t *testing.T, client *sdk.Client, options taskapi.ListTasksOptions) ([]string, error) {
		t.Helper()
		var ids []string
		for task, err := range client.Tasks(t.Context(), options) {
			if err != nil {
				if !reflect.DeepEqual(task, taskapi.Task{}) {
					t.Errorf("the error comes with the task %+v", task)
				}
				return ids, err
			}
			ids = append(ids, task.ID)
		}
		return ids, nil
	}
	uris := func(s *service) []string {
		var uris []string
		for _, request := range s.received() {
			uris = append(uris, request.uri)
		}
		return uris
	}

	t.Run("iterates over all pages with the same filter", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondList("2", a, b), respondList("3"), respondList("", c))
		got, err := ids(t, s.client(t), taskapi.ListTasksOptions{Completed: new(false), Limit: 2, Cursor: "1"})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"a", "b", "c"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		want := []string{
			"/api/tasks?completed=false&cursor=1&limit=2",
			"/api/tasks?completed=false&cursor=2&limit=2",
			"/api/tasks?completed=false&cursor=3&limit=2",
		}
		if got := uris(s); !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
	})
	t.Run("ends at an error", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondList("2", a), respondProblem(taskapi.CodeInvalidCursor))
		got, err := ids(t, s.client(t), taskapi.ListTasksOptions{})
		if !slices.Equal(got, []string{"a"}) || !errors.Is(err, sdk.ErrInvalidCursor) {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("reads no page in advance", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondList("2", a, b), respondList("", c))
		for _, err := range s.client(t).Tasks(t.Context(), taskapi.ListTasksOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if got := uris(s); len(got) != 1 {
			t.Errorf("sent %q, want one request", got)
		}
	})
	t.Run("starts again with every loop", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondList("2", a), respondList("", b), respondList("2", a), respondList("", b))
		tasks := s.client(t).Tasks(t.Context(), taskapi.ListTasksOptions{})
		for range 2 {
			for _, err := range tasks {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, want := uris(s), []string{"/api/tasks", "/api/tasks?cursor=2", "/api/tasks", "/api/tasks?cursor=2"}; !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
	})
	t.Run("fails if the next page is the same page", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondList("2", a))
		got, err := ids(t, s.client(t), taskapi.ListTasksOptions{})
		if !slices.Equal(got, []string{"a", "a"}) || asError(t, err).Operation != "listTasks" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestTaskStats_SendsTheTimeZone(t *testing.T) {
	t.Parallel()
	want := taskapi.Stats{
		Open: 3, Completed: 9, Overdue: 1, DueToday: 2, Undated: 1, Deleted: 4,
		ByPriority: map[taskapi.Priority]int64{taskapi.High: 1},
		ByTag:      []taskapi.TagCount{{Tag: "home", Count: 2}},
	}
	for zone, uri := range map[string]string{
		"":                 "/api/tasks/stats",
		"America/New_York": "/api/tasks/stats?timeZone=America%2FNew_York",
	} {
		s := serve(t, respond(200, taskapi.StatsResponse{Success: true, Data: want}))
		got, err := s.client(t).TaskStats(t.Context(), zone)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		if sent := s.received()[0]; sent.method != "GET" || sent.uri != uri {
			t.Errorf("sent %s %s, want GET %s", sent.method, sent.uri, uri)
		}
	}
	s := serve(t, respond(200, map[string]any{"success": true, "data": map[string]any{}}))
	if _, err := s.client(t).TaskStats(t.Context(), ""); asError(t, err).Status != 200 {
		t.Errorf("got %v", err)
	}
}

func TestAgenda_SendsItsOptions(t *testing.T) {
	t.Parallel()
	want := taskapi.Agenda{
		Overdue: []taskapi.Task{}, Days: []taskapi.AgendaDay{{Date: "2026-11-30", Tasks: []taskapi.Task{}}}, Later: 2, Undated: 1, Truncated: true,
	}
	for uri, options := range map[string]taskapi.AgendaOptions{
		"/api/agenda": {},
		"/api/agenda?days=3&timeZone=America%2FNew_York": {TimeZone: "America/New_York", Days: 3},
	} {
		s := serve(t, respond(200, taskapi.AgendaResponse{Success: true, Data: want}))
		got, err := s.client(t).Agenda(t.Context(), options)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		if sent := s.received()[0]; sent.method != "GET" || sent.uri != uri {
			t.Errorf("sent %s %s, want GET %s", sent.method, sent.uri, uri)
		}
	}
	s := serve(t, respond(200, map[string]any{"success": true, "data": map[string]any{}}))
	if _, err := s.client(t).Agenda(t.Context(), taskapi.AgendaOptions{}); asError(t, err).Status != 200 {
		t.Errorf("got %v", err)
	}
}

func TestTaskOccurrences_SendsTheLimit(t *testing.T) {
	t.Parallel()
	want := []taskapi.Occurrence{{DueAt: time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC), DueOn: new("2026-11-30")}}
	for limit, uri := range map[int]string{0: "/api/tasks/x/occurrences", 3: "/api/tasks/x/occurrences?limit=3"} {
		s := serve(t, respond(200, taskapi.OccurrenceListResponse{Success: true, Data: want}))
		got, err := s.client(t).TaskOccurrences(t.Context(), "x", limit)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		if sent := s.received()[0]; sent.method != "GET" || sent.uri != uri {
			t.Errorf("sent %s %s, want GET %s", sent.method, sent.uri, uri)
		}
	}
	s := serve(t, respond(200, map[string]any{"success": true}))
	if _, err := s.client(t).TaskOccurrences(t.Context(), "x", 0); asError(t, err).Status != 200 {
		t.Errorf("got %v", err)
	}
	if _, err := s.client(t).TaskOccurrences(t.Context(), "..", 0); asError(t, err).Fields[0].Field != "id" {
		t.Errorf("got %v", err)
	}
}

func TestIfNoneMatch_FailsWithErrNotModified(t *testing.T) {
	t.Parallel()
	s := serve(t, respond(304, nil, "X-Request-Id", "the-request"))
	var response sdk.Response
	_, err := s.client(t).GetTask(t.Context(), "x", sdk.IfNoneMatch(7), sdk.WithResponse(&response))
	want := &sdk.Error{
		Operation: "getTask",
		Status:    304,
		Message:   "the resource has not changed",
		RequestID: "the-request",
		Attempts:  1,
		Err:       sdk.ErrNotModified,
	}
	if got := asError(t, err); !reflect.DeepEqual(got, want) || !errors.Is(err, sdk.ErrNotModified) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := s.received()[0].header.Get("If-None-Match"); got != `"7"` || response.Status != 304 {
		t.Errorf("sent %s, got the response %+v", got, response)
	}
}
