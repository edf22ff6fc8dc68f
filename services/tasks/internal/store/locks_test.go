package store_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

const (
	// firstRelease is the version of the schema that later migrations change under
	// load.
	firstRelease = 2
	// longestLock is how long a migration may block reads or writes on an otherwise
	// idle machine.
	longestLock = 100 * time.Millisecond
	// pause is the time between two checks of the locks, and between two rounds of work:
	// long enough to leave the processors to the migration.
	pause = 5 * time.Millisecond
)

// fill inserts the tasks from $1 to $2, a hundred for each user. One in ten was indexed by an
// older release.
const fill = `
	INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, priority, tags, position, created_at, updated_at, title_key, words)
	SELECT 'user-' || n / 100, gen_random_uuid(), n % 100 + 1, 1, 'Water the plants ' || n, repeat('x', 100), n % 5, '{home}', to_hex(n) || 'V',
		timestamptz '2026-01-01' + n * interval '1 s', timestamptz '2026-01-01' + n * interval '1 s', decode(to_hex(4096 + n % 4096), 'hex'), CASE n % 10 WHEN 0 THEN 'plants water' ELSE 'plants water ''#2''' END::tsvector
	FROM generate_series($1::int, $2::int) n`

const fillUsers = "INSERT INTO tasklane.user_state (user_id, seq) SELECT 'user-' || n, 100 FROM generate_series(0, $1::int / 100) n"

// fillStep is the number of rows per statement.
const fillStep = 500_000

// TestMigrationsHoldNoLock applies every migration since the first release under load,
// and watches the locks on the older tables. If TEST_ROWS sets the number of tasks, the
// duration of the locks is checked; make test-migrations uses ten million.
func TestMigrationsHoldNoLock(t *testing.T) {
	t.Parallel()
	rows, text := 20_000, os.Getenv("TEST_ROWS")
	timed := text != ""
	if timed {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	db := storetest.NewEmptyDatabase(t)
	// A migration that waits for a lock which the load holds fails.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(rows)*time.Millisecond)
	defer cancel()
	if err := store.MigrateTo(ctx, db.OwnerURL, firstRelease); err != nil {
		t.Fatal(err)
	}
	owner, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.WithoutCancel(ctx)) }()
	begin := time.Now()
	if _, err := owner.Exec(ctx, fillUsers, rows); err != nil {
		t.Fatal(err)
	}
	for from := 0; from < rows; from += fillStep {
		if _, err := owner.Exec(ctx, fill, from, min(from+fillStep, rows)-1); err != nil {
			t.Fatal(err)
		}
	}
	// The writes of a later checkpoint would delay the migrations' commits.
	for _, statement := range []string{"ANALYZE", "CHECKPOINT"} {
		if _, err := owner.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	var bytes int64
	if err := owner.QueryRow(ctx, "SELECT pg_total_relation_size('tasklane.tasks')").Scan(&bytes); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d tasks in %s, %d bytes for each with its indexes", rows, time.Since(begin).Round(time.Second), bytes/int64(rows))

	watch := watchLocks(t, db)
	work := startWork(t, db)
	begin = time.Now()
	applied, err := store.Migrate(ctx, db.OwnerURL)
	if err == nil && len(applied) == 0 {
		// There is no later migration yet: apply a typical one.
		applied, err = store.MigrateFiles(ctx, db.OwnerURL, fstest.MapFS{"migrations/90000_next.sql": {Data: []byte(`-- +goose Up
			ALTER TABLE tasklane.tasks ADD COLUMN next_release text;`)}})
	}
	if err != nil || len(applied) == 0 {
		t.Fatalf("applied %v, %v", applied, err)
	}
	took := time.Since(begin)
	operations, slowest := work()
	name, longest := watch()
	if operations == 0 {
		t.Error("there was no load meanwhile")
	}
	t.Logf("%d migrations in %s; longest lock %s (%s); %d operations meanwhile, the slowest %s",
		len(applied), took.Round(time.Millisecond), longest.Round(time.Millisecond), name, operations, slowest.Round(time.Millisecond))
	if timed && longest > longestLock {
		t.Errorf("a migration blocked a table for %s (%s)", longest, name)
	}
}

// TestLocksAreSeen checks the watcher itself.
func TestLocksAreSeen(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	watch := watchLocks(t, db)
	asOwner(t, db, "BEGIN; LOCK TABLE tasklane.tasks IN SHARE MODE; SELECT pg_sleep(0.4); COMMIT")
	if _, longest := watch(); longest < longestLock {
		t.Errorf("a lock of 400 ms was measured as %s", longest)
	}

	watch = watchLocks(t, db)
	release := holdTasks(t, db)
	asOwner(t, db, `SET lock_timeout = '400ms';
		DO $$ BEGIN LOCK TABLE tasklane.tasks; EXCEPTION WHEN lock_not_available THEN END $$`)
	release()
	if _, longest := watch(); longest < longestLock {
		t.Errorf("a lock that was waited for 400 ms was measured as %s", longest)
	}
}

// watchLocks watches for locks that block reads or writes of a whole table with users' rows. A
// transaction that waits for such a lock blocks others as well. stop returns the
// longest time that one was held or waited for, and names it.
func watchLocks(t *testing.T, db storetest.Database) (stop func() (string, time.Duration)) {
	t.Helper()
	const look = `
		SELECT c.relname || ' ' || l.mode || ' of ' || l.pid FROM pg_locks l
		JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'tasklane'
		WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND c.relname IN ('tasks', 'user_state', 'erased', 'idempotency_keys')
			AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	var name string
	var longest time.Duration
	watching.Go(func() {
		since := map[string]time.Time{}
		for range time.Tick(pause) {
			if ctx.Err() != nil {
				return
			}
			rows, err := conn.Query(context.WithoutCancel(ctx), look)
			if err != nil {
				t.Error(err)
				return
			}
			held, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Error(err)
				return
			}
			now := time.Now()
			for lock, begin := range since {
				if took := now.Sub(begin); took > longest {
					name, longest = lock, took
				}
				if !slices.Contains(held, lock) {
					delete(since, lock)
				}
			}
			for _, lock := range held {
				if _, known := since[lock]; !known {
					since[lock] = now
				}
			}
		}
	})
	return func() (string, time.Duration) {
		end()
		watching.Wait()
		_ = conn.Close(context.WithoutCancel(ctx))
		return name, longest
	}
}

// startWork keeps reading and writing, with statements of the first release, because the
// current store needs newer columns. It returns once the load has started. stop returns
// the number of statements since then and the longest duration of three.
func startWork(t *testing.T, db storetest.Database) (stop func() (int, time.Duration)) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	work := func() bool {
		_, err := conn.Exec(t.Context(), "UPDATE tasklane.user_state SET seq = seq + 1 WHERE user_id = 'user-7'")
		if err == nil {
			_, err = conn.Exec(t.Context(), fill, 700, 700)
		}
		if err == nil {
			_, err = conn.Exec(t.Context(), "SELECT * FROM tasklane.tasks WHERE user_id = 'user-7' ORDER BY id LIMIT 10")
		}
		if err != nil {
			t.Error(err)
		}
		return err == nil
	}
	work()
	var working sync.WaitGroup
	var operations int
	var slowest time.Duration
	working.Go(func() {
		for range time.Tick(pause) {
			if ctx.Err() != nil {
				return
			}
			begin := time.Now()
			if !work() {
				return
			}
			operations += 3
			slowest = max(slowest, time.Since(begin))
		}
	})
	return func() (int, time.Duration) {
		end()
		working.Wait()
		_ = conn.Close(context.WithoutCancel(t.Context()))
		return operations, slowest
	}
}
