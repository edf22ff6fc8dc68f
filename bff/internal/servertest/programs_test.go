package servertest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestAPIKey_GetsJWTsUntilItIsRevoked creates a key, uses it with the SDK, and revokes it.
func TestAPIKey_GetsJWTsUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	auth := servertest.StartAuth(t, "http://localhost:3000")
	tasks := servertest.StartTasks(t, auth)
	cookies := auth.SignUp()
	var key struct{ ID, Key string }
	decode(t, auth.Post("/api/auth/api-key/create", map[string]any{"name": "report"}, cookies...), &key)

	source := func() sdk.TokenSource {
		source, err := sdk.NewKeySource(auth.URL.String(), key.Key)
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	client, err := sdk.New(tasks.URL.String(), sdk.WithTokenSource(source()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for range 20 { // more than the plugin's default limit for a key and day
		if _, err := source().Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water the plants"}); err != nil {
		t.Fatal(err)
	}

	for _, path := range []string{"/api/auth/delete-user", "/api/auth/update-user", "/api/auth/api-key/create"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, auth.URL.JoinPath(path).String(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", key.Key)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s with a key: %d, want 403", path, response.StatusCode)
		}
	}

	auth.Post("/api/auth/api-key/delete", map[string]any{"keyId": key.ID}, cookies...)
	if _, err := source().Token(t.Context()); !errors.Is(err, sdk.ErrUnauthenticated) {
		t.Errorf("with a revoked key: %v, want ErrUnauthenticated", err)
	}
	auth.Exec(`ALTER TABLE apikey RENAME TO gone`)
	if _, err := source().Token(t.Context()); !errors.Is(err, sdk.ErrAuthUnavailable) {
		t.Errorf("without its table: %v, want ErrAuthUnavailable", err)
	}
}

// TestIssuer_IsTheAddressAsItIsSpelled gives Better Auth and the task service the same address,
// as compose and the units do, with a slash at its end.
func TestIssuer_IsTheAddressAsItIsSpelled(t *testing.T) {
	t.Parallel()
	auth := servertest.StartAuth(t, "http://localhost:3000/")
	tasks := servertest.StartTasks(t, auth)
	client, err := sdk.New(tasks.URL.String(), sdk.WithTokenSource(sdk.StaticToken(auth.JWT(auth.SignUp()[0]))))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water the plants"}); err != nil {
		t.Error(err)
	}
}

func decode(t *testing.T, response *http.Response, v any) {
	t.Helper()
	if err := json.NewDecoder(response.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}
