package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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

// full returns a request with every field set.
func full() taskapi.CreateTaskRequest {
	return taskapi.CreateTaskRequest{
		Title:       "Water the plants",
		Description: "The ones on the balcony too.",
		Completed:   true,
		Priority:    taskapi.Urgent,
		DueAt:       new(time.Date(2026, 11, 30, 17, 0, 0, 123456000, time.UTC)),
		Tags:        []string{"home", "garden"},
		Recurrence:  new("FREQ=DAILY"), RecurrenceFrom: taskapi.FromCompletion,
	}
}

// The operations on tasks.

func create(req taskapi.CreateTaskRequest) store.Operation {
	return store.Operation{Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: req}
}

func replace(id uuid.UUID, req taskapi.ReplaceTaskRequest) store.Operation {
	return store.Operation{Op: taskapi.BatchReplace, Kind: taskapi.KindTask, ID: id, Data: req}
}

func update(id uuid.UUID, req taskapi.UpdateTaskRequest) store.Operation {
	return store.Operation{Op: taskapi.BatchUpdate, Kind: taskapi.KindTask, ID: id, Data: req}
}

func trash(id uuid.UUID) store.Operation {
	return store.Operation{Op: taskapi.BatchDelete, Kind: taskapi.KindTask, ID: id}
}

func restore(id uuid.UUID) store.Operation {
	return store.Operation{Op: taskapi.BatchRestore, Kind: taskapi.KindTask, ID: id}
}

func erase(id uuid.UUID) store.Operation {
	return store.Operation{Op: taskapi.BatchErase, Kind: taskapi.KindTask, ID: id}
}

// ifVersion makes the operation require one of the versions.
func ifVersion(op store.Operation, versions ...int64) store.Operation {
	op.Versions = append([]int64{}, versions...)
	return op
}

// write runs an operation, which must succeed, and returns its task.
func write(t *testing.T, s *store.Store, user string, op store.Operation, key *store.IdempotencyKey) taskapi.Task {
	t.Helper()
	out, err := s.Write(t.Context(), user, op, key)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Resources) != 1 {
		t.Fatalf("%d resources, want 1", len(out.Resources))
	}
	return out.Resources[0].Data.(taskapi.Task)
}

func mustCreate(t *testing.T, s *store.Store, user string, req taskapi.CreateTaskRequest) taskapi.Task {
	t.Helper()
	return write(t, s, user, create(req), nil)
}

func mustGet(t *testing.T, s *store.Store, user, id string) taskapi.Task {
	t.Helper()
	got, err := s.Get(t.Context(), user, taskapi.KindTask, uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	return got.Data.(taskapi.Task)
}

func mustList(t *testing.T, s *store.Store, user string, options taskapi.ListTasksOptions) store.TaskPage {
	t.Helper()
	if options.Limit == 0 {
		options.Limit = taskapi.MaxListLimit
	}
	page, err := s.ListTasks(t.Context(), user, options)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestCreateTask(t *testing.T) {
	t.Parallel()

	t.Run("stores every field", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		want := full()
		want.ListID = new(makeList(t, s, alice, taskapi.CreateListRequest{Name: "Garden"}).String())
		want.ParentID = new(mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "parent", ListID: want.ListID, Completed: true}).ID)
		want.DueOn, want.DueAt = new("2026-11-30"), new(time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC))
		created := mustCreate(t, s, alice, want)
		for field, value := range reflect.ValueOf(created).Fields() {
			if value.IsZero() && field.Name != "DeletedAt" && field.Name != "NextID" {
				t.Errorf("%s is empty: full, in operations_test.go, must set it", field.Name)
			}
		}
		var got taskapi.CreateTaskRequest
		if text, err := json.Marshal(created); err != nil || json.Unmarshal(text, &got) != nil {
			t.Fatalf("the task cannot be read as a request: %s, %v", text, err)
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
			ID: got.ID, Title: "Rest", Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, Tags: []string{}, Position: got.Position, Version: 1,
			CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("CreateTask (-want +got):\n%s", diff)
		}
	})
}

func TestUpdateTask(t *testing.T) {
	t.Parallel()

	// Each patch changes one field of a full task.
	fields := []struct {
		name  string
		patch taskapi.UpdateTaskRequest
		want  func(*taskapi.Task)
	}{
		{"title", taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}, func(t *taskapi.Task) { t.Title = "New" }},
		{"description", taskapi.UpdateTaskRequest{Description: taskapi.Some("")}, func(t *taskapi.Task) { t.Description = "" }},
		{"completed", taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}, func(t *taskapi.Task) { t.Completed, t.CompletedAt = false, nil }},
		{"priority", taskapi.UpdateTaskRequest{Priority: taskapi.Some(taskapi.Low)}, func(t *taskapi.Task) { t.Priority = taskapi.Low }},
		{"due date", taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time](), Recurrence: taskapi.Null[string]()}, func(t *taskapi.Task) { t.DueAt, t.Recurrence = nil, nil }},
		{"recurrence", taskapi.UpdateTaskRequest{RecurrenceFrom: taskapi.Some(taskapi.FromDue)}, func(t *taskapi.Task) { t.RecurrenceFrom = taskapi.FromDue }},
		{"tags", taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{})}, func(t *taskapi.Task) { t.Tags = []string{} }},
	}
	for _, field := range fields {
		t.Run("changes only the "+field.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			created := mustCreate(t, s, alice, full())
			got := write(t, s, alice, update(uuid.MustParse(created.ID), field.patch), nil)
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

	t.Run("keeps the version if nothing changes", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		created := mustCreate(t, s, alice, full())
		got := write(t, s, alice, update(uuid.MustParse(created.ID), taskapi.UpdateTaskRequest{
			Title: taskapi.Some(created.Title), DueAt: taskapi.Some(created.DueAt), Completed: taskapi.Some(true),
		}), nil)
		if diff := cmp.Diff(created, got); diff != "" {
			t.Errorf("UpdateTask (-created +got):\n%s", diff)
		}
		if page := mustList(t, s, alice, taskapi.ListTasksOptions{}); page.Changes != 1 {
			t.Errorf("changes = %d, want 1", page.Changes)
		}
	})
}

func TestReplaceTask_SetsDefaults(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	created := mustCreate(t, s, alice, full())
	got := write(t, s, alice, replace(uuid.MustParse(created.ID), taskapi.ReplaceTaskRequest{Title: "Only this"}), nil)
	want := taskapi.Task{
		ID: created.ID, Title: "Only this", Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, Tags: []string{}, Position: created.Position, Version: 2,
		CreatedAt: created.CreatedAt, UpdatedAt: got.UpdatedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReplaceTask (-want +got):\n%s", diff)
	}
}

func TestTrash_IsReadRestoredAndErased(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)

	deleted := write(t, s, alice, trash(id), nil)
	if deleted.DeletedAt == nil || deleted.Version != 2 {
		t.Errorf("deleted at %v with version %d, want a time and 2", deleted.DeletedAt, deleted.Version)
	}
	if page := mustList(t, s, alice, taskapi.ListTasksOptions{}); len(page.Tasks) != 0 {
		t.Errorf("the list still has %v", page.Tasks)
	}
	if diff := cmp.Diff([]taskapi.Task{deleted}, mustList(t, s, alice, taskapi.ListTasksOptions{Deleted: true}).Tasks); diff != "" {
		t.Errorf("the list of the trash (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(deleted, mustGet(t, s, alice, task.ID)); diff != "" {
		t.Errorf("a task in the trash can be read (-deleted +got):\n%s", diff)
	}
	for name, err := range map[string]error{
		"update":  errorOf(s.Write(t.Context(), alice, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("Up")}), nil)),
		"replace": errorOf(s.Write(t.Context(), alice, replace(id, taskapi.ReplaceTaskRequest{Title: "Up"}), nil)),
		"delete":  errorOf(s.Write(t.Context(), alice, trash(id), nil)),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of a task in the trash: %v, want ErrNotFound", name, err)
		}
	}

	restored := write(t, s, alice, restore(id), nil)
	want := task
	want.Version, want.UpdatedAt = 3, restored.UpdatedAt
	if diff := cmp.Diff(want, restored); diff != "" {
		t.Errorf("RestoreTask (-want +got):\n%s", diff)
	}
	if err := errorOf(s.Write(t.Context(), alice, restore(id), nil)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("restoring it again: %v, want ErrNotFound", err)
	}

	erased := write(t, s, alice, erase(id), nil)
	if diff := cmp.Diff(restored, erased); diff != "" {
		t.Errorf("EraseTask (-restored +got):\n%s", diff)
	}
	if _, err := s.Get(t.Context(), alice, taskapi.KindTask, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an erased task: %v, want ErrNotFound", err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

func TestWrite_RejectsOtherVersions(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)
	title := taskapi.UpdateTaskRequest{Title: taskapi.Some("Second")}
	current := write(t, s, alice, ifVersion(update(id, title), 7, 1), nil)

	for name, err := range map[string]error{
		"update":      errorOf(s.Write(t.Context(), alice, ifVersion(update(id, title), 1), nil)),
		"replace":     errorOf(s.Write(t.Context(), alice, ifVersion(replace(id, taskapi.ReplaceTaskRequest{Title: "x"}), 1), nil)),
		"delete":      errorOf(s.Write(t.Context(), alice, ifVersion(trash(id), 1), nil)),
		"erase":       errorOf(s.Write(t.Context(), alice, ifVersion(erase(id), 1), nil)),
		"no versions": errorOf(s.Write(t.Context(), alice, ifVersion(trash(id)), nil)),
	} {
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) || !errors.Is(err, store.ErrVersionConflict) {
			t.Errorf("%s: %v, want a conflict", name, err)
			continue
		}
		if diff := cmp.Diff(any(current), conflict.Current.Data); diff != "" {
			t.Errorf("%s: the conflict's task (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(current, mustGet(t, s, alice, task.ID)); diff != "" {
		t.Errorf("the task changed (-want +got):\n%s", diff)
	}
}

func TestAnotherUsersTaskDoesNotExist(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)
	// A user without data, and one with data.
	mustCreate(t, s, bob, full())
	for _, user := range []string{bob, "nobody"} {
		for operation, err := range map[string]error{
			"get":     errorOf(s.Get(t.Context(), user, taskapi.KindTask, id)),
			"replace": errorOf(s.Write(t.Context(), user, replace(id, taskapi.ReplaceTaskRequest{Title: "Mine"}), nil)),
			"update":  errorOf(s.Write(t.Context(), user, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("Mine")}), nil)),
			"delete":  errorOf(s.Write(t.Context(), user, trash(id), nil)),
			"restore": errorOf(s.Write(t.Context(), user, restore(id), nil)),
			"erase":   errorOf(s.Write(t.Context(), user, erase(id), nil)),
			"batch":   errorOf(s.Batch(t.Context(), user, []store.Operation{trash(uuid.MustParse(task.ID))}, nil)),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s by %s: %v, want ErrNotFound", operation, user, err)
			}
		}
	}
	if diff := cmp.Diff(task, mustGet(t, s, alice, task.ID)); diff != "" {
		t.Errorf("the task changed (-before +after):\n%s", diff)
	}
	if page := mustList(t, s, bob, taskapi.ListTasksOptions{}); len(page.Tasks) != 1 {
		t.Errorf("bob's list has %d tasks, want his own", len(page.Tasks))
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()

	t.Run("runs operations in order", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		first, other := mustCreate(t, s, alice, full()), mustCreate(t, s, alice, full())
		out, err := s.Batch(t.Context(), alice, []store.Operation{
			create(taskapi.CreateTaskRequest{Title: "Made"}),
			ifVersion(update(uuid.MustParse(first.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("Once")}), 1),
			ifVersion(update(uuid.MustParse(first.ID), taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{"twice"})}), 2),
			trash(uuid.MustParse(other.ID)),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, resource := range out.Resources {
			task := resource.Data.(taskapi.Task)
			got = append(got, fmt.Sprintf("%s v%d %v %t", task.Title, task.Version, task.Tags, task.DeletedAt != nil))
		}
		want := []string{
			"Made v1 [] false",
			"Once v3 [twice] false", "Once v3 [twice] false",
			"Water the plants v2 [home garden] true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Batch (-want +got):\n%s", diff)
		}
		page, err := s.Changes(t.Context(), alice, after(2), 10)
		if err != nil {
			t.Fatal(err)
		}
		var seqs []int64
		for _, change := range page.Changes {
			seqs = append(seqs, change.Seq)
		}
		if diff := cmp.Diff([]int64{3, 5, 6}, seqs); diff != "" {
			t.Errorf("each operation is a change of its own (-want +got):\n%s", diff)
		}
	})

	t.Run("rolls back if an operation fails", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		task := mustCreate(t, s, alice, full())
		for name, last := range map[string]struct {
			op   store.Operation
			want error
		}{
			"a task that does not exist": {trash(uuid.New()), store.ErrNotFound},
			"a task deleted before":      {update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("x")}), store.ErrNotFound},
			"another version":            {ifVersion(trash(uuid.MustParse(task.ID)), 9), store.ErrNotFound},
		} {
			_, err := s.Batch(t.Context(), alice, []store.Operation{
				create(taskapi.CreateTaskRequest{Title: "Made"}),
				ifVersion(trash(uuid.MustParse(task.ID)), 1),
				last.op,
			}, nil)
			var failed *store.BatchError
			if !errors.As(err, &failed) || failed.Index != 2 || !errors.Is(err, last.want) {
				t.Errorf("%s: %v, want operation 2 to fail with %v", name, err, last.want)
			}
		}
		if diff := cmp.Diff([]taskapi.Task{task}, mustList(t, s, alice, taskapi.ListTasksOptions{}).Tasks); diff != "" {
			t.Errorf("the list after failed batches (-want +got):\n%s", diff)
		}
	})
}
