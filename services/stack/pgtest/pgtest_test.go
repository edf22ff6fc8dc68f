package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestURL(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)

	var mayCreateDatabases, mayCreateRoles bool
	const query = `SELECT rolcreatedb OR rolsuper, rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user`
	if err := conn.QueryRow(ctx, query).Scan(&mayCreateDatabases, &mayCreateRoles); err != nil {
		t.Fatal(err)
	}
	if !mayCreateDatabases || !mayCreateRoles {
		t.Errorf("may create databases: %t, roles: %t; want both", mayCreateDatabases, mayCreateRoles)
	}
}
