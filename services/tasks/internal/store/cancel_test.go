package store_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestCanceledQueriesKeepTheirConnections makes clients disconnect while the database runs
// their queries: the queries must be canceled, and the connections stay open.
func TestCanceledQueriesKeepTheirConnections(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.NewDatabase(t)
	// Without the pooler, because the pooler opens connections of its own.
	address, err := url.Parse(db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("pool_max_conns", "5")
	address.RawQuery = query.Encode()
	s := storetest.Open(t, store.Config{URL: address.String()})
	owner, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.WithoutCancel(ctx)) }()
	// A lock on the table blocks every query.
	lock, err := owner.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	backends := func() (running int, ids []int32) {
		t.Helper()
		rows, err := lock.Query(ctx, `SELECT pid, wait_event_type IS NOT DISTINCT FROM 'Lock' FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY pid`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id int32
			var waits bool
			if err := rows.Scan(&id, &waits); err != nil {
				t.Fatal(err)
			}
			if ids = append(ids, id); waits {
				running++
			}
		}
		return running, ids
	}
	// awaitRunning waits until the database runs queries of n clients.
	awaitRunning := func(n int) (ids []int32) {
		t.Helper()
		deadline := time.Now().Add(time.Minute)
		for {
			running, ids := backends()
			if running == n {
				return ids
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d queries are running, want %d", running, n)
			}
			if _, err := lock.Exec(ctx, "SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := lock.Exec(ctx, "LOCK TABLE tasklane.tasks IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}

	var before []int32
	for round := range 10 {
		clientCtx, disconnect := context.WithCancel(ctx)
		var clients sync.WaitGroup
		for range 5 {
			clients.Go(func() {
				_, err := s.TaskStats(clientCtx, "alice", time.UTC)
				if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a canceled query: %v", err)
				}
			})
		}
		ids := awaitRunning(5)
		if round == 0 {
			before = ids
		}
		disconnect()
		clients.Wait()
		awaitRunning(0)
	}
	if _, after := backends(); len(after) != len(before) || after[0] != before[0] || after[4] != before[4] {
		t.Errorf("connections before %v and after %v", before, after)
	}
	if opened := s.PoolStat().NewConnsCount(); opened != 5 {
		t.Errorf("%d connections were opened for 50 canceled queries, want 5", opened)
	}
	if err := lock.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TaskStats(ctx, "alice", time.UTC); err != nil {
		t.Errorf("a query afterwards: %v", err)
	}
}
