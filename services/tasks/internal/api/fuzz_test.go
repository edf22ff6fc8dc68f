package api_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/tasklane/tasklane/services/httpapi/contracttest"
	"github.com/tasklane/tasklane/services/stack/seed"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

// TestFuzz_CausesNoServerError runs [contracttest.Fuzz] with the service's document.
func TestFuzz_CausesNoServerError(t *testing.T) {
	t.Parallel()
	s := newService(t)
	document, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	requests := 2000
	if os.Getenv("TEST_SOAK") == "1" {
		requests = 10_000
	}
	contracttest.Fuzz(t, document, contracttest.Target{
		URL:    server.URL,
		Header: http.Header{"Authorization": {"Bearer " + s.key.Token(t, issuertest.Claims("alice"), nil)}},
	}, seed.Of(t), requests)
}
