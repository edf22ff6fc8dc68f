package store_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// userClause matches a condition on the user in a statement.
var userClause = regexp.MustCompile(`(?:\w+\.)?user_id = (\$\d+)`)

// mutant is a statement of the store without one of its user clauses.
type mutant struct {
	original, text string
	args           []any
}

// TestEachUserClauseIsBackedByRowLevelSecurity removes each user clause of each statement in turn.
// Row-level security must replace it: as bob, the statement returns the same rows as
// with the clause, and leaves alice's rows unchanged. Without row-level security the
// mutants must be detected; otherwise the test would prove nothing.
func TestEachUserClauseIsBackedByRowLevelSecurity(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	r := &recorder{texts: map[string][]any{}}
	// In a new database, because it erases alice.
	exercise(t, storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, Tracer: r}), alice, "zebratext", 61)
	mutants := mutantsOf(r.texts)
	if len(mutants) < 20 {
		t.Fatalf("only %d mutants", len(mutants))
	}
	s := storetest.Open(t, store.Config{URL: db.URL})
	target := seedUser(t, s, alice)
	seedUser(t, s, bob)
	conn, err := pgx.Connect(t.Context(), db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()

	leaks := func() (found []string) {
		for _, m := range mutants {
			if diff := m.attack(t, conn, target); diff != "" {
				found = append(found, m.text+"\n"+diff)
			}
		}
		return found
	}
	leaked := leaks()
	for _, leak := range leaked {
		t.Errorf("leaks:\n%s", leak)
	}
	t.Logf("counted: user clauses removed %d, leaks %d", len(mutants), len(leaked))
	for _, table := range usersTables(t) {
		asOwner(t, db, "ALTER TABLE "+table+" DISABLE ROW LEVEL SECURITY")
	}
	detected := len(leaks())
	t.Logf("%d mutants of %d statements; without row-level security %d leak", len(mutants), len(r.texts), detected)
	// Statements of cascades have several user clauses, of which one is enough.
	if detected < len(mutants)/4 {
		t.Errorf("without row-level security only %d of %d mutants are detected", detected, len(mutants))
	}
}

// mutantsOf returns the statements without each of their user clauses, in a fixed order.
func mutantsOf(texts map[string][]any) (all []mutant) {
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		for _, at := range userClause.FindAllStringSubmatchIndex(text, -1) {
			// The parameter stays; otherwise PostgreSQL would not know its type.
			without := text[:at[0]] + text[at[2]:at[3]] + "::text IS NOT NULL" + text[at[1]:]
			all = append(all, mutant{original: text, text: without, args: texts[text]})
		}
	}
	return all
}

// seedUser gives a user a task outside the trash, whose id it returns, one in the trash,
// an erased one, and keys.
func seedUser(t *testing.T, s *store.Store, user string) uuid.UUID {
	t.Helper()
	on := func(key string) *store.IdempotencyKey { return &store.IdempotencyKey{Key: "zebratext" + key} }
	req := full()
	req.Title, req.Tags = "zebratext", []string{"zebratext"}
	live := write(t, s, user, create(req), on("create"))
	write(t, s, user, trash(uuid.MustParse(mustCreate(t, s, user, req).ID)), on("delete"))
	write(t, s, user, erase(uuid.MustParse(mustCreate(t, s, user, req).ID)), on("erase"))
	write(t, s, user, create(taskapi.CreateTaskRequest{Title: "zebratext open", Priority: taskapi.High, Tags: req.Tags}), on("update"))
	return uuid.MustParse(live.ID)
}

// attack runs the mutant and the original as bob with the id of alice's task, and returns how
// they differ in their rows and in alice's rows afterwards.
func (m mutant) attack(t *testing.T, conn *pgx.Conn, target uuid.UUID) string {
	t.Helper()
	args := slices.Clone(m.args)
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			if arg == alice {
				args[i] = bob
			}
		case [16]byte:
			args[i] = [16]byte(target)
		case [][16]byte:
			args[i] = [][16]byte{target}
		}
	}
	if n := versionArgument(m.original); n > 0 {
		args[n-1] = int64(2) // the next version of alice's task
	}
	want, got := outcomeOf(t, conn, m.original, args), outcomeOf(t, conn, m.text, args)
	return cmp.Diff(want, got)
}

// varyingTime matches times that a statement may create.
var varyingTime = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*( \+\d+ UTC)?`)

// outcomeOf runs a statement as bob and returns its rows, followed by alice's. It rolls
// back all changes.
func outcomeOf(t *testing.T, conn *pgx.Conn, text string, args []any) (seen []string) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	as := func(user string) {
		if _, err := tx.Exec(t.Context(), "SELECT tasklane.set_user($1)", user); err != nil {
			t.Fatal(err)
		}
	}
	query := func(text string, args ...any) error {
		rows, err := tx.Query(t.Context(), text, args...)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToMap)
		for _, row := range all {
			seen = append(seen, varyingTime.ReplaceAllString(fmt.Sprint(row), "TIME"))
		}
		seen = append(seen, rows.CommandTag().String())
		return err
	}
	as(bob)
	if err := query(text, args...); err != nil {
		return append(seen, err.Error())
	}
	as(alice)
	for _, table := range []string{"tasks", "erased", "idempotency_keys", "user_state"} {
		if err := query("SELECT * FROM tasklane." + table + " WHERE user_id = '" + alice + "' ORDER BY 1, 2"); err != nil {
			t.Fatal(err)
		}
	}
	return slices.DeleteFunc(seen, func(row string) bool { return strings.TrimSpace(row) == "" })
}
