package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestOutage_OfAWorkerEndsOnlyWithTime checks that requests to a Citus worker that has been down
// for long fail at once even after other users have succeeded, while an outage of the whole
// database ends with the first success.
func TestOutage_OfAWorkerEndsOnlyWithTime(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault pgconn.PgError
		again bool
	}{
		{"a worker is down", pgconn.PgError{Code: "08006", Message: "connection to the remote node worker:5432 failed"}, false},
		{"a worker dies while a transaction commits", pgconn.PgError{Code: "XX000", Message: "could not commit transaction for shard 102008 on at least one active node"}, false},
		{"the database starts", pgconn.PgError{Code: "57P03"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var o store.Outage
			failed := store.MapError(&tc.fault)
			if long := time.Now().Add(-time.Minute); o.Again(t.Context(), failed, long) {
				t.Error("an operation that has failed for a minute is retried")
			}
			o.Responded() // another user succeeds
			if again := o.Again(t.Context(), failed, time.Now()); again != tc.again {
				t.Errorf("the next operation is retried: %t, want %t", again, tc.again)
			}
		})
	}
}

// TestReadOnlyDatabase_IsUnavailable checks that writes to a database that its host has made
// read-only fail like those in an outage, which clients retry, and that reads succeed.
func TestReadOnlyDatabase_IsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	task := mustCreate(t, s, alice, full())
	asOwner(t, db, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
	s = storetest.Open(t, store.Config{URL: db.URL}) // new connections
	for name, op := range map[string]store.Operation{
		"a creation": create(full()),
		"an update":  update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("new")}),
		"a move":     move(task.ID, taskapi.MoveTaskRequest{After: taskapi.Null[string]()}),
	} {
		if _, err := s.Write(t.Context(), alice, op, nil); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
	if got := mustGet(t, s, alice, task.ID); got.Version != 1 {
		t.Errorf("the task is %+v", got)
	}
}
