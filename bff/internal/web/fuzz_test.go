package web_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/services/httpapi/contracttest"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// TestFuzz_CausesNoServerError runs [contracttest.Fuzz] with the bff's document.
func TestFuzz_CausesNoServerError(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	document, err := web.Document()
	if err != nil {
		t.Fatal(err)
	}
	requests := 1000
	if os.Getenv("TEST_SOAK") == "1" {
		requests = 10_000
	}
	ada := s.newBrowser(t)
	ada.signUp()
	contracttest.Fuzz(t, document, contracttest.Target{URL: s.url, Header: http.Header{
		"Cookie": {ada.cookie().String()}, "Origin": {s.url}, "Sec-Fetch-Site": {"same-origin"},
	}}, seed.Of(t), requests)
}
