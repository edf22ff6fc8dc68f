package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tasklane/tasklane/services/tasks/internal/api"
)

// documented finds the operation of a request in the service's own document.
var documented = sync.OnceValues(func() (routers.Router, error) {
	text, err := api.Document()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

// validated passes requests on to a handler and fails the test where an answer
// is not as the document says: a status, a header or a body that it does not
// have.
func validated(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	document, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		answer.Tee(&body)
		next.ServeHTTP(answer, r)
		if err := validate(document, r, answer, &body); err != nil {
			t.Errorf("%s %s: %d is not as documented: %v", r.Method, r.URL.Path, answer.Status(), err)
		}
	})
}

func validate(document routers.Router, r *http.Request, answer middleware.WrapResponseWriter, body io.Reader) error {
	route, parameters, err := document.FindRoute(r)
	if err != nil || r.Method == http.MethodHead || answer.Status() == http.StatusMethodNotAllowed {
		return nil // no operation's answer
	}
	media := answer.Header().Get("Content-Type")
	options := &openapi3filter.Options{
		IncludeResponseStatus: true,
		// A stream is text of which the document says no more.
		ExcludeResponseBody: strings.HasPrefix(media, "text/event-stream"),
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r, PathParams: parameters, Route: route, Options: options,
		},
		Status: answer.Status(), Header: answer.Header(), Body: io.NopCloser(body), Options: options,
	})
}

// TestValidation shows that an answer that is not documented is noticed.
func TestValidation(t *testing.T) {
	t.Parallel()
	document, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	const problem = `{"success":false,"error":"Task not found.","code":"task_not_found","status":404,"title":"Not Found","requestId":"r"}`
	for name, tc := range map[string]struct {
		method      string
		status      int
		media, body string
		ok          bool
	}{
		"as documented":      {"GET", 404, "application/problem+json", problem, true},
		"an unknown code":    {"GET", 404, "application/problem+json", strings.Replace(problem, "task_not_found", "gone", 1), false},
		"a field too many":   {"GET", 404, "application/problem+json", strings.Replace(problem, "{", `{"stack":"…",`, 1), false},
		"a field too few":    {"GET", 404, "application/problem+json", strings.Replace(problem, `"code":"task_not_found",`, "", 1), false},
		"another status":     {"GET", 409, "application/problem+json", problem, false},
		"another media type": {"GET", 404, "text/html", "<p>", false},
		"an empty task":      {"GET", 200, "application/json", `{"success":true,"data":{}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := &recorded{header: http.Header{"Content-Type": {tc.media}, "X-Request-Id": {"r"}, "ETag": {`"1"`}}, status: tc.status}
			req, err := http.NewRequestWithContext(t.Context(), tc.method, "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(document, req, rec, strings.NewReader(tc.body)); (err == nil) != tc.ok {
				t.Errorf("validate: %v", err)
			}
		})
	}
}

// recorded is an answer that was given.
type recorded struct {
	middleware.WrapResponseWriter
	header http.Header
	status int
}

func (r *recorded) Header() http.Header { return r.header }
func (r *recorded) Status() int         { return r.status }
