package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDeadlock_RetriesTheWrite lets a write deadlock with a migration that locks the
// tables in another order. PostgreSQL aborts the write, which is retried.
func TestDeadlock_RetriesTheWrite(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	task := mustCreate(t, s, alice, full())
	ctx := t.Context()
	migration, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = migration.Close(ctx) }()
	exec := func(statement string) {
		t.Helper()
		if _, err := migration.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	update := func() error {
		_, err := s.Write(ctx, alice, update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("new")}), nil)
		return err
	}

	// The write, which waits first, must detect the deadlock. Only superusers may set this;
	// without it, the write is still likely to be first.
	_, _ = migration.Exec(ctx, "SET deadlock_timeout = '10min'")
	exec("BEGIN")
	exec("LOCK TABLE tasklane.tasks")
	written := make(chan error, 1)
	go func() { written <- update() }()
	watcher, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watcher.Close(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for waiting := false; !waiting; <-tick.C {
		const waits = `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'tasklane.tasks'::regclass AND NOT granted)`
		if err := watcher.QueryRow(ctx, waits).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	exec("LOCK TABLE tasklane.user_state")
	exec("COMMIT")
	if err := <-written; err != nil {
		t.Errorf("the write: %v", err)
	}
}
