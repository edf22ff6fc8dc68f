package servertest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
)

// newDatabase creates an empty database on the server own, or on the shared server if own is
// nil. It returns the database's URL as superuser, and the name and password for a role that
// does not exist yet. On the shared server, the database and the role are dropped when the test
// ends.
func newDatabase(t testing.TB, own *Postgres) (ownerURL string, role *url.Userinfo) {
	t.Helper()
	var admin string
	if own != nil {
		admin = own.URL()
	} else {
		admin = pgtest.URL(t)
	}
	name := "bff_test_" + strings.ToLower(rand.Text())
	role = url.UserPassword(name, rand.Text())
	run(t, admin, "CREATE DATABASE "+name)
	if own == nil {
		t.Cleanup(func() {
			run(t, admin, "DROP DATABASE "+name+" WITH (FORCE)")
			run(t, admin, "DROP ROLE IF EXISTS "+name)
		})
	}
	address := parse(t, admin)
	address.Path = "/" + name
	return address.String(), role
}

// run runs a statement on a new connection.
func run(t testing.TB, address, statement string, args ...any) {
	t.Helper()
	// Not the test's context, which is canceled before cleanup functions run.
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement, args...); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", statement, err))
	}
}
