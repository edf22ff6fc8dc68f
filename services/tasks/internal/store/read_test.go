package store_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestLanes_ServePointReadsAndPlainPages checks which reads use lanes, and with which settings.
func TestLanes_ServePointReadsAndPlainPages(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.DirectURL}) // no lanes behind a pooler
	task := uuid.MustParse(mustCreate(t, s, alice, full()).ID)
	mustCreate(t, s, alice, full())

	for name, want := range map[string]string{"plan_cache_mode": "force_generic_plan", "statement_timeout": "10s", "app.user_id": alice} {
		if got, err := s.LaneSetting(t.Context(), alice, name); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	first := mustList(t, s, alice, taskapi.ListTasksOptions{Limit: 1})
	for _, tc := range []struct {
		name  string
		lanes int64
		read  func() error
	}{
		{"get", 1, func() error { _, err := s.Get(t.Context(), alice, taskapi.KindTask, task); return err }},
		{"a page", 1, list(t, s, taskapi.ListTasksOptions{Limit: 50})},
		{"a page in another order", 1, list(t, s, taskapi.ListTasksOptions{Limit: 50, Sort: taskapi.DueSoonest})},
		{"the next page", 1, list(t, s, taskapi.ListTasksOptions{Limit: 1, Cursor: first.NextCursor})},
		{"a large page", 0, list(t, s, taskapi.ListTasksOptions{Limit: 51})},
		{"a page in an order without an index", 0, list(t, s, taskapi.ListTasksOptions{Limit: 50, Sort: taskapi.TitleAscending})},
		{"a search", 0, list(t, s, taskapi.ListTasksOptions{Limit: 50, Query: "x"})},
		{"a filter", 0, list(t, s, taskapi.ListTasksOptions{Limit: 50, Completed: new(true)})},
		{"the trash", 0, list(t, s, taskapi.ListTasksOptions{Limit: 50, Deleted: true})},
		{"changes", 0, func() error { _, err := s.Changes(t.Context(), alice, after(0), 10); return err }},
		{"a creation", 0, func() error { _, err := s.Write(t.Context(), alice, create(full()), nil); return err }},
		{"an update", 1, func() error {
			_, err := s.Write(t.Context(), alice, update(task, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}), nil)
			return err
		}},
	} {
		before := s.LaneStat()
		if err := tc.read(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if sent := s.LaneStat().Sent - before.Sent; sent != tc.lanes {
			t.Errorf("%s: %d reads over lanes, want %d", tc.name, sent, tc.lanes)
		}
	}
	if stat := s.LaneStat(); stat.Connections != 1 || stat.Waiting != 0 {
		t.Errorf("%+v; want one connection, because the reads were sequential", stat)
	}
}

func list(t *testing.T, s *store.Store, options taskapi.ListTasksOptions) func() error {
	return func() error { _, err := s.ListTasks(t.Context(), alice, options); return err }
}

func TestLanes_AreNotUsedBehindAPooler(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL, Pooled: true})
	task := mustCreate(t, s, alice, full())
	if _, err := s.Get(t.Context(), alice, taskapi.KindTask, uuid.MustParse(task.ID)); err != nil {
		t.Error(err)
	}
	if stat := s.LaneStat(); stat != (store.LaneStat{}) {
		t.Errorf("%+v, want none", stat)
	}
}

// TestLanes_SeparateUsers makes many users read their own tasks and those of others, over
// the same two connections.
func TestLanes_SeparateUsers(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.DirectURL})
	const users = 12
	ids := make([]uuid.UUID, users)
	name := func(n int) string { return fmt.Sprintf("user%d", n) }
	for n := range users {
		ids[n] = uuid.MustParse(mustCreate(t, s, name(n), taskapi.CreateTaskRequest{Title: name(n)}).ID)
	}
	var group errgroup.Group
	for n := range users {
		group.Go(func() error {
			for step := range 50 {
				owner := (n + step) % users
				got, err := s.TitleByRLS(t.Context(), name(n), ids[owner])
				if want := map[bool]string{true: name(n)}[owner == n]; got != want || err != nil {
					return fmt.Errorf("user %d read the task of user %d: %q, %w", n, owner, got, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if stat := s.LaneStat(); stat.Connections != 2 || stat.Flushes == stat.Sent {
		t.Errorf("%+v; want two connections and shared flushes", stat)
	}
}
