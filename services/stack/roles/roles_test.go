package roles_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/roles"
)

// TestRolesHaveOnlyTheirPrivileges has its own server, because all databases of a server
// share its roles.
func TestRolesHaveOnlyTheirPrivileges(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	again := roles.Passwords{Owner: "it's \"second\"", Auth: "$$second$$"}
	for _, passwords := range []roles.Passwords{{Owner: "first", Auth: "first"}, again} {
		if err := roles.Create(t.Context(), server.AdminURL(postgres.Superuser), passwords); err != nil {
			t.Fatal(err)
		}
		checkPrivileges(t, server.URL(roles.Owner, passwords.Owner, roles.Database),
			privileges{CreateRole: true, OwnsDatabase: true, CreateInPublic: true, Schema: "public"})
		checkPrivileges(t, server.URL(roles.Auth, passwords.Auth, roles.Database), privileges{Schema: "auth"})
	}
	checkAuthURL(t, server, again.Owner)
}

// TestOwnerSetsThePasswordOfARestoredRole: a superuser creates the task service's role before
// a restore, and from PostgreSQL 16 on, the owner may not change such a role by itself.
func TestOwnerSetsThePasswordOfARestoredRole(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	admin := connect(t, server.AdminURL(postgres.Superuser))
	if _, err := admin.Exec(t.Context(), "CREATE ROLE "+roles.App+" LOGIN"); err != nil {
		t.Fatal(err)
	}
	passwords := roles.Passwords{Owner: "owner", Auth: "auth"}
	if err := roles.Create(t.Context(), server.AdminURL(postgres.Superuser), passwords); err != nil {
		t.Fatal(err)
	}
	owner := connect(t, server.URL(roles.Owner, passwords.Owner, roles.Database))
	if _, err := owner.Exec(t.Context(), "ALTER ROLE "+roles.App+" PASSWORD 'app'"); err != nil {
		t.Error(err)
	}
}

// privileges are what a role may do: its attributes, its grants, and its schema.
type privileges struct {
	Superuser, CreateRole, BypassRLS, OwnsDatabase, CreateInPublic bool

	Schema string
}

func checkPrivileges(t *testing.T, url string, want privileges) {
	t.Helper()
	var got privileges
	row := connect(t, url).QueryRow(t.Context(), `
		SELECT r.rolsuper, r.rolcreaterole, r.rolbypassrls, d.datdba = r.oid,
			has_schema_privilege('public', 'CREATE'), current_schema()
		FROM pg_roles r, pg_database d
		WHERE r.rolname = current_user AND d.datname = current_database()`)
	if err := row.Scan(&got.Superuser, &got.CreateRole, &got.BypassRLS, &got.OwnsDatabase, &got.CreateInPublic, &got.Schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("privileges (-want +got):\n%s", diff)
	}
}

// checkAuthURL checks that AuthURL creates the schema, and fails if another role
// owns it.
func checkAuthURL(t *testing.T, server *postgres.Server, ownerPassword string) {
	t.Helper()
	for _, given := range []string{
		server.AdminURL("postgres"),
		server.AdminURL("postgres") + "&options=-c%20work_mem%3D8MB",
	} {
		url, err := roles.AuthURL(t.Context(), given)
		if err != nil {
			t.Fatal(err)
		}
		var schema string
		if err := connect(t, url).QueryRow(t.Context(), "SELECT current_schema()").Scan(&schema); err != nil {
			t.Fatal(err)
		}
		if schema != "auth" {
			t.Errorf("schema = %q, want auth", schema)
		}
	}
	if _, err := roles.AuthURL(t.Context(), server.URL(roles.Owner, ownerPassword, roles.Database)); err == nil {
		t.Error("Better Auth got a schema without privileges")
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}
