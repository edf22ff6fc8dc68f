package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const alice, bob = "alice", "bob"

// always is no condition at all.
var always store.Conditions

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

// one returns the only task of a write that must have succeeded.
func one(t *testing.T) func(store.Outcome, error) taskapi.Task {
	return func(out store.Outcome, err error) taskapi.Task {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Tasks) != 1 {
			t.Fatalf("%d tasks, want 1", len(out.Tasks))
		}
		return out.Tasks[0]
	}
}

func mustCreate(t *testing.T, s *store.Store, user string, req taskapi.CreateTaskRequest) taskapi.Task {
	t.Helper()
	return one(t)(s.CreateTask(t.Context(), user, req, always))
}

func mustGet(t *testing.T, s *store.Store, user, id string) taskapi.Task {
	t.Helper()
	task, err := s.GetTask(t.Context(), user, uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	return task
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
			got := one(t)(s.UpdateTask(t.Context(), alice, uuid.MustParse(created.ID), field.patch, always))
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
		got := one(t)(s.UpdateTask(t.Context(), alice, uuid.MustParse(created.ID), taskapi.UpdateTaskRequest{
			Title: taskapi.Some(created.Title), DueAt: taskapi.Some(created.DueAt), Completed: taskapi.Some(true),
		}, always))
		if diff := cmp.Diff(created, got); diff != "" {
			t.Errorf("UpdateTask (-created +got):\n%s", diff)
		}
		if page := mustList(t, s, alice, taskapi.ListTasksOptions{}); page.Changes != 1 {
			t.Errorf("changes = %d, want 1", page.Changes)
		}
	})
}

func TestReplaceTask(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	created := mustCreate(t, s, alice, full())
	got := one(t)(s.ReplaceTask(t.Context(), alice, uuid.MustParse(created.ID), taskapi.ReplaceTaskRequest{Title: "Only this"}, always))
	want := taskapi.Task{
		ID: created.ID, Title: "Only this", Priority: taskapi.None, Tags: []string{}, Version: 2,
		CreatedAt: created.CreatedAt, UpdatedAt: got.UpdatedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReplaceTask (-want +got):\n%s", diff)
	}
}

func TestTrash(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)

	deleted := one(t)(s.DeleteTask(t.Context(), alice, id, always))
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
		"update":  second(s.UpdateTask(t.Context(), alice, id, taskapi.UpdateTaskRequest{Title: taskapi.Some("Up")}, always)),
		"replace": second(s.ReplaceTask(t.Context(), alice, id, taskapi.ReplaceTaskRequest{Title: "Up"}, always)),
		"delete":  second(s.DeleteTask(t.Context(), alice, id, always)),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of a task in the trash: %v, want ErrNotFound", name, err)
		}
	}

	restored := one(t)(s.RestoreTask(t.Context(), alice, id, always))
	want := task
	want.Version, want.UpdatedAt = 3, restored.UpdatedAt
	if diff := cmp.Diff(want, restored); diff != "" {
		t.Errorf("RestoreTask (-want +got):\n%s", diff)
	}
	if err := second(s.RestoreTask(t.Context(), alice, id, always)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("restoring it again: %v, want ErrNotFound", err)
	}

	erased := one(t)(s.EraseTask(t.Context(), alice, id, always))
	if diff := cmp.Diff(restored, erased); diff != "" {
		t.Errorf("EraseTask (-restored +got):\n%s", diff)
	}
	if _, err := s.GetTask(t.Context(), alice, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an erased task: %v, want ErrNotFound", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestVersions(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	task := mustCreate(t, s, alice, full())
	id := uuid.MustParse(task.ID)
	title := taskapi.UpdateTaskRequest{Title: taskapi.Some("Second")}
	current := one(t)(s.UpdateTask(t.Context(), alice, id, title, store.Conditions{Versions: []int64{7, 1}}))

	stale := store.Conditions{Versions: []int64{1}}
	for name, err := range map[string]error{
		"update":      second(s.UpdateTask(t.Context(), alice, id, title, stale)),
		"replace":     second(s.ReplaceTask(t.Context(), alice, id, taskapi.ReplaceTaskRequest{Title: "x"}, stale)),
		"delete":      second(s.DeleteTask(t.Context(), alice, id, stale)),
		"erase":       second(s.EraseTask(t.Context(), alice, id, stale)),
		"no versions": second(s.DeleteTask(t.Context(), alice, id, store.Conditions{Versions: []int64{}})),
	} {
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) || !errors.Is(err, store.ErrVersionConflict) {
			t.Errorf("%s: %v, want a conflict", name, err)
			continue
		}
		if diff := cmp.Diff(current, conflict.Current); diff != "" {
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
	// A user of whom the database knows nothing, and one it knows.
	mustCreate(t, s, bob, full())
	for _, user := range []string{bob, "nobody"} {
		for operation, err := range map[string]error{
			"get":     second(s.GetTask(t.Context(), user, id)),
			"replace": second(s.ReplaceTask(t.Context(), user, id, taskapi.ReplaceTaskRequest{Title: "Mine"}, always)),
			"update":  second(s.UpdateTask(t.Context(), user, id, taskapi.UpdateTaskRequest{Title: taskapi.Some("Mine")}, always)),
			"delete":  second(s.DeleteTask(t.Context(), user, id, always)),
			"restore": second(s.RestoreTask(t.Context(), user, id, always)),
			"erase":   second(s.EraseTask(t.Context(), user, id, always)),
			"batch":   second(s.Batch(t.Context(), user, []taskapi.BatchOperation{taskapi.DeleteInBatch(task.ID, 0)}, nil)),
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

	t.Run("carries out operations in order", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		first, other := mustCreate(t, s, alice, full()), mustCreate(t, s, alice, full())
		out, err := s.Batch(t.Context(), alice, []taskapi.BatchOperation{
			taskapi.CreateInBatch(taskapi.CreateTaskRequest{Title: "Made"}),
			taskapi.UpdateInBatch(first.ID, 1, taskapi.UpdateTaskRequest{Title: taskapi.Some("Once")}),
			taskapi.UpdateInBatch(first.ID, 2, taskapi.UpdateTaskRequest{Tags: taskapi.Some([]string{"twice"})}),
			taskapi.DeleteInBatch(other.ID, 0),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, task := range out.Tasks {
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
		page, err := s.Changes(t.Context(), alice, 2, 10)
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

	t.Run("is all or nothing", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		task := mustCreate(t, s, alice, full())
		for name, last := range map[string]struct {
			op   taskapi.BatchOperation
			want error
		}{
			"a task that does not exist": {taskapi.DeleteInBatch(uuid.NewString(), 0), store.ErrNotFound},
			"a task deleted before":      {taskapi.UpdateInBatch(task.ID, 0, taskapi.UpdateTaskRequest{Title: taskapi.Some("x")}), store.ErrNotFound},
			"another version":            {taskapi.DeleteInBatch(task.ID, 9), store.ErrNotFound},
		} {
			_, err := s.Batch(t.Context(), alice, []taskapi.BatchOperation{
				taskapi.CreateInBatch(taskapi.CreateTaskRequest{Title: "Made"}),
				taskapi.DeleteInBatch(task.ID, 1),
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

func TestIdempotency(t *testing.T) {
	t.Parallel()
	key := func(name string, request byte) *store.IdempotencyKey {
		return &store.IdempotencyKey{Key: name, Request: [32]byte{request}}
	}

	t.Run("200 requests at once with one key make one task", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		outcomes := make([]store.Outcome, 200)
		var group errgroup.Group
		for i := range outcomes {
			group.Go(func() (err error) {
				outcomes[i], err = s.CreateTask(t.Context(), alice, full(), store.Conditions{Key: key("k", 1)})
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		done := 0
		for _, out := range outcomes {
			if !out.Replayed {
				done++
			}
			if diff := cmp.Diff(outcomes[0].Tasks, out.Tasks); diff != "" {
				t.Fatalf("answers differ:\n%s", diff)
			}
		}
		if n := len(mustList(t, s, alice, taskapi.ListTasksOptions{}).Tasks); n != 1 || done != 1 {
			t.Errorf("%d tasks by %d requests, want one by one", n, done)
		}
	})

	t.Run("every write can be repeated", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := uuid.MustParse(mustCreate(t, s, alice, full()).ID)
		for _, step := range []struct {
			name  string
			write func(store.Conditions) (store.Outcome, error)
		}{
			{"update", func(on store.Conditions) (store.Outcome, error) {
				return s.UpdateTask(t.Context(), alice, id, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}, on)
			}},
			{"replace", func(on store.Conditions) (store.Outcome, error) {
				return s.ReplaceTask(t.Context(), alice, id, taskapi.ReplaceTaskRequest{Title: "Newer"}, on)
			}},
			{"delete", func(on store.Conditions) (store.Outcome, error) { return s.DeleteTask(t.Context(), alice, id, on) }},
			{"restore", func(on store.Conditions) (store.Outcome, error) { return s.RestoreTask(t.Context(), alice, id, on) }},
			{"batch", func(on store.Conditions) (store.Outcome, error) {
				return s.Batch(t.Context(), alice, []taskapi.BatchOperation{
					taskapi.CreateInBatch(full()),
					taskapi.UpdateInBatch(id.String(), 0, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
				}, on.Key)
			}},
			{"erase", func(on store.Conditions) (store.Outcome, error) { return s.EraseTask(t.Context(), alice, id, on) }},
		} {
			on := store.Conditions{Key: key(step.name, 1)}
			first, err := step.write(on)
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			again, err := step.write(on)
			if err != nil {
				t.Fatalf("%s again: %v", step.name, err)
			}
			first.Replayed = true
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("%s again (-first +again):\n%s", step.name, diff)
			}
			on.Key = key(step.name, 2)
			if _, err := step.write(on); !errors.Is(err, store.ErrKeyReused) {
				t.Errorf("%s with the key of another request: %v, want ErrKeyReused", step.name, err)
			}
		}
	})

	t.Run("a key belongs to its user", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		on := store.Conditions{Key: key("k", 1)}
		ours := one(t)(s.CreateTask(t.Context(), alice, full(), on))
		theirs := one(t)(s.CreateTask(t.Context(), bob, full(), on))
		if ours.ID == theirs.ID {
			t.Error("bob was answered with alice's task")
		}
	})

	t.Run("a failure keeps no answer", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		task := mustCreate(t, s, alice, full())
		on := store.Conditions{Key: key("k", 1), Versions: []int64{9}}
		if err := second(s.DeleteTask(t.Context(), alice, uuid.MustParse(task.ID), on)); !errors.Is(err, store.ErrVersionConflict) {
			t.Fatalf("delete: %v, want a conflict", err)
		}
		on.Versions = nil
		if err := second(s.DeleteTask(t.Context(), alice, uuid.MustParse(task.ID), on)); err != nil {
			t.Errorf("delete without the condition: %v", err)
		}
	})
}
