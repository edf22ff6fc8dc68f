package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestDistribute_ChangesNothingWithoutCitus(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	for range 2 {
		_, err := store.Distribute(t.Context(), db.OwnerURL, db.URL)
		if !errors.Is(err, store.ErrNoCitus) || !strings.Contains(err.Error(), "install Citus") {
			t.Fatalf("Distribute: %v, want ErrNoCitus and what to do", err)
		}
	}
	// Nothing has changed for the service.
	s := storetest.Open(t, store.Config{URL: db.URL})
	if err := s.CheckSafety(t.Context()); err != nil {
		t.Error(err)
	}
	mustCreate(t, s, alice, full())
}

// likeCitus is a fake of Citus, in a schema before PostgreSQL's own: its catalog, and
// functions that record their calls and reject a table whose rows they could not copy.
const likeCitus = `
	CREATE SCHEMA like_citus;
	CREATE TABLE like_citus.pg_extension (extname text);
	CREATE TABLE like_citus.pg_available_extensions AS SELECT 'citus' AS name;
	CREATE TABLE like_citus.pg_dist_node (groupid integer, isactive boolean, shouldhaveshards boolean);
	INSERT INTO like_citus.pg_dist_node VALUES (0, true, true), (1, true, false), (2, false, true);
	CREATE TABLE like_citus.pg_dist_partition (logicalrelid regclass PRIMARY KEY, placed text);
	CREATE FUNCTION like_citus.create_distributed_table(name regclass, by text, colocate_with text) RETURNS void
		LANGUAGE plpgsql AS $$
	BEGIN
		IF (SELECT relrowsecurity OR relforcerowsecurity FROM pg_class WHERE oid = name) THEN
			RAISE EXCEPTION 'row-level security hides the rows of %', name;
		END IF;
		INSERT INTO like_citus.pg_dist_partition VALUES (name, by || ' with ' || colocate_with);
	END
	$$;
	CREATE FUNCTION like_citus.create_distributed_function(regprocedure) RETURNS void LANGUAGE sql AS ''`

// TestMapError_RecognizesTheKeyOfAShard checks constraint names with the number of a shard, which Citus appends.
func TestMapError_RecognizesTheKeyOfAShard(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "idempotency_keys_pkey", "idempotency_keys_pkey_102008"} {
		if err := store.MapError(&pgconn.PgError{Code: "23505", ConstraintName: name}); !errors.Is(err, store.ErrKeyTaken) {
			t.Errorf("an existing key, by constraint %q: got %v", name, err)
		}
	}
}

// TestDistribute runs Distribute against a fake of Citus. It checks the order of the steps
// and that they may be repeated, not that Citus accepts them.
func TestDistribute(t *testing.T) {
	t.Parallel()
	db := storetest.NewEmptyDatabase(t) // with its own role, because the role is changed
	if _, err := store.Migrate(t.Context(), db.OwnerURL); err != nil {
		t.Fatal(err)
	}
	if err := store.GrantRuntime(t.Context(), db.OwnerURL, db.URL); err != nil {
		t.Fatal(err)
	}
	asOwner(t, db, likeCitus)
	owner := likeCitusURL(t, db)

	_, err := store.Distribute(t.Context(), owner, db.URL)
	if !errors.Is(err, store.ErrNoCitus) || !strings.Contains(err.Error(), "CREATE EXTENSION citus") {
		t.Errorf("with an extension that is not created: %v, want ErrNoCitus and what to do", err)
	}
	asOwner(t, db, "INSERT INTO like_citus.pg_extension VALUES ('citus'); INSERT INTO like_citus.pg_dist_partition VALUES ('tasklane.user_state', 'before')")
	if _, err := store.Distribute(t.Context(), owner, db.URL); !errors.Is(err, store.ErrNoWorkers) || !strings.Contains(err.Error(), "citus_add_node") {
		t.Errorf("without workers: %v, want ErrNoWorkers and what to do", err)
	}
	asOwner(t, db, "INSERT INTO like_citus.pg_dist_node VALUES (3, true, true)")
	service, err := pgx.Connect(t.Context(), db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Distribute(t.Context(), owner, db.URL); !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "1 connections") {
		t.Errorf("while the service runs: %v, want ErrInUse and what to do", err)
	}
	if err := service.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, db)
	for _, want := range [][]string{store.UsersTables[1:], nil} {
		tables, err := store.Distribute(t.Context(), owner, db.URL)
		if err != nil || !slices.Equal(tables, want) {
			t.Fatalf("Distribute distributed %q, %v; want %q", tables, err, want)
		}
	}
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var together int
	const count = "SELECT count(*) FROM like_citus.pg_dist_partition WHERE placed = 'user_id with tasklane.user_state'"
	if err := conn.QueryRow(t.Context(), count).Scan(&together); err != nil || together != len(store.UsersTables)-1 {
		t.Errorf("%d tables are co-located with the first, %v", together, err)
	}
	s := storetest.Open(t, store.Config{URL: db.URL})
	if err := s.CheckSafety(t.Context()); err != nil {
		t.Error(err)
	}
	mustCreate(t, s, alice, full())
}

// likeCitusURL returns the owner's address, with likeCitus in its search path.
func likeCitusURL(t *testing.T, db storetest.Database) string {
	t.Helper()
	u, err := url.Parse(db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", "like_citus,pg_catalog")
	u.RawQuery = query.Encode()
	return u.String()
}

// awaitGone waits until the runtime role's connections have ended at the server.
func awaitGone(t *testing.T, db storetest.Database) {
	t.Helper()
	u, err := url.Parse(db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for gone := false; !gone; {
		const look = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = $1 AND datname = current_database())"
		if err := conn.QueryRow(t.Context(), look, u.User.Username()).Scan(&gone); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMapError_LostWorkerIsUnavailable checks the error of a worker that is lost while a transaction
// commits, for which Citus has no SQLSTATE.
func TestMapError_LostWorkerIsUnavailable(t *testing.T) {
	t.Parallel()
	lost := store.MapError(&pgconn.PgError{Code: "XX000", Message: "could not commit transaction for shard 102008 on at least one active node"})
	if !errors.Is(lost, store.ErrUnavailable) {
		t.Errorf("a worker that is lost: %v, want ErrUnavailable", lost)
	}
	if other := store.MapError(&pgconn.PgError{Code: "XX000", Message: "cache lookup failed"}); errors.Is(other, store.ErrUnavailable) {
		t.Errorf("another internal error: %v", other)
	}
}

// distributed returns a database in the distributed form, on one server.
func distributed(t *testing.T) storetest.Database {
	t.Helper()
	db := storetest.NewDatabase(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for range 2 { // it may be repeated
		if err := store.ConvertToDistributedForm(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// TestDistributedForm_ServesEveryMethod runs the store on the distributed form of the schema, on PostgreSQL
// without Citus.
func TestDistributedForm_ServesEveryMethod(t *testing.T) {
	t.Parallel()
	db := distributed(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	if err := s.CheckSafety(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.ProbeIsolation(t.Context()); err != nil {
		t.Error(err)
	}
	exercise(t, s, bob, "zebratext", 61) // and erase the user
	mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "open"})
	if _, err := s.ListTasks(t.Context(), alice, taskapi.ListTasksOptions{Tags: []string{"\x00"}, Limit: 1}); err == nil {
		t.Error("PostgreSQL accepted a NUL")
	}
	if stats, err := s.TaskStats(t.Context(), alice, time.UTC); err != nil || stats.Open != 1 {
		t.Errorf("after a failed statement: %d tasks, %v; want 1", stats.Open, err)
	}
	if n := s.PoolStat().NewConnsCount(); n > 2 {
		t.Errorf("a failed statement closed its connection: %d were opened", n)
	}
}

// statementsOf records the statements of the store on a database in the distributed form.
func statementsOf(t *testing.T, db storetest.Database, user string) map[string][]any {
	t.Helper()
	r := &recorder{texts: map[string][]any{}}
	s := storetest.Open(t, store.Config{URL: db.URL, Tracer: r})
	if err := s.CheckSafety(t.Context()); err != nil {
		t.Fatal(err)
	}
	clear(r.texts)
	exercise(t, s, user, "zebratext", 61)
	return r.texts
}

// rejected are statements that Citus rejects, or would run on the wrong server.
var rejected = map[string]*regexp.Regexp{
	"sets the user where the rows are not":         regexp.MustCompile(`set_config`),
	"depends on the physical place of a row":       regexp.MustCompile(`\bctid\b`),
	"has a sub-select in VALUES":                   regexp.MustCompile(`(?s)VALUES.*\(SELECT`),
	"needs the session":                            regexp.MustCompile(`(?i)\b(LISTEN|PREPARE|DEALLOCATE|TEMP|pg_advisory_lock|currval|nextval)\b|^\s*SET\b`),
	"has a mutable function in CASE or COALESCE":   regexp.MustCompile(`(?s)UPDATE.*(CASE|COALESCE)[^)]*(now|timestamp)\(\)`),
	"updates a user_id":                            regexp.MustCompile(`(?i)\bSET "?user_id"? =`),
	"joins by USING, or all of two tables at once": regexp.MustCompile(`(?i)\b(USING \(|CROSS JOIN|NATURAL JOIN|FULL JOIN)`),
}

// TestEachStatementIsOfOneShard checks the plan of each statement of the store: every access
// to a table of users' rows must be by the user's id, from which Citus knows the server. The
// user of a written row must come from such a row or from the argument.
func TestEachStatementIsOfOneShard(t *testing.T) {
	t.Parallel()
	const user = "zebrauser"
	db := distributed(t)
	statements := statementsOf(t, db, user)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL) // whose policy adds no condition
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	checked := 0
	for _, text := range slices.Sorted(maps.Keys(statements)) {
		for fault, pattern := range rejected {
			if pattern.MatchString(text) {
				t.Errorf("%s:\n%s", fault, text)
			}
		}
		if !ofTables.MatchString(text) {
			continue
		}
		checked++
		for _, fault := range foreignAccesses(t, conn, user, text, statements[text]) {
			t.Errorf("%s:\n%s", fault, text)
		}
	}
	if checked < 20 {
		t.Errorf("only %d statements were checked", checked)
	}
	t.Logf("%d statements, each of one user's shard", checked)
	for _, bad := range []string{
		"SELECT count(*) FROM tasklane.tasks WHERE id = '00000000-0000-0000-0000-000000000000' OR user_id = $1",
		"SELECT t.id FROM tasklane.tasks t, tasklane.user_state s WHERE t.user_id = $1",
		"UPDATE tasklane.tasks SET title = (SELECT max(key) FROM tasklane.idempotency_keys) WHERE user_id = $1",
		"DELETE FROM tasklane.tasks WHERE user_id > $1",
		"INSERT INTO tasklane.user_state (user_id, seq) SELECT $1 || '2', seq FROM tasklane.user_state WHERE user_id = $1",
	} {
		if len(foreignAccesses(t, conn, user, bad, []any{user})) == 0 {
			t.Errorf("not detected: %s", bad)
		}
	}
}

// plan is a node of PostgreSQL's plan.
type plan struct {
	Node      string   `json:"Node Type"`
	Operation string   `json:"Operation"`
	Schema    string   `json:"Schema"`
	Relation  string   `json:"Relation Name"`
	Alias     string   `json:"Alias"`
	IndexCond string   `json:"Index Cond"`
	Recheck   string   `json:"Recheck Cond"`
	Filter    string   `json:"Filter"`
	Output    []string `json:"Output"`
	Plans     []plan   `json:"Plans"`
}

// foreignAccesses returns the accesses of a statement to other users' rows.
func foreignAccesses(t *testing.T, conn *pgx.Conn, user, text string, args []any) (faults []string) {
	t.Helper()
	var raw []byte
	if err := conn.QueryRow(t.Context(), "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) "+text, append([]any{pgx.QueryExecModeDescribeExec}, args...)...).Scan(&raw); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	var whole []struct{ Plan plan }
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	var visit func(p plan)
	visit = func(p plan) {
		switch {
		case p.Relation == "" || p.Schema != "tasklane":
		case p.Operation == "Insert":
			if !slices.ContainsFunc(p.Plans, func(from plan) bool { return from.isOf(user) }) {
				faults = append(faults, "adds a row to "+p.Relation+" whose user is not the argument and does not come from a row of the user")
			}
		case p.Operation == "" && !p.conditionOn(user):
			faults = append(faults, "reads "+p.Relation+" without the user's id")
		}
		for _, inner := range p.Plans {
			visit(inner)
		}
	}
	visit(whole[0].Plan)
	return faults
}

// conditionOn reports whether the conditions admit only rows of the user.
func (p plan) conditionOn(user string) bool {
	wanted := fmt.Sprintf(`(user_id = '%s'::text)`, user)
	for _, condition := range []string{p.IndexCond, p.Recheck, p.Filter} {
		condition = strings.ReplaceAll(condition, p.Alias+".", "")
		if condition == wanted || strings.Contains(condition, wanted) && !strings.Contains(condition, " OR ") ||
			strings.HasPrefix(condition, "("+wanted+" AND ") {
			return true
		}
	}
	return false
}

// isOf reports whether the first column of the node's rows is the user.
func (p plan) isOf(user string) bool {
	if len(p.Output) == 0 {
		return false
	}
	return strings.HasSuffix(p.Output[0], ".user_id") || p.Output[0] == "user_id" || p.Output[0] == fmt.Sprintf(`'%s'::text`, user)
}

// TestSchemaCanBeDistributed checks the schema for features that Citus rejects, and for
// tables of users' rows that would not be distributed.
func TestSchemaCanBeDistributed(t *testing.T) {
	t.Parallel()
	if tables := usersTables(t); !slices.Equal(slices.Sorted(slices.Values(tables)), slices.Sorted(slices.Values(store.UsersTables))) {
		t.Errorf("%q are distributed, %q have rows of users", store.UsersTables, tables)
	}
	db := distributed(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	const look = `
		WITH user_tables AS (SELECT attrelid AS oid, attnum FROM pg_attribute
			WHERE attname = 'user_id' AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind = 'r'))
		SELECT 'unique without the user: ' || indexrelid::regclass FROM pg_index JOIN user_tables ON user_tables.oid = indrelid
			WHERE (indisunique OR indisexclusion) AND NOT attnum = ANY (indkey[0:indnkeyatts - 1])
		UNION ALL SELECT 'another table''s: ' || conname FROM pg_constraint JOIN user_tables ON user_tables.oid IN (conrelid, confrelid) WHERE contype = 'f'
		UNION ALL SELECT 'trigger: ' || tgname FROM pg_trigger JOIN user_tables ON user_tables.oid = tgrelid WHERE NOT tgisinternal
		UNION ALL SELECT 'sequence: ' || relname FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind = 'S'
			AND relname <> 'schema_version_id_seq'
		UNION ALL SELECT 'sub-select in a policy: ' || polrelid::regclass FROM pg_policy
			WHERE coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '') LIKE '%SELECT%'
		UNION ALL SELECT 'sets the user by set_config: ' || proname FROM pg_proc
			WHERE pronamespace = 'tasklane'::regnamespace AND prosrc LIKE '%set_config%'
		UNION ALL SELECT 'depends on the physical place of a row: ' || proname FROM pg_proc
			WHERE pronamespace = 'tasklane'::regnamespace AND prosrc LIKE '%ctid%'
		UNION ALL SELECT 'not distributed: ' || relname FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind = 'r'
			AND oid NOT IN (SELECT oid FROM user_tables) AND relname NOT IN ('schema_version', 'timers', 'kinds')`
	rows, err := conn.Query(t.Context(), look)
	if err != nil {
		t.Fatal(err)
	}
	faults, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(faults) > 0 {
		t.Errorf("%q, %v", faults, err)
	}
}
