//go:build drill

package drill_test

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/roles"
)

// TestPasswords_CanChangeWhileServersRun changes the passwords of all database roles.
func TestPasswords_CanChangeWhileServersRun(t *testing.T) {
	root, programs := prepare(t)
	s := newSite(t, root, programs)
	s.create()
	stopAuth, stopTasks := s.startAuth(), s.startTasks()
	ada := s.signUp("ada@example.com")
	client, err := sdk.New(fmt.Sprintf("http://127.0.0.1:%d", s.ports[1]), sdk.WithTokenSource(sdk.StaticToken(ada.jwt)))
	if err != nil {
		t.Fatal(err)
	}
	creates := func(when string) {
		t.Helper()
		if _, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water the plants"}); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	addresses := func() map[string]string {
		return map[string]string{
			roles.Owner: s.server.URL(roles.Owner, s.password.Owner, roles.Database),
			roles.Auth:  s.server.URL(roles.Auth, s.password.Auth, roles.Database),
			roles.App:   s.server.URL(roles.App, s.app, roles.Database),
		}
	}
	accepts := func(address string) bool {
		conn, err := pgx.Connect(t.Context(), address)
		return err == nil && conn.Close(t.Context()) == nil
	}
	creates("before the change")

	old := addresses()
	s.password, s.app = roles.Passwords{Owner: rand.Text(), Auth: rand.Text()}, rand.Text()
	s.sh(block(t, root, "passwords"))
	for role, address := range addresses() {
		if !accepts(address) || accepts(old[role]) {
			t.Errorf("%s: the new password works: %t, the old one: %t", role, accepts(address), accepts(old[role]))
		}
	}
	creates("over an open connection")
	stopAuth()
	s.startAuth()
	stopTasks()
	s.startTasks()
	creates("after the restart, with a JWT issued before it")
	s.signIn("ada@example.com")
}
