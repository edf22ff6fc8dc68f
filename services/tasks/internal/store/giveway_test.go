package store_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestMigrationGivesWay runs migrations during a long transaction.
func TestMigrationGivesWay(t *testing.T) {
	t.Parallel()
	alter := fstest.MapFS{"migrations/90000_next.sql": {Data: []byte(`-- +goose Up
		ALTER TABLE tasklane.user_state ADD COLUMN next_release bigint;
		ALTER TABLE tasklane.tasks ADD COLUMN next_release text NOT NULL DEFAULT 'new';`)}}
	index := fstest.MapFS{
		"migrations/90000_index.sql": {Data: []byte(`-- +goose NO TRANSACTION
-- +goose Up
			SET lock_timeout = 0;
			CREATE INDEX CONCURRENTLY next_release ON tasklane.tasks (user_id, version);`)},
		"migrations/90001_after.sql": {Data: []byte(`-- +goose Up
			CREATE TABLE tasklane.after AS SELECT current_setting('lock_timeout') AS lock_timeout;`)},
	}
	start := func(t *testing.T, db storetest.Database, files fs.FS) (result func() ([]store.Migration, error)) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var applied []store.Migration
		var migrating errgroup.Group
		migrating.Go(func() (err error) {
			applied, err = store.MigrateFiles(ctx, db.OwnerURL, files)
			return err
		})
		return func() ([]store.Migration, error) {
			defer cancel()
			err := migrating.Wait()
			return applied, err
		}
	}

	t.Run("fails if the transaction stays open, and changes nothing", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewDatabase(t)
		release := holdTasks(t, db)
		defer release()
		work := startWork(t, db)
		_, err := start(t, db, alter)()
		operations, slowest := work()
		if !errors.Is(err, store.ErrTablesInUse) || !strings.Contains(err.Error(), "pg_stat_activity") {
			t.Errorf("%v, want ErrTablesInUse and what to do", err)
		}
		if operations == 0 {
			t.Error("there was no load meanwhile")
		}
		t.Logf("%d operations meanwhile, the slowest %s", operations, slowest.Round(time.Millisecond))
		const left = `SELECT (SELECT count(*) FROM information_schema.columns WHERE column_name = 'next_release')
			|| ' columns, ' || (SELECT count(*) FROM tasklane.schema_version WHERE version_id = 90000) || ' versions'`
		if got := queryAsOwner(t, db, left); got != "0 columns, 0 versions" {
			t.Errorf("the failed migration left %s", got)
		}
	})

	t.Run("succeeds after the transaction has ended", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewDatabase(t)
		release := holdTasks(t, db)
		result := start(t, db, alter)
		awaitWaiters(t, db, 2, 0)
		release()
		if applied, err := result(); err != nil || len(applied) != 1 {
			t.Errorf("applied %v, %v", applied, err)
		}
	})

	t.Run("waits for the transaction to create an index", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewDatabase(t)
		release := holdTasks(t, db)
		result := start(t, db, index)
		awaitWaiters(t, db, 1, 200*time.Millisecond)
		release()
		if applied, err := result(); err != nil || len(applied) != 2 {
			t.Errorf("applied %v, %v", applied, err)
		}
		if limit := queryAsOwner(t, db, "SELECT lock_timeout FROM tasklane.after"); limit != "50ms" {
			t.Errorf("the migration after it waits %s for a lock", limit)
		}
	})
}

// holdTasks reads the tasks in a transaction that stays open until release.
func holdTasks(t *testing.T, db storetest.Database) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT count(*) FROM tasklane.tasks"); err != nil {
		t.Fatal(err)
	}
	return func() { _ = conn.Close(context.Background()) }
}

// waiters returns the connections that have waited for a lock for at least minimum.
func waiters(t *testing.T, conn *pgx.Conn, minimum time.Duration) []int32 {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock' AND clock_timestamp() - query_start >= $1`, minimum)
	if err != nil {
		t.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		t.Fatal(err)
	}
	return pids
}

// awaitWaiters returns once count connections have waited for a lock for at least minimum, not
// necessarily at the same time.
func awaitWaiters(t *testing.T, db storetest.Database, count int, minimum time.Duration) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for seen := map[int32]bool{}; ; {
		for _, pid := range waiters(t, conn, minimum) {
			seen[pid] = true
		}
		if len(seen) >= count {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d waited for a lock, want %d", len(seen), count)
		}
	}
}
