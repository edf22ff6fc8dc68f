package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestUpdate_DuringAnotherChange commits another change of the same task after an update has
// read the task and before it has the user's lock.
func TestUpdate_DuringAnotherChange(t *testing.T) {
	t.Parallel()
	const changed = `UPDATE tasklane.tasks SET title = 'theirs', size = 100 + 6 + octet_length(description) + octet_length(array_to_string(tags, '')),
		version = version + 1, seq = (SELECT seq FROM tasklane.user_state WHERE user_id = tasks.user_id)`
	for name, form := range forms {
		for _, tc := range []struct {
			name, other string
			op          func(id uuid.UUID) store.Operation
			// version and title are the final ones; without a title, the write fails with err.
			version int64
			title   string
			err     error
		}{
			{"both changes stay", changed, func(id uuid.UUID) store.Operation {
				return update(id, taskapi.UpdateTaskRequest{Priority: taskapi.Some(taskapi.Urgent)})
			}, 3, "theirs", nil},
			{"the later title wins", changed, func(id uuid.UUID) store.Operation {
				return update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("ours")})
			}, 3, "ours", nil},
			{"an update to the same content changes nothing", changed, func(id uuid.UUID) store.Operation {
				return update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("theirs")})
			}, 2, "theirs", nil},
			{"an update with a precondition fails", changed, func(id uuid.UUID) store.Operation {
				return ifVersion(update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("ours")}), 1)
			}, 2, "", store.ErrVersionConflict},
			{"a deletion succeeds", changed, trash, 3, "theirs", nil},
			{"an update of a deleted task fails", changed + ", deleted_at = now()", func(id uuid.UUID) store.Operation {
				return update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("ours")})
			}, 2, "", store.ErrNotFound},
			{"an update of an erased task fails", `WITH gone AS (DELETE FROM tasklane.tasks), tombstone AS (
					INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at) SELECT user_id, 'task', gen_random_uuid(), seq, now() FROM tasklane.user_state
				)
				UPDATE tasklane.user_state SET resources = 0`, func(id uuid.UUID) store.Operation {
				return update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("ours")})
			}, 0, "", store.ErrNotFound},
		} {
			t.Run(name+", "+tc.name, func(t *testing.T) {
				t.Parallel()
				db := form(t)
				s := storetest.Open(t, store.Config{URL: db.URL, Pooled: db.Pooled})
				if err := s.CheckVersion(t.Context()); err != nil { // detects the form of the schema
					t.Fatal(err)
				}
				id := uuid.MustParse(mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "a"}).ID)
				release := beginOtherChange(t, db, tc.other)
				done := make(chan error, 1)
				go func() {
					_, err := s.Write(t.Context(), alice, tc.op(id), &store.IdempotencyKey{Key: "k"})
					done <- err
				}()
				awaitWaiters(t, db, 1, 0)
				release()
				if err := <-done; !errors.Is(err, tc.err) {
					t.Fatalf("%v, want %v", err, tc.err)
				}
				changes := int64(2) // the creation and the other change
				if tc.err == nil && tc.version == 3 {
					changes++
				}
				const state = `SELECT s.seq || ' ' || coalesce((SELECT t.seq || ' ' || version || ' ' || title FROM tasklane.tasks t WHERE t.user_id = s.user_id), 'gone') FROM tasklane.user_state s`
				title := tc.title
				if tc.err != nil {
					title = "theirs"
				}
				want := fmt.Sprintf("%d %d %d %s", changes, changes, tc.version, title)
				if tc.version == 0 {
					want = "2 gone"
				}
				if got := queryAsOwner(t, db, state); got != want {
					t.Errorf("latest change, the task's, its version and title are %q, want %q", got, want)
				}
				checkUsage(t, db, "at the end")
			})
		}
	}
}

// beginOtherChange counts a change of alice's and executes the statement that makes it, in a
// transaction that stays open until release commits it.
func beginOtherChange(t *testing.T, db storetest.Database, statement string) (release func()) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	for _, sql := range []string{"BEGIN", "UPDATE tasklane.user_state SET seq = seq + 1", statement, "UPDATE tasklane.user_state s SET bytes = coalesce((SELECT sum(size) FROM tasklane.tasks), 100)"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
			t.Error(err)
		}
	}
}

// TestUpdate_LostConnections cuts the connections at each point of an update. The store
// sends it again if it has a key; without one, it happens once or not at all.
func TestUpdate_LostConnections(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	gate := startGate(t, db.URL)
	s := storetest.Open(t, store.Config{URL: gate.url + "&pool_max_conns=1", Pooled: db.Pooled})
	task := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "a"})
	id, version := uuid.MustParse(task.ID), task.Version
	// step is shorter than any message, so that a cut is in each part of the exchange.
	const responses, step = 2000, 40
	lost, cut := 0, 0
	for _, withKey := range []bool{true, false} {
		for bytes := int64(0); bytes < responses; bytes += step {
			title := fmt.Sprintf("%t %d", withKey, bytes)
			op := update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some(title)})
			var key *store.IdempotencyKey
			if withKey {
				key = &store.IdempotencyKey{Key: uuid.NewString()}
			}
			gate.cutAfter(bytes)
			_, err := s.Write(t.Context(), alice, op, key)
			if gate.cut.Swap(-1) < 0 {
				cut++
			}
			got := mustGet(t, s, alice, task.ID)
			switch {
			case err == nil || withKey && errors.Is(err, store.ErrInProgress):
				if got.Title != title || got.Version != version+1 {
					t.Fatalf("cut after %d bytes, with a key %t: %+v, want %q in version %d", bytes, withKey, got, title, version+1)
				}
			case withKey || !errors.Is(err, store.ErrUnavailable):
				t.Fatalf("cut after %d bytes, with a key %t: %v", bytes, withKey, err)
			default:
				if lost++; got.Version != version && (got.Version != version+1 || got.Title != title) {
					t.Fatalf("cut after %d bytes: %+v after version %d", bytes, got, version)
				}
			}
			version = got.Version
			if state := queryAsOwner(t, db, "SELECT seq::text FROM tasklane.user_state"); state != fmt.Sprint(version) {
				t.Fatalf("cut after %d bytes, with a key %t: %s changes up to version %d", bytes, withKey, state, version)
			}
		}
	}
	if t.Logf("counted: connections cut %d, writes lost %d", cut, lost); cut < 20 || lost < 3 {
		t.Errorf("only %d connections were cut, and %d writes lost", cut, lost)
	}
	checkUsage(t, db, "at the end")
}

// TestUpdate_WithoutChangesHasNoNumber checks that an update that changes nothing is stored under
// its key but gets no change number.
func TestUpdate_WithoutChangesHasNoNumber(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL, Pooled: db.Pooled})
	id := uuid.MustParse(mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "a"}).ID)
	op := update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("a")})
	key := &store.IdempotencyKey{Key: "k"}
	for _, k := range []*store.IdempotencyKey{nil, key} {
		if got := write(t, s, alice, op, k); got.Version != 1 {
			t.Errorf("with key %v: version %d, want 1", k, got.Version)
		}
	}
	if _, err := s.Write(t.Context(), alice, ifVersion(op, 2), nil); !errors.Is(err, store.ErrVersionConflict) {
		t.Errorf("with another version: %v, want ErrVersionConflict", err)
	}
	write(t, s, alice, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("b")}), nil)
	out, err := s.Write(t.Context(), alice, op, key)
	if err != nil || !out.Replayed || out.Resources[0].Version != 1 {
		t.Errorf("a repeated request: %+v, %v; want the first response", out, err)
	}
	if got := queryAsOwner(t, db, "SELECT seq::text FROM tasklane.user_state"); got != "2" {
		t.Errorf("%s changes, want 2", got)
	}
	checkUsage(t, db, "at the end")
}
