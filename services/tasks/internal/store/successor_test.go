package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func complete(id string) store.Operation {
	return update(uuid.MustParse(id), taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
}

func reopen(id string) store.Operation {
	return update(uuid.MustParse(id), taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)})
}

// monday is a time in the week of the tests.
var monday = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// openOn returns a store whose clock advances with each transaction.
func openOn(t *testing.T, db storetest.Database, now time.Time, config store.Config) *store.Store {
	t.Helper()
	var ticks atomic.Int64
	config.URL, config.Now = db.URL, func() time.Time { return now.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
	return storetest.Open(t, config)
}

// weekly returns a recurring task, due on the day of [monday].
func weekly(title string) taskapi.CreateTaskRequest {
	return taskapi.CreateTaskRequest{Title: title, DueOn: new("2026-11-30"), Recurrence: new("FREQ=WEEKLY")}
}

// below returns the tasks below a task, each with its level.
func below(t *testing.T, s *store.Store, id, indent string) (lines []string) {
	t.Helper()
	for _, task := range mustList(t, s, alice, taskapi.ListTasksOptions{ParentID: id, Sort: taskapi.ManualOrder}).Tasks {
		line := fmt.Sprint(indent, task.Title, task.Tags, " v", task.Version)
		if task.Completed {
			line += " done"
		}
		if task.DueOn != nil {
			line += " on " + *task.DueOn
		} else if task.DueAt != nil {
			line += " at " + task.DueAt.Format(time.RFC3339)
		}
		lines = append(append(lines, line), below(t, s, task.ID, indent+"  ")...)
	}
	return lines
}

func TestSuccessor_CopiesTheTaskAndItsSubTasks(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			s := openOn(t, db, monday, store.Config{})
			list := makeList(t, s, alice, taskapi.CreateListRequest{Name: "Garden"}).String()
			sub := func(title, parent string, req taskapi.CreateTaskRequest) string {
				t.Helper()
				req.Title, req.ParentID = title, &parent
				return mustCreate(t, s, alice, req).ID
			}
			root := weekly("water")
			root.Description, root.Priority, root.Tags, root.ListID, root.Recurrence = "all", taskapi.High, []string{"Home"}, &list, new("FREQ=WEEKLY;COUNT=3")
			task := mustCreate(t, s, alice, root)
			last := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "last", ListID: &list})
			a := sub("a", task.ID, taskapi.CreateTaskRequest{Tags: []string{"Größe"}, DueAt: new(monday.Add(time.Hour)), Recurrence: new("FREQ=DAILY")})
			b := sub("b", a, taskapi.CreateTaskRequest{DueOn: new("2026-11-29"), Completed: true})
			sub("c", b, taskapi.CreateTaskRequest{Completed: true})
			gone := sub("gone", a, taskapi.CreateTaskRequest{})
			sub("gone, too", gone, taskapi.CreateTaskRequest{})
			write(t, s, alice, trash(uuid.MustParse(gone)), nil)
			write(t, s, alice, move(a, placeAfter(sub("z", task.ID, taskapi.CreateTaskRequest{Completed: true}))), nil)
			changes := mustList(t, s, alice, taskapi.ListTasksOptions{}).Changes

			done := write(t, s, alice, complete(task.ID), nil)
			if done.NextID == nil {
				t.Fatal("there is no successor")
			}
			next := mustGet(t, s, alice, *done.NextID)
			want := task
			want.ID, want.Position, want.Recurrence = next.ID, next.Position, new("FREQ=WEEKLY;COUNT=2")
			want.CreatedAt, want.UpdatedAt = done.UpdatedAt, done.UpdatedAt
			want.DueAt, want.DueOn = new(time.Date(2026, 12, 7, 23, 59, 59, 0, time.UTC)), new("2026-12-07")
			if diff := cmp.Diff(want, next); diff != "" {
				t.Errorf("the successor (-want +got):\n%s", diff)
			}
			if task.Position >= next.Position || next.Position >= last.Position {
				t.Errorf("the positions are %s, %s and %s", task.Position, next.Position, last.Position)
			}
			copies := []string{"z[] v1", "a[Größe] v1 at 2026-12-07T13:00:00Z", "  b[] v1 on 2026-12-06", "    c[] v1"}
			if diff := cmp.Diff(copies, below(t, s, next.ID, "")); diff != "" {
				t.Errorf("the copies (-want +got):\n%s", diff)
			}
			for _, match := range mustList(t, s, alice, taskapi.ListTasksOptions{Query: "größe"}).Tasks {
				if match.Title != "a" || match.NextID != nil || *match.Recurrence != "FREQ=DAILY" {
					t.Errorf("found %+v", match)
				}
			}
			if n := len(mustList(t, s, alice, taskapi.ListTasksOptions{Tags: []string{taskapi.TagKey("GRÖSSE")}}).Tasks); n != 2 {
				t.Errorf("%d tasks have the tag, want the task and its copy", n)
			}
			feed := changesAfter(t, s, changes)
			if diff := cmp.Diff([]string{"water done", "a done", "water", "a", "z", "b", "c"}, feed); diff != "" {
				t.Errorf("the changes (-want +got):\n%s", diff)
			}
			checkUsage(t, db, "with a successor")
			checkRules(t, db)

			again := write(t, s, alice, reopen(task.ID), nil)
			if again.NextID != nil || again.Completed {
				t.Errorf("the reopened task is %+v", again)
			}
			if _, err := s.Get(t.Context(), alice, taskapi.KindTask, uuid.MustParse(next.ID)); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the successor is still there: %v", err)
			}
			if usage := checkUsage(t, db, "without it"); usage.Resources != 9 {
				t.Errorf("%d resources are left, want the list and 8 tasks", usage.Resources)
			}
			if second := write(t, s, alice, complete(task.ID), nil); second.NextID == nil || *second.NextID == next.ID {
				t.Errorf("completed again, it is followed by %v", second.NextID)
			}
		})
	}
}

// changesAfter returns the titles of the tasks that changed after a number.
func changesAfter(t *testing.T, s *store.Store, seq int64) (titles []string) {
	t.Helper()
	page, err := s.Changes(t.Context(), alice, after(seq), taskapi.MaxListLimit)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range page.Changes {
		title := "erased"
		if change.Data != nil {
			task, err := change.Task()
			if err != nil {
				t.Fatal(err)
			}
			if title = task.Title; task.Completed {
				title += " done"
			}
		}
		titles = append(titles, title)
	}
	return titles
}

func TestSuccessor_IsDueAtTheNextOccurrence(t *testing.T) {
	t.Parallel()
	s := openOn(t, storetest.NewDatabase(t), monday, store.Config{})
	changeZone(t, s, "Europe/Berlin")
	at := func(text string) *time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return &moment
	}
	for name, tc := range map[string]struct {
		req  taskapi.CreateTaskRequest
		want string // empty for no successor
	}{
		"a day that has passed, from the due date":                 {taskapi.CreateTaskRequest{DueOn: new("2026-11-20"), Recurrence: new("FREQ=DAILY")}, "2026-11-30"},
		"a day that has passed, from completion":                   {taskapi.CreateTaskRequest{DueOn: new("2026-11-20"), Recurrence: new("FREQ=DAILY;INTERVAL=3"), RecurrenceFrom: taskapi.FromCompletion}, "2026-12-03"},
		"a day ahead, from completion":                             {taskapi.CreateTaskRequest{DueOn: new("2027-11-20"), Recurrence: new("FREQ=WEEKLY"), RecurrenceFrom: taskapi.FromCompletion}, "2026-12-07"},
		"a time of day, which stays the same after a clock change": {taskapi.CreateTaskRequest{DueAt: at("2027-02-28T08:00:00Z"), Recurrence: new("FREQ=MONTHLY")}, "2027-03-28T07:00:00Z"},
		"the last of a count":                                      {taskapi.CreateTaskRequest{DueOn: new("2026-11-30"), Recurrence: new("FREQ=DAILY;COUNT=1")}, ""},
		"the last before the end":                                  {taskapi.CreateTaskRequest{DueOn: new("2026-11-30"), Recurrence: new("FREQ=DAILY;UNTIL=20261130")}, ""},
		"no recurrence":                                            {taskapi.CreateTaskRequest{DueOn: new("2026-11-30")}, ""},
	} {
		tc.req.Title = name
		done := write(t, s, alice, complete(mustCreate(t, s, alice, tc.req).ID), nil)
		got := ""
		if done.NextID != nil {
			next := mustGet(t, s, alice, *done.NextID)
			if got = next.DueAt.Format(time.RFC3339); next.DueOn != nil {
				got = *next.DueOn
			}
		}
		if got != tc.want {
			t.Errorf("%s: the successor is due %q, want %q", name, got, tc.want)
		}
	}
}

// TestSuccessor_OnlyOfADirectCompletion checks that a creation, a cascade, and the completion of
// a task that has a successor add none.
func TestSuccessor_OnlyOfADirectCompletion(t *testing.T) {
	t.Parallel()
	s := openOn(t, storetest.NewDatabase(t), monday, store.Config{})
	created := weekly("created completed")
	created.Completed = true
	if task := mustCreate(t, s, alice, created); task.NextID != nil {
		t.Error("a task that is created completed has a successor")
	}
	parent := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "parent"})
	child := weekly("child")
	child.ParentID = &parent.ID
	sub := mustCreate(t, s, alice, child)
	write(t, s, alice, complete(parent.ID), nil)
	if got := mustGet(t, s, alice, sub.ID); !got.Completed || got.NextID != nil {
		t.Errorf("completed with its parent, the task is %+v", got)
	}

	write(t, s, alice, reopen(sub.ID), nil)
	first := write(t, s, alice, complete(sub.ID), nil)
	next := mustGet(t, s, alice, *first.NextID)
	if *next.ParentID != parent.ID || next.Completed || mustGet(t, s, alice, parent.ID).Completed {
		t.Errorf("the successor of a sub-task is %+v", next)
	}
	write(t, s, alice, update(uuid.MustParse(next.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("changed")}), nil)
	for range 2 {
		if open := write(t, s, alice, reopen(sub.ID), nil); open.NextID == nil || *open.NextID != next.ID {
			t.Errorf("reopened, the successor is %v", open.NextID)
		}
		if done := write(t, s, alice, complete(sub.ID), nil); *done.NextID != next.ID {
			t.Errorf("completed again, the successor is %s", *done.NextID)
		}
	}
	if n := len(mustList(t, s, alice, taskapi.ListTasksOptions{ParentID: parent.ID}).Tasks); n != 2 {
		t.Errorf("there are %d sub-tasks, want 2", n)
	}
}

// TestSuccessor_IsInTheListThatTheTaskMovesTo checks that the successor is in the list that the task moves
// to, and that the tasks above the successor are reopened.
func TestSuccessor_IsInTheListThatTheTaskMovesTo(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := openOn(t, db, monday, store.Config{})
	list := makeList(t, s, alice, taskapi.CreateListRequest{Name: "Garden"}).String()
	done := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "done", ListID: &list, Completed: true})
	task := mustCreate(t, s, alice, weekly("a"))
	sub := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "b", ParentID: &task.ID})
	got := write(t, s, alice, update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{
		Completed: taskapi.Some(true), ParentID: taskapi.Some(&done.ID), DueOn: taskapi.Some(new("2026-12-01")),
	}), nil)
	next := mustGet(t, s, alice, *got.NextID)
	if *next.ParentID != done.ID || *next.ListID != list || *next.DueOn != "2026-12-08" {
		t.Errorf("the successor is %+v", next)
	}
	if mustGet(t, s, alice, done.ID).Completed || !mustGet(t, s, alice, sub.ID).Completed {
		t.Error("the parent is not open, or the sub-task is not completed")
	}
	checkRules(t, db)
}

// TestReopening_ErasesOnlyAnUntouchedSuccessor checks which successors are erased when the task is reopened.
func TestReopening_ErasesOnlyAnUntouchedSuccessor(t *testing.T) {
	t.Parallel()
	s := openOn(t, storetest.NewDatabase(t), monday, store.Config{})
	for name, tc := range map[string]struct {
		touch func(next, copied string) store.Operation
		// stays says that the successor is not erased, and that the task keeps its nextId.
		stays bool
	}{
		"nothing": {nil, false},
		"the successor is changed": {func(next, _ string) store.Operation {
			return update(uuid.MustParse(next), taskapi.UpdateTaskRequest{Priority: taskapi.Some(taskapi.Low)})
		}, true},
		"a copy is completed": {func(_, copied string) store.Operation { return complete(copied) }, true},
		"a copy is deleted":   {func(_, copied string) store.Operation { return trash(uuid.MustParse(copied)) }, true},
		"a copy is erased":    {func(_, copied string) store.Operation { return erase(uuid.MustParse(copied)) }, false},
		"a sub-task is added": {func(next, _ string) store.Operation {
			return create(taskapi.CreateTaskRequest{Title: "new", ParentID: &next})
		}, true},
		"the successor is in the trash": {func(next, _ string) store.Operation { return trash(uuid.MustParse(next)) }, true},
		"the successor is erased":       {func(next, _ string) store.Operation { return erase(uuid.MustParse(next)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			task := mustCreate(t, s, alice, weekly(name))
			mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "sub", ParentID: &task.ID})
			next := *write(t, s, alice, complete(task.ID), nil).NextID
			copied := mustList(t, s, alice, taskapi.ListTasksOptions{ParentID: next}).Tasks[0].ID
			if tc.touch != nil {
				write(t, s, alice, tc.touch(next, copied), nil)
			}
			open := write(t, s, alice, reopen(task.ID), nil)
			if (open.NextID != nil) != tc.stays {
				t.Errorf("the successor is %v", open.NextID)
			}
			if _, err := s.Get(t.Context(), alice, taskapi.KindTask, uuid.MustParse(next)); (err == nil) != tc.stays {
				t.Errorf("reading the successor: got %v", err)
			}
			if _, err := s.Get(t.Context(), alice, taskapi.KindTask, uuid.MustParse(copied)); !tc.stays && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("reading a copy: got %v", err)
			}
		})
	}
}

func TestSuccessor_IsAddedAndErasedWithinABatch(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := openOn(t, db, monday, store.Config{})
	var ops []store.Operation
	var tasks []taskapi.Task
	for i := range 3 {
		task := mustCreate(t, s, alice, weekly(fmt.Sprint(i)))
		tasks = append(tasks, task)
		mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "sub", ParentID: &task.ID})
		ops = append(ops, complete(task.ID))
	}
	// The first is reopened and completed again, the second stays open.
	ops = append(ops, reopen(tasks[0].ID), reopen(tasks[1].ID), complete(tasks[0].ID))
	key := &store.IdempotencyKey{Key: "batch"}
	out, err := s.Batch(t.Context(), alice, ops, key)
	if err != nil {
		t.Fatal(err)
	}
	replayed, err := s.Batch(t.Context(), alice, ops, key)
	if err != nil || !replayed.Replayed || !cmp.Equal(out.Resources, replayed.Resources) {
		t.Errorf("replayed: %v\n%s", err, cmp.Diff(out.Resources, replayed.Resources))
	}
	var hasSuccessor []bool
	for _, r := range out.Resources {
		hasSuccessor = append(hasSuccessor, r.Data.(taskapi.Task).NextID != nil)
	}
	if !slices.Equal(hasSuccessor, []bool{true, false, true, true, false, true}) {
		t.Errorf("which tasks have a successor: %v", hasSuccessor)
	}
	got := titles(mustList(t, s, alice, taskapi.ListTasksOptions{ParentID: taskapi.NoParent, Sort: taskapi.ManualOrder}).Tasks)
	if strings.Join(got, " ") != "0 0 1 2 2" {
		t.Errorf("the tasks are %q", got)
	}
	checkUsage(t, db, "at the end")
	checkRules(t, db)
}

// TestSuccessor_IsOneForConcurrentCompletions makes devices complete one task concurrently.
func TestSuccessor_IsOneForConcurrentCompletions(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	replicas := []*store.Store{storetest.Open(t, store.Config{URL: db.URL}), storetest.Open(t, store.Config{URL: db.URL})}
	task := mustCreate(t, replicas[0], alice, weekly("a"))
	var devices sync.WaitGroup
	next := make([]string, 8)
	for i := range next {
		devices.Go(func() {
			var key *store.IdempotencyKey
			if i%2 == 0 {
				key = &store.IdempotencyKey{Key: fmt.Sprint(i / 4)}
			}
			out, err := replicas[i%2].Write(t.Context(), alice, complete(task.ID), key)
			if err != nil {
				t.Error(err)
				return
			}
			next[i] = *out.Resources[0].Data.(taskapi.Task).NextID
		})
	}
	devices.Wait()
	if slices.Sort(next); next[0] != next[len(next)-1] {
		t.Errorf("the successors are %q", next)
	}
	if n := len(mustList(t, replicas[0], alice, taskapi.ListTasksOptions{}).Tasks); n != 2 {
		t.Errorf("there are %d tasks, want 2", n)
	}
}
