package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestAgenda(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	end := now.Add(48 * time.Hour)
	// createDue creates n tasks that are due from a time on, at intervals of a second.
	createDue := func(t *testing.T, s *store.Store, from time.Time, n int, task taskapi.CreateTaskRequest) {
		for i := 0; i < n; i += 10 {
			var ops []store.Operation
			for j := i; j < min(i+10, n); j++ {
				task.DueAt = new(from.Add(time.Duration(j) * time.Second))
				ops = append(ops, create(task))
			}
			if _, err := s.Batch(t.Context(), alice, ops, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	open := func(t *testing.T) *store.Store {
		t.Helper()
		return storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, Now: func() time.Time { return now }})
	}
	read := func(t *testing.T, s *store.Store) (agenda taskapi.Agenda, next []taskapi.Task) {
		t.Helper()
		agenda, err := s.Agenda(t.Context(), alice, time.UTC, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range agenda.Days {
			next = append(next, day.Tasks...)
		}
		all := slices.Concat(agenda.Overdue, next)
		if !slices.IsSortedFunc(all, func(a, b taskapi.Task) int { return a.DueAt.Compare(*b.DueAt) }) {
			t.Error("the tasks are not in the order of their due dates")
		}
		return agenda, next
	}

	t.Run("has the open tasks before the end", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		createDue(t, s, now.Add(-time.Hour), 2, taskapi.CreateTaskRequest{Title: "overdue"})
		createDue(t, s, now, 3, taskapi.CreateTaskRequest{Title: "next"})
		createDue(t, s, end, 4, taskapi.CreateTaskRequest{Title: "later"})
		createDue(t, s, now, 5, taskapi.CreateTaskRequest{Title: "done", Completed: true})
		mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "some day"})
		mustCreate(t, s, bob, taskapi.CreateTaskRequest{Title: "another user's", DueAt: &now})
		deleted := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "deleted", DueAt: &now})
		write(t, s, alice, trash(uuid.MustParse(deleted.ID)), nil)
		agenda, next := read(t, s)
		if len(agenda.Overdue) != 2 || len(next) != 3 || agenda.Later != 4 || agenda.Undated != 1 || agenda.Truncated {
			t.Errorf("%d overdue, %d next, %d later, %d undated, truncated: %t", len(agenda.Overdue), len(next), agenda.Later, agenda.Undated, agenda.Truncated)
		}
	})

	t.Run("has at most 1000 overdue tasks and 1000 others", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		createDue(t, s, now.Add(-time.Hour), 1010, taskapi.CreateTaskRequest{Title: "overdue"})
		createDue(t, s, now, 1020, taskapi.CreateTaskRequest{Title: "next"})
		agenda, next := read(t, s)
		if len(agenda.Overdue) != 1000 || len(next) != 1000 || agenda.Later != 30 || !agenda.Truncated {
			t.Errorf("%d overdue, %d next, %d later, truncated: %t", len(agenda.Overdue), len(next), agenda.Later, agenda.Truncated)
		}
	})

	for name, character := range map[string]string{"emoji": "🎉", "control characters": "\x01"} {
		t.Run("has at most 1.5 MiB of large tasks: "+name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			createDue(t, s, now.Add(-time.Hour), 30, largest(0, character))
			createDue(t, s, now, 30, largest(0, character))
			agenda, next := read(t, s)
			listed := len(agenda.Overdue) + len(next)
			if bytes := size(t, slices.Concat(agenda.Overdue, next)); len(agenda.Overdue) == 0 || len(next) == 0 || bytes > 1500<<10 || agenda.Later != int64(60-listed) {
				t.Errorf("%d overdue, %d next, %d bytes, %d later", len(agenda.Overdue), len(next), bytes, agenda.Later)
			}
		})
	}
}
