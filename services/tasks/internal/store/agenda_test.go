package store_test

import (
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
	read := func(t *testing.T, s *store.Store) (agenda store.Agenda, overdue, next int) {
		t.Helper()
		agenda, err := s.Agenda(t.Context(), alice, now, time.UTC, func(*time.Location) time.Time { return end })
		if err != nil {
			t.Fatal(err)
		}
		for i, task := range agenda.Tasks {
			if i > 0 && task.DueAt.Before(*agenda.Tasks[i-1].DueAt) {
				t.Errorf("task %d comes after a later one", i)
			}
			if task.DueAt.Before(now) {
				overdue++
			} else {
				next++
			}
		}
		return agenda, overdue, next
	}

	t.Run("has the open tasks before the end", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		createDue(t, s, now.Add(-time.Hour), 2, taskapi.CreateTaskRequest{Title: "overdue"})
		createDue(t, s, now, 3, taskapi.CreateTaskRequest{Title: "next"})
		createDue(t, s, end, 4, taskapi.CreateTaskRequest{Title: "later"})
		createDue(t, s, now, 5, taskapi.CreateTaskRequest{Title: "done", Completed: true})
		mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "some day"})
		mustCreate(t, s, bob, taskapi.CreateTaskRequest{Title: "another user's", DueAt: &now})
		deleted := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "deleted", DueAt: &now})
		write(t, s, alice, trash(uuid.MustParse(deleted.ID)), nil)
		agenda, overdue, next := read(t, s)
		if overdue != 2 || next != 3 || agenda.Before != 5 || agenda.After != 4 || agenda.Undated != 1 {
			t.Errorf("%d overdue, %d next, %d before, %d after, %d undated", overdue, next, agenda.Before, agenda.After, agenda.Undated)
		}
	})

	t.Run("has at most 1000 overdue tasks and 1000 others", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		createDue(t, s, now.Add(-time.Hour), 1010, taskapi.CreateTaskRequest{Title: "overdue"})
		createDue(t, s, now, 1020, taskapi.CreateTaskRequest{Title: "next"})
		agenda, overdue, next := read(t, s)
		if overdue != 1000 || next != 1000 || agenda.Before != 2030 {
			t.Errorf("%d overdue, %d next, %d before", overdue, next, agenda.Before)
		}
	})

	for name, character := range map[string]string{"emoji": "🎉", "control characters": "\x01"} {
		t.Run("has at most 1.5 MiB of large tasks: "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			createDue(t, s, now.Add(-time.Hour), 30, largest(0, character))
			createDue(t, s, now, 30, largest(0, character))
			agenda, overdue, next := read(t, s)
			if bytes := size(t, agenda.Tasks); overdue == 0 || next == 0 || bytes > 1500<<10 || agenda.Before != 60 {
				t.Errorf("%d overdue, %d next, %d bytes, %d before", overdue, next, bytes, agenda.Before)
			}
		})
	}
}
