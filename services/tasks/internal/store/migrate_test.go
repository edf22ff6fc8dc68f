package store_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()

	t.Run("prepares an empty database, also when run several times at once", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewEmptyDatabase(t)
		var group errgroup.Group
		for range 4 {
			group.Go(func() error {
				if _, err := store.Migrate(t.Context(), db.OwnerURL); err != nil {
					return err
				}
				return store.GrantRuntime(t.Context(), db.OwnerURL, db.URL)
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		s := storetest.Open(t, store.Config{URL: db.URL})
		if err := s.CheckSafety(t.Context()); err != nil {
			t.Errorf("CheckSafety: %v", err)
		}
		mustCreate(t, s, alice, full())
	})

	t.Run("applies no migration twice", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewDatabase(t)
		applied, err := store.Migrate(t.Context(), db.OwnerURL)
		if err != nil || len(applied) != 0 {
			t.Errorf("applied %v, %v; want nothing", applied, err)
		}
		steps, err := store.Migrations(t.Context(), db.OwnerURL)
		if err != nil || len(steps) == 0 {
			t.Fatalf("Migrations: %v, %v", steps, err)
		}
		for _, step := range steps {
			if !step.Applied {
				t.Errorf("%s is not applied", step.Name)
			}
		}
	})

	t.Run("shows the migrations of an empty database", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewEmptyDatabase(t)
		steps, err := store.Migrations(t.Context(), db.OwnerURL)
		if err != nil || len(steps) == 0 || steps[0].Applied {
			t.Errorf("Migrations: %v, %v; want none applied", steps, err)
		}
		if _, err := store.Migrate(t.Context(), db.OwnerURL); err != nil {
			t.Error(err)
		}
	})

	t.Run("rejects one role for both", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewDatabase(t)
		if err := store.GrantRuntime(t.Context(), db.OwnerURL, db.OwnerURL); err == nil {
			t.Error("GrantRuntime made the owner the runtime role")
		}
	})
}

func TestMigrate_RejectsAnotherEncoding(t *testing.T) {
	t.Parallel()
	db := storetest.NewEmptyDatabase(t)
	owner, err := url.Parse(db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(owner.Path, "/")
	admin, err := pgx.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.Background()) }()
	for _, statement := range []string{"DROP DATABASE " + name, "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"} {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	_, err = store.Migrate(t.Context(), db.OwnerURL)
	if err == nil || !strings.Contains(err.Error(), "LATIN1, and must be UTF8") {
		t.Errorf("migrate: %v", err)
	}
}

// TestOwnerCommands_WaitForTheDatabase checks that operators' commands wait for an unavailable
// database, as requests do.
func TestOwnerCommands_WaitForTheDatabase(t *testing.T) {
	t.Parallel()
	const nowhere, nobody = "postgres://owner@127.0.0.1:1/nowhere?sslmode=disable", "postgres://app@127.0.0.1:1/nowhere?sslmode=disable"
	for name, command := range map[string]func() error{
		"Migrate":      func() error { _, err := store.Migrate(t.Context(), nowhere); return err },
		"GrantRuntime": func() error { return store.GrantRuntime(t.Context(), nowhere, nobody) },
		"Distribute":   func() error { _, err := store.Distribute(t.Context(), nowhere, nobody); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			if err := command(); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%v, want ErrUnavailable", err)
			}
			if waited := time.Since(begin); waited < sleepTime {
				t.Errorf("it failed after only %s", waited)
			}
		})
	}
}

// errAny means any error.
var errAny = errors.New("any error")

func TestCheckSafety(t *testing.T) {
	t.Parallel()

	// Operators' mistakes, and words that the error must have.
	for _, tc := range []struct {
		name, statement string
		want            error
		words           string
	}{
		{"a correct database", "", nil, ""},
		{"a missing migration", "DELETE FROM tasklane.schema_version WHERE version_id > 0", store.ErrSchemaBehind, "tasks migrate"},
		{"no migration at all", "DROP SCHEMA tasklane CASCADE", store.ErrSchemaBehind, "tasks migrate"},
		{"a role with BYPASSRLS", "ALTER ROLE {role} BYPASSRLS", store.ErrUnsafeRole, "BYPASSRLS"},
		{"a superuser", "ALTER ROLE {role} SUPERUSER", store.ErrUnsafeRole, "superuser"},
		{"a role that can become one with BYPASSRLS", "CREATE ROLE {role}_group BYPASSRLS; GRANT {role}_group TO {role}", store.ErrUnsafeRole, "can become"},
		{"a role that could read the log of all changes", "ALTER ROLE {role} REPLICATION", store.ErrUnsafeRole, "REPLICATION"},
		{"a role that could give itself others", "ALTER ROLE {role} CREATEROLE", store.ErrUnsafeRole, "CREATEROLE"},
		{"a role that could read the server's files", "GRANT pg_read_server_files TO {role}", store.ErrUnsafeRole, "files of the server"},
		{"a role that could write the server's files", "GRANT pg_write_server_files TO {role}", store.ErrUnsafeRole, "files of the server"},
		{"a role that could run programs on the server", "GRANT pg_execute_server_program TO {role}", store.ErrUnsafeRole, "files of the server"},
		{"a role that owns a table", "ALTER TABLE tasklane.tasks OWNER TO {role}", store.ErrUnsafeRole, "owner of tasks"},
		{"a table that does not force it", "ALTER TABLE tasklane.tasks NO FORCE ROW LEVEL SECURITY", store.ErrUnsafeRole, "not forced on tasks"},
		{"a table without it", "ALTER TABLE tasklane.user_state DISABLE ROW LEVEL SECURITY", store.ErrUnsafeRole, "not forced on user_state"},
		{"a view of the owner's", "CREATE VIEW {role}_all AS SELECT * FROM tasklane.tasks; GRANT SELECT ON {role}_all TO {role}", store.ErrUnsafeRole, "SELECT on "},
		{"a view of a view for everybody", "CREATE VIEW tasklane.a AS SELECT * FROM tasklane.tasks; CREATE VIEW b AS SELECT title FROM tasklane.a; GRANT SELECT ON b TO PUBLIC", store.ErrUnsafeRole, "SELECT on b"},
		{"a materialized view", "CREATE MATERIALIZED VIEW tasklane.m AS SELECT * FROM tasklane.tasks; GRANT SELECT ON tasklane.m TO {role}", store.ErrUnsafeRole, "SELECT on tasklane.m"},
		{"TRUNCATE", "GRANT TRUNCATE ON tasklane.tasks TO {role}", store.ErrUnsafeRole, "TRUNCATE on tasklane.tasks"},
		{"a trigger that it could create", "GRANT TRIGGER ON tasklane.tasks TO {role}", store.ErrUnsafeRole, "TRIGGER on tasklane.tasks"},
		{"a column that it could refer to", "GRANT REFERENCES (id) ON tasklane.tasks TO PUBLIC", store.ErrUnsafeRole, "REFERENCES on tasklane.tasks"},
		{"a privilege by way of a group", "CREATE ROLE {role}_group; GRANT {role}_group TO {role}; GRANT UPDATE ON tasklane.kinds TO {role}_group", store.ErrUnsafeRole, "UPDATE on tasklane.kinds"},
		{"a schema that it could create in", "GRANT CREATE ON SCHEMA tasklane TO {role}", store.ErrUnsafeRole, "can create"},
		{"a function that acts for all users", "CREATE FUNCTION everything() RETURNS SETOF tasklane.tasks LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM tasklane.tasks'", store.ErrUnsafeRole, "can run everything()"},
		{"a function that runs as a role with BYPASSRLS", "CREATE ROLE {role}_group BYPASSRLS; CREATE FUNCTION everything() RETURNS SETOF tasklane.tasks LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM tasklane.tasks'; GRANT CREATE ON SCHEMA public TO {role}_group; ALTER FUNCTION everything() OWNER TO {role}_group", store.ErrUnsafeRole, "can run everything()"},
		{"a function that only triggers run", "CREATE FUNCTION everything() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END'", nil, ""},
		{"a function that the role was not given", "CREATE FUNCTION everything() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM tasklane.tasks'; REVOKE ALL ON FUNCTION everything() FROM PUBLIC", nil, ""},
		{"a view that the role was not given", "CREATE VIEW mine AS SELECT * FROM tasklane.tasks", nil, ""},
		{"a change outside the policies", "CREATE OR REPLACE FUNCTION tasklane.set_user(user_id text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('app.user_id', 'everybody', true) $$", errAny, "probe"},
	} {
		verb := "rejects "
		if tc.want == nil {
			verb = "accepts "
		}
		t.Run(verb+tc.name, func(t *testing.T) {
			t.Parallel()
			// A new role, because some cases change it.
			db := storetest.NewEmptyDatabase(t)
			if _, err := store.Migrate(t.Context(), db.OwnerURL); err != nil {
				t.Fatal(err)
			}
			if err := store.GrantRuntime(t.Context(), db.OwnerURL, db.URL); err != nil {
				t.Fatal(err)
			}
			config, err := pgx.ParseConfig(db.URL)
			if err != nil {
				t.Fatal(err)
			}
			asOwner(t, db, strings.ReplaceAll(tc.statement, "{role}", config.User))
			if strings.Contains(tc.statement, "_group") {
				t.Cleanup(func() { asOwner(t, db, "DROP OWNED BY "+config.User+"_group; DROP ROLE "+config.User+"_group") })
			}
			err = storetest.Open(t, store.Config{URL: db.URL}).CheckSafety(t.Context())
			if !errors.Is(err, tc.want) && (err == nil || !errors.Is(tc.want, errAny)) {
				t.Fatalf("CheckSafety: %v, want %v", err, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.words) {
				t.Errorf("CheckSafety: %q does not name %q", err, tc.words)
			}
		})
	}
}

// TestCheckSafety_HostedPostgreSQL: the owner of the tables is not a superuser there,
// and the host's superuser has functions that PUBLIC may run.
func TestCheckSafety_HostedPostgreSQL(t *testing.T) {
	t.Parallel()
	db := storetest.NewEmptyDatabase(t)
	admin, err := url.Parse(db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	owner := runtime.User + "_owner"
	asOwner(t, db, "CREATE ROLE "+owner+" LOGIN CREATEROLE PASSWORD 'owner'; ALTER DATABASE "+runtime.Database+" OWNER TO "+owner)
	t.Cleanup(func() {
		asOwner(t, db, "ALTER DATABASE "+runtime.Database+" OWNER TO CURRENT_USER; DROP OWNED BY "+owner+" CASCADE; DROP ROLE "+owner)
	})
	hosted := *admin
	hosted.User = url.UserPassword(owner, "owner")
	if _, err := store.Migrate(t.Context(), hosted.String()); err != nil {
		t.Fatal(err)
	}
	if err := store.GrantRuntime(t.Context(), hosted.String(), db.URL); err != nil {
		t.Fatal(err)
	}
	s := storetest.Open(t, store.Config{URL: db.URL})
	for name, tc := range map[string]struct {
		statement string
		want      error
	}{
		"a helper of the host's":          {"LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM pg_stat_activity'", nil},
		"a helper in PL/pgSQL":            {"LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END'", nil},
		"a function that reads the tasks": {"LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM tasklane.tasks'", store.ErrUnsafeRole},
		"its body parsed":                 {"LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM tasklane.tasks; END", store.ErrUnsafeRole},
		"its schema in the search path":   {"LANGUAGE sql SECURITY DEFINER SET search_path = tasklane AS 'SELECT count(*) FROM tasks'", store.ErrUnsafeRole},
		"a name in quotes":                {`LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM "tasklane"."tasks"'`, store.ErrUnsafeRole},
		"a function of the owner's":       {"LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'; ALTER FUNCTION helper() OWNER TO " + owner, store.ErrUnsafeRole},
	} {
		asOwner(t, db, "CREATE FUNCTION helper() RETURNS bigint "+tc.statement)
		err := s.CheckSafety(t.Context())
		if !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), "can run helper()") {
			t.Errorf("%s: CheckSafety: %v, want %v", name, err, tc.want)
		}
		asOwner(t, db, "DROP FUNCTION helper()")
	}
}

// asOwner runs a statement as the owner of the tables.
func asOwner(t *testing.T, db storetest.Database, statement string) {
	t.Helper()
	// Also when cleaning up. A statement that waits for a lock fails.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// queryAsOwner returns the result of a query that the owner runs.
func queryAsOwner(t *testing.T, db storetest.Database, query string) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRowLevelSecurity_HidesOtherUsersRows(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	mustCreate(t, s, alice, full())
	mustCreate(t, s, bob, full())

	// Statements of the runtime role, without the store's user clauses.
	conn, err := pgx.Connect(t.Context(), db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	count := func(user, query string) (n int) {
		t.Helper()
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			if user != "" {
				if _, err := tx.Exec(t.Context(), "SELECT tasklane.set_user($1)", user); err != nil {
					return err
				}
			}
			return tx.QueryRow(t.Context(), query).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, table := range []string{"tasks", "user_state"} {
		query := "SELECT count(*) FROM tasklane." + table
		for user, want := range map[string]int{"": 0, alice: 1, bob: 1, "nobody": 0} {
			if got := count(user, query); got != want {
				t.Errorf("%q sees %d rows of %s, want %d", user, got, table, want)
			}
		}
	}
	updateAll := "WITH changed AS (UPDATE tasklane.tasks SET title = 'Mine' RETURNING 1) SELECT count(*) FROM changed"
	if got := count(bob, updateAll); got != 1 {
		t.Errorf("an update without a WHERE clause changed %d rows, want bob's one", got)
	}
	err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT tasklane.set_user($1)", bob); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "INSERT INTO tasklane.user_state (user_id, seq) VALUES ('carol', 1)")
		return err
	})
	if err == nil {
		t.Error("bob could insert a row for carol")
	}
}
