package main

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/roles"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// TestMigrate_SetsThePasswordOfTheRuntimeRole checks that migrate gives the runtime role the password
// in DATABASE_URL.
func TestMigrate_SetsThePasswordOfTheRuntimeRole(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	if err := roles.Create(t.Context(), server.AdminURL(postgres.Superuser), roles.Passwords{Owner: "owner", Auth: "auth"}); err != nil {
		t.Fatal(err)
	}
	owner := server.URL(roles.Owner, "owner", roles.Database)
	if _, err := store.Migrate(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"first", "it's \"second\"", "it's \"second\""} {
		app := server.URL(roles.App, password, roles.Database)
		if err := store.GrantRuntime(t.Context(), owner, app); err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.Connect(t.Context(), app)
		if err != nil {
			t.Fatalf("after migrating with the password %s: %v", password, err)
		}
		if err := conn.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}
