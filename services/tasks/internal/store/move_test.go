package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func move(id string, to taskapi.MoveTaskRequest) store.Operation {
	return store.Operation{Op: taskapi.BatchMove, Kind: taskapi.KindTask, ID: uuid.MustParse(id), Data: to}
}

func placeAfter(id string) taskapi.MoveTaskRequest {
	return taskapi.MoveTaskRequest{After: taskapi.Some(&id)}
}

// TestMove_SpreadsPositions moves tasks to places without a free position: between two long
// positions, and between two equal ones.
func TestMove_SpreadsPositions(t *testing.T) {
	t.Parallel()
	for name, positions := range map[string][3]string{
		"long": {"A", "A" + strings.Repeat("0", position.MaxLength-2) + "1", "B"},
		"same": {"A", "A", "B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.NewDatabase(t)
			s := storetest.Open(t, store.Config{URL: db.URL})
			var ids [4]string
			for i := range ids {
				ids[i] = mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: fmt.Sprint(i)}).ID
				if i < len(positions) {
					asOwner(t, db, fmt.Sprintf("UPDATE tasklane.tasks SET position = '%s' WHERE id = '%s'", positions[i], ids[i]))
				}
			}
			out, err := s.Batch(t.Context(), alice, []store.Operation{
				update(uuid.MustParse(ids[1]), taskapi.UpdateTaskRequest{Description: taskapi.Some("first of the batch")}), // 5
				move(ids[3], placeAfter(ids[0])), // 6 to 8 and 9
			}, &store.IdempotencyKey{Key: "k"})
			if err != nil {
				t.Fatal(err)
			}
			list := mustList(t, s, alice, taskapi.ListTasksOptions{Sort: taskapi.ManualOrder})
			if got := strings.Join(titles(list.Tasks), ""); got != "0312" {
				t.Errorf("the order is %s, want 0312", got)
			}
			versions := map[string]int64{"0": 2, "1": 3, "2": 2, "3": 2}
			for _, task := range list.Tasks {
				if len(task.Position) > 22 || task.Version != versions[task.Title] || task.Version > 1 && !task.UpdatedAt.After(task.CreatedAt) {
					t.Errorf("after the move: %+v", task)
				}
			}
			for i, at := range []int{2, 1} { // the outcome has the state after the whole batch
				if diff := cmp.Diff(list.Tasks[at], out.Resources[i].Data.(taskapi.Task)); diff != "" {
					t.Errorf("outcome %d (-listed +returned):\n%s", i, diff)
				}
			}
			page, err := s.Changes(t.Context(), alice, after(4), 10)
			if err != nil || len(page.Changes) != 4 || page.Changes[0].Seq != 6 || page.Changes[3].Seq != 9 || page.Changes[3].ID != ids[3] {
				t.Errorf("the changes: %+v, %v; want 6 to 9, the moved task last", page, err)
			}
		})
	}
}

// TestMove_SpreadsResourcesOfTheSameBatch checks that the response has the positions of
// resources that the batch has created and then given new positions.
func TestMove_SpreadsResourcesOfTheSameBatch(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	var ids [3]string
	for i, position := range []string{"A", "A", "B"} {
		ids[i] = mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: fmt.Sprint(i)}).ID
		asOwner(t, db, fmt.Sprintf("UPDATE tasklane.tasks SET position = '%s' WHERE id = '%s'", position, ids[i]))
	}
	out, err := s.Batch(t.Context(), alice, []store.Operation{
		create(taskapi.CreateTaskRequest{Title: "new"}),
		move(ids[2], placeAfter(ids[0])),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(titles(mustList(t, s, alice, taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}).Tasks), ""); got != "new021" {
		t.Errorf("the order is %s, want new021", got)
	}
	for _, r := range out.Resources {
		if diff := cmp.Diff(mustGet(t, s, alice, r.ID.String()), r.Data.(taskapi.Task)); diff != "" {
			t.Errorf("the outcome (-read +returned):\n%s", diff)
		}
	}
}

// batchCounter counts the batches that are sent, each of which is one round trip.
type batchCounter struct {
	recorder
	sent int
}

func (c *batchCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.sent++
	return ctx
}

// TestWrites_TakeFewRoundTrips counts the round trips of writes, without reads over lanes.
func TestWrites_TakeFewRoundTrips(t *testing.T) {
	t.Parallel()
	count := &batchCounter{recorder: recorder{texts: map[string][]any{}}}
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL, Tracer: count})
	task, other := mustCreate(t, s, alice, full()), mustCreate(t, s, alice, full())
	list := makeList(t, s, alice, taskapi.CreateListRequest{Name: "Garden"})
	recurring := mustCreate(t, s, alice, weekly("a"))
	for _, tc := range []struct {
		name string
		op   store.Operation
		want int
	}{
		{"a creation", create(full()), 1},
		{"a creation in a list", create(taskapi.CreateTaskRequest{Title: "a", ListID: new(list.String())}), 1},
		{"an update", update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("new")}), 1},
		{"a move", move(task.ID, placeAfter(other.ID)), 3},
		{"a creation that recurs", create(weekly("a")), 1},
		{"the completion of a recurring task", complete(recurring.ID), 5},
		{"reopening it", reopen(recurring.ID), 4},
	} {
		if db.Pooled && tc.op.Op == taskapi.BatchUpdate && tc.want == 1 {
			tc.want = 2 // without lanes
		}
		count.sent = 0
		write(t, s, alice, tc.op, &store.IdempotencyKey{Key: tc.name})
		if count.sent != tc.want {
			t.Errorf("%s takes %d round trips, want %d", tc.name, count.sent, tc.want)
		}
	}
}
