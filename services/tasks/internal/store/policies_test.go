package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDetectsEachBrokenPolicy breaks each protection of users' rows in turn, and checks
// that the service would not start. If rows of other users become visible or writable, the
// probe must find it too.
func TestDetectsEachBrokenPolicy(t *testing.T) {
	t.Parallel()
	faults := []struct {
		name, statement string
		// leaks says that rows of other users become visible or writable.
		leaks bool
	}{
		{"without own_rows", "DROP POLICY own_rows ON %s", false},
		{"without maintenance", "DROP POLICY maintenance ON %s", false},
		{"with own_rows that shows all rows", "ALTER POLICY own_rows ON %s USING (true)", true},
		{"with own_rows that accepts all rows", "ALTER POLICY own_rows ON %s WITH CHECK (true)", true},
		{"with own_rows that also shows all others", "ALTER POLICY own_rows ON %s USING (user_id = (SELECT current_setting('app.user_id', true)) OR true)", true},
		{"with own_rows that shows all to any user", "ALTER POLICY own_rows ON %s USING (current_setting('app.user_id', true) IS NOT NULL)", true},
		{"with own_rows that accepts all rows of any user", "ALTER POLICY own_rows ON %s WITH CHECK (current_setting('app.user_id', true) <> '')", true},
		{"with another policy that shows some", "CREATE POLICY few ON %s FOR SELECT USING (user_id = current_setting('app.user_id', true) OR user_id = 'bob')", false},
		{"with another policy that shows all", "CREATE POLICY open ON %s FOR SELECT USING (true)", true},
		{"with maintenance for all", "ALTER POLICY maintenance ON %s TO PUBLIC", true},
		{"without row-level security", "ALTER TABLE %s DISABLE ROW LEVEL SECURITY", true},
	}
	tables := usersTables(t)
	for _, table := range tables {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			for _, fault := range faults {
				db := storetest.NewDatabase(t)
				asOwner(t, db, fmt.Sprintf(fault.statement, table))
				s := storetest.Open(t, store.Config{URL: db.URL})
				_, name, _ := strings.Cut(table, ".")
				if err := s.CheckSafety(t.Context()); !errors.Is(err, store.ErrUnsafeRole) || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: CheckSafety: %v, want ErrUnsafeRole that names %s", fault.name, err, name)
				}
				if err := s.ProbeIsolation(t.Context()); errors.Is(err, store.ErrLeak) != fault.leaks {
					t.Errorf("%s: ProbeIsolation: %v", fault.name, err)
				}
				s.Close()
			}
		})
	}
	t.Logf("counted: policies broken %d", len(faults)*len(tables))
}

// usersTables returns the tables with rows of users.
func usersTables(t *testing.T) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), storetest.NewDatabase(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `SELECT table_schema || '.' || table_name FROM information_schema.columns WHERE column_name = 'user_id' AND table_schema = 'tasklane'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 4 {
		t.Fatalf("tables %q, %v", tables, err)
	}
	return tables
}
