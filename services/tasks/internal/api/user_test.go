package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

// TestEraseUser_NeedsItsScopeAndPreventsWrites calls the operation that is not in the
// document.
func TestEraseUser_NeedsItsScopeAndPreventsWrites(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const create, path = `{"title":"Water the plants"}`, "/api/user"
	for _, user := range []string{"alice", "bob"} {
		if a := s.as(t, user, http.MethodPost, "/api/tasks", create); a.status != http.StatusCreated {
			t.Fatalf("create: %d %s", a.status, a.body)
		}
	}
	wantProblem(t, s.as(t, "alice", http.MethodDelete, path, ""), taskapi.CodeNotFound)
	claims := issuertest.Claims("alice")
	claims["scope"] = "erase_user"
	token := "Bearer " + s.key.Token(t, claims, nil)
	for range 2 {
		if a := s.as(t, "", http.MethodDelete, path, "", "Authorization", token); a.status != http.StatusNoContent || len(a.body) > 0 {
			t.Fatalf("erase: %d %s, want 204 without a body", a.status, a.body)
		}
	}
	wantProblem(t, s.as(t, "alice", http.MethodPost, "/api/tasks", create), taskapi.CodeAccountDeleted)
	wantProblem(t, s.as(t, "alice", http.MethodPost, "/api/tasks", create, "Idempotency-Key", "k"), taskapi.CodeAccountDeleted)
	if a := s.as(t, "bob", http.MethodPost, "/api/tasks", create); a.status != http.StatusCreated {
		t.Errorf("another user's create: %d %s", a.status, a.body)
	}
	wantProblem(t, s.as(t, "", http.MethodDelete, path, ""), taskapi.CodeUnauthenticated)
}

// TestChallenge_NamesTheSetting sends tokens whose issuer or audience is not that of the
// settings.
func TestChallenge_NamesTheSetting(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for claim, want := range map[string]string{"iss": "JWT_ISSUER", "aud": "JWT_AUDIENCE"} {
		claims := issuertest.Claims("alice")
		claims[claim] = "https://other.example.com"
		a := s.as(t, "", http.MethodGet, "/api/tasks", "", "Authorization", "Bearer "+s.key.Token(t, claims, nil))
		wantProblem(t, a, taskapi.CodeUnauthenticated)
		if got := a.header.Get("WWW-Authenticate"); !strings.Contains(got, want) {
			t.Errorf("another %s: %s", claim, got)
		}
	}
}
