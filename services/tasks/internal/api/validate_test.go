package api_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/tasklane/tasklane/services/httpapi/contracttest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
)

// documented returns the service's own document.
var documented = sync.OnceValues(func() (*contracttest.Document, error) {
	text, err := api.Document()
	if err != nil {
		return nil, err
	}
	return contracttest.Load(text)
})

// validated forwards requests to a handler and fails the test if a response does not match
// the document.
func validated(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	document, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		response := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		response.Tee(&body)
		next.ServeHTTP(response, r)
		got := contracttest.Response{Status: response.Status(), Header: response.Header(), Body: body.Bytes()}
		if err := document.CheckResponse(r.Method, r.URL.Path, got); err != nil {
			t.Errorf("%s %s: %d is not as documented: %v", r.Method, r.URL.Path, response.Status(), err)
		}
	})
}
