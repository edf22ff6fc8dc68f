package store_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestPlans looks at how PostgreSQL carries out the statements that are run
// most, for a user with many tasks among users with few: by an index that gives
// the order, without sorting, and touching few pages, however deep in the list.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	asOwner(t, db, `
		INSERT INTO tasklane.user_state (user_id, seq) SELECT 'user' || n, 20000 FROM generate_series(0, 100) n;
		INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, priority, due_at, tags, created_at, updated_at, title_key, words)
		SELECT 'user' || CASE WHEN n <= 20000 THEN 0 ELSE n % 100 + 1 END, gen_random_uuid(), n, 1, 'task ' || n, '', n % 5,
			now() + n * interval '1 minute', ARRAY['home'], now() - n * interval '1 second', now(), int4send(n), 'task'::tsvector
		FROM generate_series(1, 30000) n;
		ANALYZE tasklane.tasks;
		ANALYZE tasklane.user_state`)
	r := &recorder{texts: map[string][]any{}}
	s := storetest.Open(t, store.Config{URL: db.URL, Tracer: r})
	const user = "user0"

	for _, tc := range []struct {
		name  string
		run   func()
		index string
	}{
		{"newest first", func() { deep(t, s, user, taskapi.NewestFirst) }, "tasks_created"},
		{"oldest first", func() { deep(t, s, user, taskapi.OldestFirst) }, "tasks_created"},
		{"due soonest", func() { deep(t, s, user, taskapi.DueSoonest) }, "tasks_due"},
		{"recently updated", func() { deep(t, s, user, taskapi.RecentlyUpdatedFirst) }, "tasks_seq"},
		{"get", func() { _, _ = s.GetTask(t.Context(), user, uuid.New()) }, "tasks_pkey"},
		{"changes", func() { _, _ = s.Changes(t.Context(), user, 10_000, 50) }, "tasks_seq"},
	} {
		clear(r.texts)
		tc.run()
		for text, args := range r.texts {
			if !strings.Contains(text, "title") {
				continue // not one that reads tasks
			}
			plan := explain(t, db, user, text, args)
			if !strings.Contains(plan, tc.index) {
				t.Errorf("%s does not use %s:\n%s\n%s", tc.name, tc.index, text, plan)
			}
			if strings.Contains(plan, "Seq Scan") || wholeSort.MatchString(plan) {
				t.Errorf("%s reads or sorts everything:\n%s\n%s", tc.name, text, plan)
			}
			if n := buffers(t, plan); n > 150 {
				t.Errorf("%s touches %d pages:\n%s\n%s", tc.name, n, text, plan)
			}
		}
	}
}

// deep reads the first and, through its cursor, a later page.
func deep(t *testing.T, s *store.Store, user string, sort taskapi.Sort) {
	t.Helper()
	options := taskapi.ListTasksOptions{Sort: sort, Limit: 50}
	for range 40 {
		page := mustList(t, s, user, options)
		options.Cursor = page.NextCursor
	}
}

func explain(t *testing.T, db storetest.Database, user, text string, args []any) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var plan []string
	err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT tasklane.set_user($1)", user); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) "+text, args...)
		if err != nil {
			return err
		}
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

// wholeSort is a sort of everything below it. An incremental one only puts
// equal rows in order, and the two branches of the changes are sorted when each
// has been cut to a page.
var wholeSort = regexp.MustCompile(`-> +Sort \(actual rows=\d{4}`)

var bufferCount = regexp.MustCompile(`Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?`)

// buffers returns the pages that the whole plan touched.
func buffers(t *testing.T, plan string) (n int) {
	t.Helper()
	found := bufferCount.FindStringSubmatch(plan)
	if found == nil {
		t.Fatalf("no buffers in\n%s", plan)
	}
	for _, count := range found[1:] {
		var part int
		_, _ = fmt.Sscan(count, &part) // empty is none
		n += part
	}
	return n
}
