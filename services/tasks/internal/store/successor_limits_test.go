package store_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestSuccessor_HasNoRoom checks that a completion that would exceed the quota changes
// nothing.
func TestSuccessor_HasNoRoom(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	task := mustCreate(t, openOn(t, db, monday, store.Config{}), alice, weekly("a"))
	mustCreate(t, openOn(t, db, monday, store.Config{}), alice, taskapi.CreateTaskRequest{Title: "b", ParentID: &task.ID})
	for name, config := range map[string]store.Config{
		"for the successor":    {MaxResources: 2},
		"for the copy":         {MaxResources: 3},
		"for their bytes":      {MaxBytes: 350},
		"for the copy's bytes": {MaxBytes: 400},
	} {
		s := openOn(t, db, monday, config)
		if _, err := s.Write(t.Context(), alice, complete(task.ID), nil); !errors.Is(err, store.ErrFull) {
			t.Errorf("no room %s: got %v, want ErrFull", name, err)
		}
		if got := mustGet(t, s, alice, task.ID); got.Completed || got.Version != 1 {
			t.Errorf("no room %s: the task is %+v", name, got)
		}
		checkUsage(t, db, name)
	}
	write(t, openOn(t, db, monday, store.Config{MaxResources: 4, MaxBytes: 1000}), alice, complete(task.ID), nil)
	checkUsage(t, db, "with room")
}

// TestSuccessor_TakesFewStatements completes and reopens a task with ten thousand
// sub-tasks. The number of statements and round trips must not depend on the number of
// sub-tasks, and their content is not read.
func TestSuccessor_TakesFewStatements(t *testing.T) {
	t.Parallel()
	const many = 10_000
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			count := &batchCounter{recorder: recorder{texts: map[string][]any{}}}
			s := openOn(t, db, monday, store.Config{Tracer: count})
			task := mustCreate(t, s, alice, weekly("a"))
			asOwner(t, db, fmt.Sprintf(fillList, uuid.Nil, many))
			asOwner(t, db, "ANALYZE tasklane.tasks") // the planner's statistics have no sub-tasks
			asOwner(t, db, "UPDATE tasklane.tasks SET description = repeat('x', 10000), size = size + 10000, parent_id = '"+task.ID+"' WHERE title = 'a' AND recurrence = ''")
			asOwner(t, db, fmt.Sprintf("UPDATE tasklane.user_state SET bytes = bytes + 10000 * %d", many))
			for _, step := range []struct {
				op      store.Operation
				analyze bool
				trips   int
				tasks   int64
			}{
				{complete(task.ID), false, 5, 2*many + 2},
				{reopen(task.ID), true, 5, many + 1},
				{complete(task.ID), true, 5, 2*many + 2},
				{reopen(task.ID), false, 5, many + 1},
			} {
				if step.analyze {
					asOwner(t, db, "ANALYZE tasklane.tasks") // most tasks have one parent
				}
				count.sent, count.texts = 0, map[string][]any{}
				var before, afterwards runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				write(t, s, alice, step.op, nil)
				runtime.ReadMemStats(&afterwards)
				t.Logf("%d sub-tasks took %v and %d KiB", many, time.Since(began), (afterwards.TotalAlloc-before.TotalAlloc)>>10)
				if count.sent > step.trips || len(count.texts) > 25 {
					t.Errorf("%d round trips and %d statements", count.sent, len(count.texts))
				}
				for text := range count.texts {
					if strings.HasPrefix(text, "SELECT") && strings.Contains(text, "description") && !strings.Contains(text, "id = $2") && !strings.HasSuffix(text, "LIMIT 1") {
						t.Errorf("reads many tasks:\n%s", text)
					}
				}
				if usage := checkUsage(t, db, "of many"); usage.Resources != step.tasks {
					t.Errorf("%d resources, want %d", usage.Resources, step.tasks)
				}
			}
		})
	}
}

// TestSuccessor_IsAddedOnceDespiteLostConnections cuts the connection at each point of completing and
// reopening a task. Then the request is sent again; with a key, the store does that itself.
func TestSuccessor_IsAddedOnceDespiteLostConnections(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	gate := startGate(t, db.URL)
	s := storetest.Open(t, store.Config{URL: gate.url + "&pool_max_conns=1", Pooled: db.Pooled})
	task := mustCreate(t, s, alice, weekly("a"))
	mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "b", ParentID: &task.ID})
	write(t, s, alice, complete(task.ID), nil) // prepares its statements
	write(t, s, alice, reopen(task.ID), nil)
	lost := 0
	const responses = 3000 // bytes that the database sends for one write
	for _, withKey := range []bool{true, false} {
		for bytes := int64(0); bytes < responses; bytes += 200 {
			for _, op := range []store.Operation{complete(task.ID), reopen(task.ID)} {
				var key *store.IdempotencyKey
				if withKey {
					key = &store.IdempotencyKey{Key: uuid.NewString()}
				}
				gate.cutAfter(bytes)
				_, err := s.Write(t.Context(), alice, op, key)
				if !withKey && errors.Is(err, store.ErrUnavailable) {
					lost++
					_, err = s.Write(t.Context(), alice, op, nil)
				}
				if err != nil {
					t.Fatalf("cut after %d bytes, with a key %t: %v", bytes, withKey, err)
				}
				gate.closeAll() // so that the next write uses a new connection
				completed := op.Data.(taskapi.UpdateTaskRequest).Completed.Value
				want := 2
				if completed {
					want = 4
				}
				got := mustList(t, s, alice, taskapi.ListTasksOptions{}).Tasks
				if next := mustGet(t, s, alice, task.ID).NextID; len(got) != want || (next != nil) != completed {
					t.Fatalf("cut after %d bytes, with a key %t: there are %d tasks, want %d, and %v follows", bytes, withKey, len(got), want, next)
				}
			}
		}
	}
	if t.Logf("counted: connections cut %d", lost); lost < 10 {
		t.Errorf("only %d connections were cut", lost)
	}
	checkUsage(t, db, "at the end")
}
