package store_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// makeMany creates one user's 200,000 tasks in 500 lists, a fifth of them sub-tasks, about
// the newest 10,000 in the trash, and thirty tasks in the Inbox for each of a thousand other
// users. The indexes are built at the end, in half the time. Autovacuum is off: it would
// find the few rows of the other tables on one page, which the planner then scans.
const makeMany = `
	ALTER TABLE tasklane.idempotency_keys SET (autovacuum_enabled = off);
	ALTER TABLE tasklane.erased SET (autovacuum_enabled = off);
	ALTER TABLE tasklane.lists SET (autovacuum_enabled = off);
	DROP INDEX tasklane.tasks_parent, tasklane.tasks_created, tasklane.tasks_position, tasklane.tasks_list, tasklane.tasks_due, tasklane.tasks_seq, tasklane.tasks_trash;
	INSERT INTO tasklane.user_state (user_id, seq) SELECT 'user' || n, 200000 FROM generate_series(0, 1000) n;
	INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, completed_at, priority, due_at, tags, list_id, parent_id, position, created_at, updated_at, deleted_at, title_key, words)
	SELECT 'user' || CASE WHEN n <= 200000 THEN 0 ELSE n % 1000 + 1 END, md5(n::text)::uuid, n, 1, 'task ' || n, '',
		CASE WHEN n % 3 = 0 THEN now() END, n % 5, CASE WHEN n % 2 = 0 THEN now() + n * interval '1 minute' END, '{home}',
		CASE WHEN n <= 200000 THEN md5('list' || n % 500)::uuid ELSE '00000000-0000-0000-0000-000000000000' END,
		CASE WHEN n <= 200000 AND n / 500 % 5 = 1 THEN md5((n - 500)::text)::uuid ELSE '00000000-0000-0000-0000-000000000000' END, md5('p' || n) || 'V',
		now() - n * interval '1 second', now(), CASE WHEN n <= 200000 AND md5(n::text) > 'f333' THEN now() END, int4send(n), 'task ''#2'''::tsvector
	FROM generate_series(1, 230000) n;
	CREATE INDEX tasks_created ON tasklane.tasks (user_id, id) WHERE deleted_at IS NULL;
	CREATE INDEX tasks_position ON tasklane.tasks (user_id, position, id) WHERE deleted_at IS NULL;
	CREATE INDEX tasks_list ON tasklane.tasks (user_id, list_id, position, id) WHERE deleted_at IS NULL;
	CREATE INDEX tasks_parent ON tasklane.tasks (user_id, parent_id, position, id) WHERE parent_id <> '00000000-0000-0000-0000-000000000000';
	CREATE INDEX tasks_due ON tasklane.tasks (user_id, due_at, id) WHERE deleted_at IS NULL;
	CREATE INDEX tasks_seq ON tasklane.tasks (user_id, seq);
	CREATE INDEX tasks_trash ON tasklane.tasks (deleted_at) WHERE deleted_at IS NOT NULL;
	ANALYZE tasklane.tasks, tasklane.user_state`

// mostPages is the maximum number of pages that a statement may touch: the 51 rows of a
// page may be on as many pages of the table.
const mostPages = 150

// TestPlans checks the plans of the most frequent statements, for a user with very many
// tasks: they must use an index, which also provides the order, and touch few pages,
// however deep in the list.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	asOwner(t, db, makeMany)
	r := &recorder{texts: map[string][]any{}}
	s := storetest.Open(t, store.Config{URL: db.URL, Tracer: r})
	checkPlans(t, db, r, s, "user0")
	checkPlans(t, db, r, s, "user7")
}

func checkPlans(t *testing.T, db storetest.Database, r *recorder, s *store.Store, user string) {
	t.Helper()
	first := mustList(t, s, user, taskapi.ListTasksOptions{ParentID: taskapi.NoParent, Limit: 1}).Tasks[0]
	task, inList := uuid.MustParse(first.ID), taskapi.Inbox
	if first.ListID != nil {
		inList = *first.ListID
	}
	other := mustList(t, s, user, taskapi.ListTasksOptions{ListID: inList, ParentID: taskapi.NoParent, Sort: taskapi.OldestFirst, Limit: 1}).Tasks[0].ID
	on := func(key string) *store.IdempotencyKey { return &store.IdempotencyKey{Key: key} }
	list := func(options taskapi.ListTasksOptions) func() {
		return func() {
			options.Limit = 50
			mustList(t, s, user, options)
		}
	}

	recurring := mustCreate(t, s, user, weekly("recurring"))
	mustCreate(t, s, user, taskapi.CreateTaskRequest{Title: "sub-task", ParentID: &recurring.ID})

	for _, tc := range []struct {
		name string
		run  func()
		// index is the index by which tasks are found.
		index string
		// varies says that the best plan depends on the arguments.
		varies bool
	}{
		{name: "newest first", run: list(taskapi.ListTasksOptions{}), index: "tasks_created"},
		{name: "oldest first", run: list(taskapi.ListTasksOptions{Sort: taskapi.OldestFirst}), index: "tasks_created"},
		{name: "due soonest", run: list(taskapi.ListTasksOptions{Sort: taskapi.DueSoonest}), index: "tasks_due"},
		{name: "due latest", run: list(taskapi.ListTasksOptions{Sort: taskapi.DueLatest}), index: "tasks_due"},
		{name: "recently updated", run: list(taskapi.ListTasksOptions{Sort: taskapi.RecentlyUpdatedFirst}), index: "tasks_seq"},
		{name: "manual order", run: list(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}), index: "tasks_position"},
		{name: "manual order of a list", run: list(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder, ListID: inList}), index: "tasks_list"},
		{name: "manual order of the Inbox", run: list(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder, ListID: taskapi.Inbox}), index: "tasks_list"},
		{name: "manual order of a list, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.ManualOrder, ListID: inList}), index: "tasks_list"},
		{name: "sub-tasks in manual order", run: list(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder, ParentID: task.String()}), index: "tasks_parent"},
		{name: "top of a list in manual order", run: list(taskapi.ListTasksOptions{Sort: taskapi.ManualOrder, ListID: inList, ParentID: taskapi.NoParent}), index: "tasks_list"},
		{name: "manual order, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}), index: "tasks_position"},
		{name: "manual order reversed, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.ManualOrderReversed}), index: "tasks_position"},
		{name: "newest first, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.NewestFirst}), index: "tasks_created"},
		{name: "oldest first, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.OldestFirst}), index: "tasks_created"},
		{name: "due soonest, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.DueSoonest}), index: "tasks_due"},
		{name: "due latest, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.DueLatest}), index: "tasks_due"},
		{name: "recently updated, deep", run: deep(t, r, s, user, taskapi.ListTasksOptions{Sort: taskapi.RecentlyUpdatedFirst}), index: "tasks_seq"},
		{name: "filter and search", run: list(taskapi.ListTasksOptions{Completed: new(false), Query: "task"}), index: "tasks_created", varies: true},
		{name: "get", run: func() { _, _ = s.Get(t.Context(), user, taskapi.KindTask, task) }, index: "tasks_pkey"},
		{name: "changes", run: func() { _, _ = s.Changes(t.Context(), user, after(100_000), 50) }, index: "tasks_seq"},
		{name: "create", run: func() {
			write(t, s, user, create(full()), on("create"))
		}, index: "tasks_pkey"},
		{name: "update", run: func() {
			write(t, s, user, update(task, taskapi.UpdateTaskRequest{Title: taskapi.Some("new")}), on("update"))
		}, index: "tasks_pkey"},
		{name: "move", run: func() {
			write(t, s, user, move(task.String(), placeAfter(other)), on("move"))
		}, index: "tasks_"}, // the primary key and tasks_list
		{name: "complete a recurring task", run: func() { write(t, s, user, complete(recurring.ID), on("complete")) }, index: "tasks_", varies: true},
		{name: "reopen it", run: func() { write(t, s, user, reopen(recurring.ID), on("reopen")) }, index: "tasks_"},
		{name: "occurrences", run: func() { _, _ = s.TaskOccurrences(t.Context(), user, uuid.MustParse(recurring.ID), 10) }, index: "tasks_pkey"},
		{name: "delete", run: func() { write(t, s, user, trash(task), on("delete")) }, index: "tasks_pkey"},
	} {
		clear(r.texts)
		tc.run()
		begin, checked := firstStatement(r, user), 0
		for _, text := range slices.Sorted(maps.Keys(r.texts)) {
			if !ofTables.MatchString(text) {
				continue
			}
			checked++
			plans := explain(t, db, begin, text, r.texts[text])
			for kind, plan := range plans.byKind {
				report := func(fault string) { t.Errorf("%s of %s, %s plan: %s\n%s\n%s", tc.name, user, kind, fault, text, plan) }
				if onTasks.MatchString(plan) && !strings.Contains(plan, tc.index) {
					report("does not use " + tc.index)
				}
				if strings.Contains(plan, "Seq Scan") || wholeSort.MatchString(plan) {
					report("reads or sorts all rows")
				}
				if n := buffers(t, plan); n > mostPages {
					report(fmt.Sprintf("touches %d pages", n))
				}
			}
			if !tc.varies && !plans.generic {
				t.Errorf("%s of %s: planned each time:\n%s", tc.name, user, text)
			}
		}
		if checked == 0 {
			t.Errorf("%s of %s: no statement was recorded", tc.name, user)
		}
	}
}

var (
	ofTables = regexp.MustCompile(`tasklane\W+(` + strings.ReplaceAll(strings.Join(store.UsersTables, "|"), "tasklane.", "") + ")")
	// onTasks matches a plan that searches rows of tasks.
	onTasks = regexp.MustCompile(`(?m)^ *(->)? *(Index|Bitmap|Seq).* on tasks`)
)

// firstStatement returns the first statement of the transaction, with its argument as a literal.
// That of a lane is not recorded; TestLanes_ServePointReadsAndPlainPages checks that its connection has this setting.
func firstStatement(r *recorder, user string) string {
	for text, args := range r.texts {
		if strings.Contains(text, "tasklane.set_user") || strings.Contains(text, "tasklane.begin_write") {
			return strings.Replace(text, "$1", "'"+args[0].(string)+"'", 1)
		}
	}
	return "SELECT tasklane.set_user('" + user + "'), set_config('plan_cache_mode', 'force_generic_plan', true)"
}

// deep pages far into a list, so that r has the statement of a later page.
func deep(t *testing.T, r *recorder, s *store.Store, user string, options taskapi.ListTasksOptions) func() {
	return func() {
		options := options
		options.Limit = taskapi.MaxListLimit
		for range 20 {
			if page := mustList(t, s, user, options); page.NextCursor != "" {
				options.Cursor = page.NextCursor
			}
		}
		clear(r.texts)
		options.Limit = 50
		mustList(t, s, user, options)
	}
}

// plans are the plans of a statement.
type plans struct {
	// byKind are the custom plan for these arguments and the plan, custom or generic, that
	// PostgreSQL has chosen after six executions.
	byKind map[string]string
	// generic says whether PostgreSQL uses the generic plan for all arguments.
	generic bool
}

// explain runs a statement several times, as a connection of a pool does, and rolls it
// back.
func explain(t *testing.T, db storetest.Database, begin, text string, args []any) plans {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Prepare(ctx, "looked_at", text); err != nil {
		t.Fatal(err)
	}
	runAndRollBack := func(sql string, with ...any) (lines []string) {
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		prepareAgain(t, tx, begin, text, args)
		rows, err := tx.Query(ctx, sql, with...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() && strings.HasPrefix(sql, "EXPLAIN") {
			lines = append(lines, string(rows.RawValues()[0]))
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			t.Fatalf("%s\n%v", sql, err)
		}
		return lines
	}
	for range 6 { // PostgreSQL chooses a plan at the sixth execution
		runAndRollBack("looked_at", args...)
	}
	explained := "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) EXECUTE looked_at" + literals(args)
	p := plans{byKind: map[string]string{"chosen": strings.Join(runAndRollBack(explained), "\n")}}
	if err := conn.QueryRow(ctx, "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE name = 'looked_at'").Scan(&p.generic); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "SET plan_cache_mode = force_custom_plan"); err != nil {
		t.Fatal(err)
	}
	p.byKind["custom"] = strings.Join(runAndRollBack(explained), "\n")
	return p
}

// prepareAgain prepares a transaction so that a statement that was executed can be executed
// again.
func prepareAgain(t *testing.T, tx pgx.Tx, begin, text string, args []any) {
	t.Helper()
	exec := func(sql string, args ...any) {
		if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(begin)
	exec("DELETE FROM tasklane.idempotency_keys")
	exec("DELETE FROM tasklane.erased")
	if n := versionArgument(text); n > 0 {
		exec("UPDATE tasklane.tasks SET version = $3::bigint - 1 WHERE user_id = $1 AND id = $2", args[0], args[5], args[n-1])
	}
	if strings.Contains(text, "INSERT INTO tasklane.tasks") {
		var ids [][16]byte
		for _, arg := range slices.Backward(args) { // the first one, or the first list
			switch arg := arg.(type) {
			case [16]byte:
				ids = [][16]byte{arg}
			case [][16]byte:
				ids = arg
			}
		}
		exec("DELETE FROM tasklane.tasks WHERE user_id = $1 AND id = ANY ($2)", args[0], ids)
	}
}

var afterVersion = regexp.MustCompile(`version = \$(\d+) - 1`)

// versionArgument returns the number of the argument with the new version in an update that
// checks the previous version; 0 for other statements.
func versionArgument(text string) (n int) {
	if match := afterVersion.FindStringSubmatch(text); match != nil {
		n, _ = strconv.Atoi(match[1])
	}
	return n
}

// literals formats arguments for EXECUTE: all in quotes, without a type.
func literals(args []any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		if v := reflect.ValueOf(arg); v.Kind() == reflect.Pointer && v.IsNil() {
			texts[i] = "NULL"
		} else {
			texts[i] = "'" + strings.ReplaceAll(literal(arg), "'", "''") + "'"
		}
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

func literal(arg any) string {
	switch arg := arg.(type) {
	case [16]byte:
		return uuid.UUID(arg).String()
	case []byte:
		return `\x` + hex.EncodeToString(arg)
	case time.Time:
		return arg.Format(time.RFC3339Nano)
	case []string:
		return array(arg)
	case [][16]byte:
		return array(arg)
	case []*time.Time:
		return array(arg)
	case []*string:
		return array(arg)
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.Pointer {
		return literal(v.Elem().Interface())
	}
	return fmt.Sprint(arg)
}

// array formats an array, in which empty entries are null.
func array[T any](all []T) string {
	quoted := make([]string, len(all))
	for i, one := range all {
		if quoted[i] = "NULL"; !reflect.ValueOf(one).IsZero() {
			quoted[i] = strconv.Quote(literal(one))
		}
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

// wholeSort matches a sort of a thousand rows or more. Others are allowed: an incremental sort
// orders only equal rows, and the rows of a page may be sorted.
var wholeSort = regexp.MustCompile(`-> +Sort \(actual rows=\d{4}`)

var bufferCount = regexp.MustCompile(`Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?`)

// buffers returns the number of pages that the plan touched.
func buffers(t *testing.T, plan string) (n int) {
	t.Helper()
	found := bufferCount.FindStringSubmatch(plan)
	if found == nil {
		t.Fatalf("no buffers in\n%s", plan)
	}
	for _, count := range found[1:] {
		var part int
		_, _ = fmt.Sscan(count, &part) // an empty count is zero
		n += part
	}
	return n
}
