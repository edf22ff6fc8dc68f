package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
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
