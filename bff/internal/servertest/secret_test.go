package servertest_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
)

// TestSecret_CanBeChanged changes the secret as services/auth/README.md says. Before that,
// it starts a server with another secret than that of the signing keys, which must fail.
func TestSecret_CanBeChanged(t *testing.T) {
	t.Parallel()
	auth := servertest.StartAuth(t, "http://localhost:3000")
	tasks := servertest.StartTasks(t, auth)
	email := servertest.NewEmail()
	user := map[string]any{"name": "Ada", "email": email, "password": servertest.Password}
	cookie := auth.Post("/api/auth/sign-up/email", user).Cookies()[0]
	jwt := auth.JWT(cookie)
	const title = `{"title":"Water the plants"}`
	create := func(jwt string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tasks.URL.String()+"/api/tasks", strings.NewReader(title))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+jwt)
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}

	secret := "BETTER_AUTH_SECRET=" + rand.Text() + rand.Text()
	log, err := auth.Run(nil, secret)
	if err == nil || !strings.Contains(log, "new-keys") {
		t.Errorf("a server with another secret: %v\n%s", err, log)
	}
	if auth.JWT(cookie) == "" {
		t.Error("the first server no longer issues JWTs")
	}

	if log, err := auth.Run([]string{"new-keys"}); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	for what, token := range map[string]string{"before": jwt, "after": auth.JWT(cookie)} {
		if status := create(token); status != http.StatusCreated {
			t.Errorf("with a JWT from %s the key was replaced: %d, want 201", what, status)
		}
	}

	// With Kubernetes the command needs the running server's container.
	if log, err := auth.Run([]string{"new-keys"}, secret); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	auth.Stop()
	auth.RestartWith(secret)
	if status := create(jwt); status != http.StatusCreated {
		t.Errorf("with a JWT of the old secret: %d, want 201", status)
	}
	if auth.JWT(cookie) != "" {
		t.Error("a cookie of the old secret is accepted")
	}
	again := auth.Post("/api/auth/sign-in/email", user).Cookies()[0]
	if status := create(auth.JWT(again)); status != http.StatusCreated {
		t.Errorf("after the next sign-in: %d, want 201", status)
	}
}
