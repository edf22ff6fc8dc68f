package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const alice, bob = "alice", "bob"

// full is a request with every field set.
func full() taskapi.CreateTaskRequest {
	return taskapi.CreateTaskRequest{
		Title:       "Water the plants",
		Description: "The ones on the balcony too.",
		Completed:   true,
		Priority:    taskapi.Urgent,
		DueAt:       new(time.Date(2026, 11, 30, 17, 0, 0, 123456000, time.UTC)),
		Tags:        []string{"home", "garden"},
	}
}

func mustCreate(t *testing.T, s *store.Store, user string, req taskapi.CreateTaskRequest) taskapi.Task {
	t.Helper()
	task, err := s.CreateTask(t.Context(), user, req)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func mustGet(t *testing.T, s *store.Store, user, id string) taskapi.Task {
	t.Helper()
	task, err := s.GetTask(t.Context(), user, uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestCreateTask(t *testing.T) {
	t.Parallel()

	t.Run("keeps every field", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		created := mustCreate(t, s, alice, full())
		for field, value := range reflect.ValueOf(created).Fields() {
			if value.IsZero() && field.Name != "DeletedAt" {
				t.Errorf("%s is empty", field.Name)
			}
		}
		want := full()
		got := taskapi.CreateTaskRequest{
			Title: created.Title, Description: created.Description, Completed: created.Completed,
			Priority: created.Priority, DueAt: created.DueAt, Tags: created.Tags,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("CreateTask (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(created, mustGet(t, s, alice, created.ID)); diff != "" {
			t.Errorf("GetTask (-created +got):\n%s", diff)
		}
	})

	t.Run("has defaults", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		got := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "Rest"})
		want := taskapi.Task{
			ID: got.ID, Title: "Rest", Priority: taskapi.None, Tags: []string{}, Version: 1,
			CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("CreateTask (-want +got):\n%s", diff)
		}
	})
}

func TestUpdateTask(t *testing.T) {
	t.Parallel()

	// Each patch touches one field of a full task; the others stay.
	fields := []struct {
		name  string
		patch taskapi.UpdateTaskRequest
		want  func(*taskapi.Task)
	}{
		{"title", taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}, func(t *taskapi.Task) { t.Title = "New" }},
		{"description", taskapi.UpdateTaskRequest{Description: taskapi.Some("")}, func(t *taskapi.Task) { t.Description = "" }},
		{"completed", taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}, func(t *taskapi.Task) { t.Completed, t.CompletedAt = false, nil }},
		{"priority", taskapi.UpdateTaskRequest{Priority: taskapi.Some(taskapi.Low)}, func(t *taskapi.Task) { t.Priority = taskapi.Low }},
		{"due date", taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}, func(t *taskapi.Task) { t.DueAt = nil }},
		{"tags", taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{})}, func(t *taskapi.Task) { t.Tags = []string{} }},
	}
	for _, field := range fields {
		t.Run("changes only the "+field.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			created := mustCreate(t, s, alice, full())
			got, err := s.UpdateTask(t.Context(), alice, uuid.MustParse(created.ID), field.patch)
			if err != nil {
				t.Fatal(err)
			}
			want := created
			want.Version, want.UpdatedAt = 2, got.UpdatedAt
			field.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("UpdateTask (-want +got):\n%s", diff)
			}
			if !got.UpdatedAt.After(created.UpdatedAt) {
				t.Errorf("updated at %v, created at %v", got.UpdatedAt, created.UpdatedAt)
			}
			if diff := cmp.Diff(got, mustGet(t, s, alice, created.ID)); diff != "" {
				t.Errorf("GetTask (-updated +got):\n%s", diff)
			}
		})
	}

	t.Run("keeps the version where nothing changes", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		created := mustCreate(t, s, alice, full())
		got, err := s.UpdateTask(t.Context(), alice, uuid.MustParse(created.ID), taskapi.UpdateTaskRequest{
			Title: taskapi.Some(created.Title), DueAt: taskapi.Some(created.DueAt), Completed: taskapi.Some(true),
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(created, got); diff != "" {
			t.Errorf("UpdateTask (-created +got):\n%s", diff)
		}
		if page := mustList(t, s, alice, taskapi.ListTasksOptions{Limit: 1}); page.Changes != 1 {
			t.Errorf("changes = %d, want 1", page.Changes)
		}
	})
}

func TestReplaceTask(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	created := mustCreate(t, s, alice, full())
	got, err := s.ReplaceTask(t.Context(), alice, uuid.MustParse(created.ID), taskapi.ReplaceTaskRequest{Title: "Only this"})
	if err != nil {
		t.Fatal(err)
	}
	want := taskapi.Task{
		ID: created.ID, Title: "Only this", Priority: taskapi.None, Tags: []string{}, Version: 2,
		CreatedAt: created.CreatedAt, UpdatedAt: got.UpdatedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReplaceTask (-want +got):\n%s", diff)
	}
}

func TestDeleteTask(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)
	deleted, err := s.DeleteTask(t.Context(), alice, id)
	if err != nil {
		t.Fatal(err)
	}
	if deleted.DeletedAt == nil || deleted.Version != 2 {
		t.Errorf("deleted at %v with version %d, want a time and 2", deleted.DeletedAt, deleted.Version)
	}
	if page := mustList(t, s, alice, taskapi.ListTasksOptions{Limit: 10}); len(page.Tasks) != 0 {
		t.Errorf("the list still has %v", page.Tasks)
	}
	if diff := cmp.Diff(deleted, mustGet(t, s, alice, task.ID)); diff != "" {
		t.Errorf("a task in the trash can be read (-deleted +got):\n%s", diff)
	}
	if _, err := s.UpdateTask(t.Context(), alice, id, taskapi.UpdateTaskRequest{Title: taskapi.Some("Up")}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("updating a task in the trash: %v, want ErrNotFound", err)
	}
	if _, err := s.DeleteTask(t.Context(), alice, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleting it again: %v, want ErrNotFound", err)
	}
}

func TestAnotherUsersTaskDoesNotExist(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)
	// A user of whom the database knows nothing, and one it knows.
	mustCreate(t, s, bob, full())
	for _, user := range []string{bob, "nobody"} {
		_, get := s.GetTask(t.Context(), user, id)
		_, replace := s.ReplaceTask(t.Context(), user, id, taskapi.ReplaceTaskRequest{Title: "Mine"})
		_, update := s.UpdateTask(t.Context(), user, id, taskapi.UpdateTaskRequest{Title: taskapi.Some("Mine")})
		_, del := s.DeleteTask(t.Context(), user, id)
		for operation, err := range map[string]error{"get": get, "replace": replace, "update": update, "delete": del} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s by %s: %v, want ErrNotFound", operation, user, err)
			}
		}
	}
	if diff := cmp.Diff(task, mustGet(t, s, alice, task.ID)); diff != "" {
		t.Errorf("the task changed (-before +after):\n%s", diff)
	}
	if page := mustList(t, s, bob, taskapi.ListTasksOptions{Limit: 10}); len(page.Tasks) != 1 {
		t.Errorf("bob's list has %d tasks, want his own", len(page.Tasks))
	}
}

func mustList(t *testing.T, s *store.Store, user string, options taskapi.ListTasksOptions) store.TaskPage {
	t.Helper()
	page, err := s.ListTasks(t.Context(), user, options)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestListTasks(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	var open, all []string // titles, newest first
	for i := range 7 {
		task := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: fmt.Sprint(i), Completed: i%2 == 1})
		all = append([]string{task.Title}, all...)
		if !task.Completed {
			open = append([]string{task.Title}, open...)
		}
	}
	titles := func(options taskapi.ListTasksOptions) (titles []string, pages int) {
		for {
			page := mustList(t, s, alice, options)
			pages++
			for _, task := range page.Tasks {
				titles = append(titles, task.Title)
			}
			if page.Changes != 7 {
				t.Errorf("changes = %d, want 7", page.Changes)
			}
			if page.NextCursor == "" {
				return titles, pages
			}
			options.Cursor = page.NextCursor
		}
	}
	for _, tc := range []struct {
		name  string
		opts  taskapi.ListTasksOptions
		want  []string
		pages int
	}{
		{"one page", taskapi.ListTasksOptions{Limit: 7}, all, 1},
		{"small pages", taskapi.ListTasksOptions{Limit: 3}, all, 3},
		{"open", taskapi.ListTasksOptions{Limit: 3, Completed: new(false)}, open, 2},
	} {
		got, pages := titles(tc.opts)
		if diff := cmp.Diff(tc.want, got); diff != "" || pages != tc.pages {
			t.Errorf("%s: %d pages, want %d (-want +got):\n%s", tc.name, pages, tc.pages, diff)
		}
	}

	t.Run("refuses a cursor of another list", func(t *testing.T) {
		first := mustList(t, s, alice, taskapi.ListTasksOptions{Limit: 3})
		for _, options := range []taskapi.ListTasksOptions{
			{Limit: 3, Completed: new(true), Cursor: first.NextCursor},
			{Limit: 3, Cursor: "nonsense"},
			{Limit: 3, Cursor: strings.ToUpper(first.NextCursor)},
		} {
			if _, err := s.ListTasks(t.Context(), alice, options); !errors.Is(err, store.ErrInvalidCursor) {
				t.Errorf("cursor %q: %v, want ErrInvalidCursor", options.Cursor, err)
			}
		}
	})
}
