package main

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestReplicasPurgeInTurn runs the maintenance of two replicas. offer sends a tick, which
// a replica accepts when it has finished the previous one.
func TestReplicasPurgeInTurn(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	exec := func(statement string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	expire := func() {
		t.Helper()
		exec("INSERT INTO tasklane.idempotency_keys (user_id, key, place, request, resource, snapshot, created_at) VALUES ('alice', 'k', 0, '', gen_random_uuid(), '', now() - interval '2 days')")
	}
	wantKeys := func(want int, when string) {
		t.Helper()
		var n int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM tasklane.idempotency_keys").Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d expired keys, %v; want %d", when, n, err, want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	// start returns when the replica has finished its first round.
	start := func() (offer func()) {
		s := storetest.Open(t, store.Config{URL: db.URL})
		offers := make(chan time.Time)
		maintenance := newMaintenance(s, slog.New(slog.DiscardHandler), httpapi.NewMetrics())
		running.Go(func() { maintenance.run(ctx, offers) })
		// The first tick is accepted after the first round, the second after the
		// first tick.
		offer = func() {
			offers <- time.Time{}
			offers <- time.Time{}
		}
		offer()
		return offer
	}

	expire()
	start()
	wantKeys(0, "the first replica has started")
	expire()
	offer := start()
	wantKeys(1, "the second replica has started")
	exec("UPDATE tasklane.timers SET begun_at = begun_at - interval '59 min'")
	offer()
	wantKeys(1, "59 minutes later")
	exec("UPDATE tasklane.timers SET begun_at = begun_at - interval '1 min'")
	offer()
	wantKeys(0, "an hour later")
}
