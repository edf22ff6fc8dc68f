package web_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// stubs are a bff in front of fake servers.
type stubs struct {
	*browser

	// exchanges counts the exchanges of sessions for JWTs.
	exchanges atomic.Int64
}

// newStubs starts a bff in front of a fake task service and a fake Better Auth. auth handles
// all paths except get-session, which always returns a live session.
func newStubs(t *testing.T, service, auth http.HandlerFunc) *stubs {
	t.Helper()
	s := &stubs{}
	serve := func(handler http.Handler) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL
	}
	mux := http.NewServeMux()
	mux.HandleFunc(getSession, func(w http.ResponseWriter, _ *http.Request) {
		n := s.exchanges.Add(1)
		claims := fmt.Sprintf(`{"exp":%d,"n":%d}`, time.Now().Add(time.Hour).Unix(), n)
		w.Header().Set("Set-Auth-Jwt", "e30."+base64.RawURLEncoding.EncodeToString([]byte(claims))+".x")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"session": map[string]any{"expiresAt": time.Now().Add(time.Hour)},
			"user":    map[string]any{"id": "ada", "name": "Ada", "email": "ada@example.com"},
		})
	})
	if auth != nil {
		mux.Handle("/", auth)
	}
	bff := serve(newHandler(t, handlerConfig{
		public: "http://localhost", auth: parse(t, serve(mux)), tasks: serve(service), log: &logBuffer{},
	}))
	s.browser = (&site{url: bff}).newBrowser(t)
	return s
}

// send sends a request as the signed-in user.
func (s *stubs) send(method, path string, body any, header http.Header) *response {
	s.t.Helper()
	all := http.Header{"Cookie": {session.CookieName + "=a.b"}}
	maps.Copy(all, header)
	return s.do(method, path, body, all)
}

// earlyHints responds with a 103 and with trailers, which must be dropped.
func earlyHints(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Set-Cookie", "early=1")
	w.Header().Set("X-Early", "1")
	w.WriteHeader(http.StatusEarlyHints)
	w.Header().Del("Set-Cookie")
	w.Header().Del("X-Early")
	w.Header().Set("Trailer", "Set-Cookie, X-Trailer")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Server", "upstream")
	w.Header().Set("Cache-Control", "public")
	_, _ = io.WriteString(w, `{}`)
	w.Header().Set("Set-Cookie", "late=1")
	w.Header().Set("X-Trailer", "1")
}

// TestInterimResponsesAndTrailers_AreDropped tests both servers behind the bff.
func TestInterimResponsesAndTrailers_AreDropped(t *testing.T) {
	t.Parallel()
	s := newStubs(t, earlyHints, earlyHints)
	for _, path := range []string{"/api/tasks", "/api/auth/ok"} {
		raw := (&site{url: s.site}).raw(t, "GET "+path+" HTTP/1.1\r\nHost: tasks\r\nTE: trailers\r\nConnection: close, TE\r\nCookie: "+session.CookieName+"=a.b\r\n\r\n")
		for _, leaked := range []string{"103", "early=1", "late=1", "X-Early", "railer", "Server", "public"} {
			if strings.Contains(raw, leaked) {
				t.Errorf("%s: %q was forwarded:\n%s", path, leaked, raw)
			}
		}
		for _, kept := range []string{
			"HTTP/1.1 200 OK", "Content-Security-Policy: default-src 'none'", "Cache-Control: no-store",
			"X-Content-Type-Options: nosniff", "X-Request-Id: ", "Content-Type: application/json", "\r\n\r\n{}",
		} {
			if !strings.Contains(raw, kept) {
				t.Errorf("%s: %q is missing:\n%s", path, kept, raw)
			}
		}
	}
}

func TestRequestToTheService_HasOnlyListedHeaders(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	s := newStubs(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		for name, value := range map[string]string{
			"Content-Type": "application/json; charset=utf-8", "ETag": `"2"`, "Idempotency-Replayed": "true", "Location": "/api/tasks/x",
			"RateLimit": "x", "RateLimit-Policy": "x", "X-Request-Id": "another", "WWW-Authenticate": "Bearer", "Set-Cookie": "a=b",
			"Access-Control-Allow-Origin": "*",
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"success":true, "of":"another release"}`)
	}, nil)
	const sent = `{ "title" : "x", "of": "another release" }`
	response := s.send(http.MethodPost, "/api/tasks?x=%7a&&y", sent, http.Header{
		"Idempotency-Key": {"once"}, "Authorization": {"Basic x"}, "X-User-Id": {"bob"}, "X-Request-Id": {"the-id"}, "X-Request-Timeout": {"3600"},
	}).is(http.StatusCreated)
	if string(response.body) != `{"success":true, "of":"another release"}` || string(body) != sent {
		t.Errorf("sent %s, got %s", body, response.body)
	}
	if got.RequestURI != "/api/tasks?x=%7a&&y" {
		t.Errorf("requested %s", got.RequestURI)
	}
	left, err := strconv.ParseFloat(got.Header.Get("X-Request-Timeout"), 64)
	if err != nil || left <= 7 || left > 8 {
		t.Errorf("X-Request-Timeout %q", got.Header.Get("X-Request-Timeout"))
	}
	got.Header.Del("X-Request-Timeout")
	if jwt := got.Header.Get("Authorization"); !strings.HasPrefix(jwt, "Bearer e30.") {
		t.Errorf("Authorization %q", jwt)
	}
	got.Header.Del("Authorization")
	want := http.Header{
		"Content-Length": {strconv.Itoa(len(sent))}, "Content-Type": {"application/json"},
		"Idempotency-Key": {"once"}, "User-Agent": {"tasklane-bff"}, "X-Request-Id": {"the-id"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	response.header.Del("Date")
	wantHeader := http.Header{
		"Cache-Control": {"no-store"}, "Content-Length": {"40"}, "Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
		"Content-Type": {"application/json; charset=utf-8"}, "Cross-Origin-Resource-Policy": {"same-origin"}, "Etag": {`"2"`},
		"Idempotency-Replayed": {"true"}, "Location": {"/api/tasks/x"}, "Referrer-Policy": {"same-origin"}, "Vary": {"Origin", "Accept-Encoding"},
		"X-Content-Type-Options": {"nosniff"}, "X-Request-Id": {"the-id"},
	}
	if diff := cmp.Diff(wantHeader, response.header); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func TestResponsesOfGateways_AreNotForwarded(t *testing.T) {
	t.Parallel()
	const words = "nginx at 10.0.0.7"
	for name, test := range map[string]struct {
		status      int
		contentType string
		encoding    string
		want        taskapi.ErrorCode
	}{
		"HTML":                      {http.StatusOK, "text/html", "", taskapi.CodeBadGateway},
		"no type":                   {http.StatusOK, "", "", taskapi.CodeBadGateway},
		"an invalid media type":     {http.StatusOK, "application/json, text/html", "", taskapi.CodeBadGateway},
		"a problem with status 200": {http.StatusOK, "application/problem+json", "", taskapi.CodeBadGateway},
		"JSON with status 500":      {http.StatusInternalServerError, "application/json", "", taskapi.CodeBadGateway},
		"an encoding":               {http.StatusOK, "application/json", "br", taskapi.CodeBadGateway},
		"a redirect":                {http.StatusFound, "application/json", "", taskapi.CodeBadGateway},
		"a redirect with its body":  {http.StatusPermanentRedirect, "application/problem+json", "", taskapi.CodeBadGateway},
		"another protocol":          {http.StatusSwitchingProtocols, "", "", taskapi.CodeBadGateway},
		"a full gateway":            {http.StatusTooManyRequests, "text/html", "", taskapi.CodeUnavailable},
		"a gateway without servers": {http.StatusServiceUnavailable, "text/html", "", taskapi.CodeUnavailable},
		"a gateway timeout":         {http.StatusGatewayTimeout, "text/html", "", taskapi.CodeTimeout},
		"a rejected JWT":            {http.StatusUnauthorized, "application/problem+json", "", taskapi.CodeBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStubs(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://10.0.0.7/")
				w.Header()["Content-Type"] = []string{test.contentType}
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, words)
			}, nil)
			response := s.send(http.MethodGet, "/api/tasks", nil, nil)
			response.fails(test.want)
			if strings.Contains(string(response.body), words) || response.header.Get("Location") != "" {
				t.Errorf("a gateway's error text was forwarded: %s %v", response.body, response.header)
			}
		})
	}
}

func TestProblemsOfTheService_AreForwarded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		const problem = `{"success":false,"code":"of_another_release","more":[1]}`
		s := newStubs(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, problem)
		}, nil)
		response := s.send(http.MethodGet, "/api/tasks", nil, nil).is(status)
		if string(response.body) != problem || response.header.Get("Retry-After") != "7" {
			t.Errorf("%d: %s %v", status, response.body, response.header)
		}
	}
}

func TestTruncatedResponse_IsUnavailable(t *testing.T) {
	t.Parallel()
	truncated := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"success":true`)
		panic(http.ErrAbortHandler)
	}
	s := newStubs(t, truncated, truncated)
	s.send(http.MethodGet, "/api/tasks", nil, nil).fails(taskapi.CodeUnavailable)
	s.send(http.MethodGet, "/api/auth/ok", nil, nil).fails(taskapi.CodeAuthUnavailable)
}

func TestRejectedJWT_IsRenewedOnce(t *testing.T) {
	t.Parallel()
	var tokens []string
	var bodies []string
	s := newStubs(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		tokens, bodies = append(tokens, r.Header.Get("Authorization")), append(bodies, string(body))
		if len(tokens) == 1 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}, nil)
	s.send(http.MethodPost, "/api/tasks", `{"title":"x"}`, nil).is(http.StatusOK)
	if len(tokens) != 2 || tokens[0] == tokens[1] || bodies[0] != bodies[1] || s.exchanges.Load() != 2 {
		t.Errorf("%d exchanges, sent %q with %q", s.exchanges.Load(), bodies, tokens)
	}
}

// TestRejectedJWT_IsRenewedOnceForConcurrentCalls rejects two concurrent calls of bootstrap.
func TestRejectedJWT_IsRenewedOnceForConcurrentCalls(t *testing.T) {
	t.Parallel()
	fake := sdktest.NewServer(t)
	var calls atomic.Int64
	both := make(chan struct{})
	s := newStubs(t, func(w http.ResponseWriter, r *http.Request) {
		switch calls.Add(1) {
		case 1:
		case 2:
			close(both)
		default:
			r.Header.Set("Authorization", "Bearer "+fake.Token("ada"))
			fake.ServeHTTP(w, r)
			return
		}
		<-both
		w.WriteHeader(http.StatusUnauthorized)
	}, nil)
	var got taskapi.Response[web.Bootstrap]
	s.send(http.MethodGet, bootstrapPath, nil, nil).is(http.StatusOK).into(&got)
	if n := s.exchanges.Load(); len(got.Data.Failures) != 0 || n != 2 {
		t.Errorf("%d exchanges, failures %+v", n, got.Data.Failures)
	}
}

func TestNonCanonicalPaths_AreRejected(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := newStubs(t, func(w http.ResponseWriter, _ *http.Request) { requests.Add(1) }, nil)
	for _, path := range []string{"/api/tasks/..%2f..%2freadyz", "/api/tasks/%2e%2e", "/api/tasks/x%2frestore", "/api/tasks/%61", "/api/t%61sks"} {
		s.send(http.MethodGet, path, nil, nil).fails(taskapi.CodeNotFound)
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests reached the service, want none", n)
	}
}
