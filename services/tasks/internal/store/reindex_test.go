package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// addOld inserts $2 tasks of the user $1 as an older release did, which split texts
// differently and did not fold tags.
const addOld = `
	INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, priority, tags, position, created_at, updated_at, title_key, words)
	SELECT $1, gen_random_uuid(), n, 7, 'Łódź ' || n, '', 0, '{Home}', 'V', '2026-11-01', '2026-11-01', '', 'łodz'
	FROM generate_series(1, $2::int) n`

// TestMigrate_ReindexesOldTasks lets another process hold the lock of the second of three
// users, and interrupts the first migration there.
func TestMigrate_ReindexesOldTasks(t *testing.T) {
	t.Parallel()
	const tasks = 250
	db := storetest.NewEmptyDatabase(t)
	ctx := t.Context()
	if err := store.MigrateTo(ctx, db.OwnerURL, firstRelease); err != nil {
		t.Fatal(err)
	}
	owner, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.WithoutCancel(ctx)) }()
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	users := []string{"a", "b", "c"}
	for _, user := range users {
		exec("INSERT INTO tasklane.user_state (user_id, seq) VALUES ($1, $2)", user, tasks)
		exec(addOld, user, tasks)
	}
	s := storetest.Open(t, store.Config{URL: db.OwnerURL})
	found := func(user string) string {
		t.Helper()
		var counts []int
		for _, options := range []taskapi.ListTasksOptions{{Query: "lodz"}, {Query: "ŁÓDŹ"}, {Tags: []string{"home"}}} {
			options.Limit = 1000
			page := mustList(t, s, user, options)
			for _, task := range page.Tasks {
				if task.Version != 7 || task.UpdatedAt != task.CreatedAt || page.Changes != tasks {
					t.Fatalf("reindexing changed a task: %+v, %d changes", task, page.Changes)
				}
			}
			counts = append(counts, len(page.Tasks))
		}
		return fmt.Sprint(counts)
	}
	all, none := fmt.Sprint([]int{tasks, tasks, tasks}), fmt.Sprint([]int{0, 0, 0})

	exec("BEGIN")
	exec("SELECT FROM tasklane.user_state WHERE user_id = 'b' FOR UPDATE")
	interrupted, interrupt := context.WithCancel(ctx)
	var migrating errgroup.Group
	migrating.Go(func() error {
		_, err := store.Migrate(interrupted, db.OwnerURL)
		return err
	})
	awaitWaiters(t, db, 1, 0)
	interrupt()
	if err := migrating.Wait(); !errors.Is(err, context.Canceled) {
		t.Fatalf("the interrupted migration: got %v", err)
	}
	exec("COMMIT")
	for user, want := range map[string]string{"a": all, "b": none, "c": none} {
		if got := found(user); got != want {
			t.Errorf("after the first user, %s finds %s, want %s", user, got, want)
		}
	}

	for _, step := range []struct{ name, meanwhile string }{
		{"the rest", ""},
		{"tasks that an old replica wrote later", "UPDATE tasklane.tasks SET words = 'łodz', tag_keys = NULL WHERE user_id <> 'b'"},
	} {
		exec(step.meanwhile)
		if applied, err := store.Migrate(ctx, db.OwnerURL); err != nil || len(applied) != 0 {
			t.Fatalf("%s: applied %v, %v", step.name, applied, err)
		}
		for _, user := range users {
			if got := found(user); got != all {
				t.Errorf("%s: %s finds %s, want %s", step.name, user, got, all)
			}
		}
	}
	var left int
	if err := owner.QueryRow(ctx, `SELECT count(*) FROM tasklane.tasks WHERE NOT words @@ '''#2'''`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tasks were not reindexed, %v", left, err)
	}
}
