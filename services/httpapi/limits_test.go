package httpapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// limited is a server whose operations block until the test releases them: /op and
// /stream send their release function to started. /broken panics before it streams.
type limited struct {
	t       *testing.T
	handler http.Handler
	metrics *httpapi.Metrics
	log     strings.Builder
	started chan chan struct{}
}

func newLimited(t *testing.T, limits httpapi.Limits) *limited {
	s := &limited{t: t, metrics: httpapi.NewMetrics(), started: make(chan chan struct{})}
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.NewJSONHandler(&s.log, nil)), Metrics: s.metrics})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "Test", Version: "1", Limits: limits, Metrics: s.metrics})
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		httpapi.SetUser(ctx.Context(), ctx.Header("User"), nil)
		next(ctx)
	}, api.LimitRate, api.LimitInFlight)
	wait := func(ctx context.Context) error {
		finish := make(chan struct{})
		select {
		case s.started <- finish:
			<-finish
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	httpapi.Register(api, huma.Operation{OperationID: "quick", Method: http.MethodGet, Path: "/quick"}, nil,
		func(context.Context, *struct{}) (*struct{}, error) { return &struct{}{}, nil })
	httpapi.Register(api, huma.Operation{OperationID: "op", Method: http.MethodGet, Path: "/op"}, nil,
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return &struct{}{}, wait(ctx) })
	httpapi.RegisterStream(api, huma.Operation{OperationID: "stream", Method: http.MethodGet, Path: "/stream"}, nil,
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				ctx.SetStatus(http.StatusOK)
				_ = wait(ctx.Context())
			}}, nil
		})
	httpapi.RegisterStream(api, huma.Operation{OperationID: "broken", Method: http.MethodGet, Path: "/broken"}, nil,
		func(context.Context, *struct{}) (*huma.StreamResponse, error) { panic("broken") })
	router.Method(http.MethodGet, "/auth", api.Admit(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, limited := r.Context().Deadline(); !limited {
			s.t.Error("requests outside the API have no deadline")
		}
		_ = wait(r.Context())
	}), httpapi.MaxBodyBytes, time.Minute, func(r *http.Request) string { return r.Header.Get("User") }))
	s.handler = router
	return s
}

// get sends a user's GET request.
func (s *limited) get(ctx context.Context, user, path string) *http.Response {
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	req.Header.Set("User", user)
	s.handler.ServeHTTP(rec, req)
	return rec.Result()
}

// want checks a response's status and, if it is an error, its code.
func (s *limited) want(res *http.Response, status int, code taskapi.ErrorCode) {
	s.t.Helper()
	var problem taskapi.Problem
	if status >= http.StatusBadRequest {
		if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
			s.t.Errorf("not a problem: %v", err)
		}
	}
	if res.StatusCode != status || problem.Code != code {
		s.t.Errorf("%d %s, want %d %s", res.StatusCode, problem.Code, status, code)
	}
	if rejected := status == 429 || status == 503; (res.Header.Get("Retry-After") != "") != rejected {
		s.t.Errorf("%d with Retry-After %q", status, res.Header.Get("Retry-After"))
	}
}

// hold sends a request that blocks inside the handler until release.
func (s *limited) hold(path string) (release func()) {
	var done sync.WaitGroup
	done.Go(func() {
		if res := s.get(s.t.Context(), "alice", path); res.StatusCode >= http.StatusBadRequest {
			s.t.Errorf("%s: %s", path, res.Status)
		}
	})
	finish := <-s.started
	return func() {
		close(finish)
		done.Wait()
	}
}

// metric returns the value of a metric, or "missing".
func (s *limited) metric(name string) string {
	s.t.Helper()
	rec := httptest.NewRecorder()
	httpapi.NewOperationsHandler(s.metrics).ServeHTTP(rec, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(rec.Body.String()) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return "missing"
}

func (s *limited) wantRejections(limit, want string) {
	s.t.Helper()
	if got := s.metric(`tasklane_rejections_total{limit="` + limit + `"}`); got != want {
		s.t.Errorf("%s rejections by the limit %s, want %s", got, limit, want)
	}
}

func TestInFlight_IsBoundedSeparatelyForAuth(t *testing.T) {
	t.Parallel()
	s := newLimited(t, httpapi.Limits{InFlight: 1, Streams: 1})
	end := s.hold("/op")
	if got := s.metric("tasklane_requests_in_flight"); got != "1" {
		t.Errorf("%s requests in flight, want 1", got)
	}
	s.want(s.get(t.Context(), "bob", "/quick"), 503, taskapi.CodeOverloaded)
	s.want(s.get(t.Context(), "bob", "/stream"), 503, taskapi.CodeOverloaded)
	// Requests to Better Auth are counted separately.
	endAuth := s.hold("/auth")
	if got := s.metric("tasklane_auth_requests_in_flight"); got != "1" {
		t.Errorf("%s requests to Better Auth in flight, want 1", got)
	}
	s.want(s.get(t.Context(), "bob", "/auth"), 503, taskapi.CodeOverloaded)
	end()
	s.want(s.get(t.Context(), "bob", "/quick"), http.StatusNoContent, "")
	s.want(s.get(t.Context(), "bob", "/auth"), 503, taskapi.CodeOverloaded)
	endAuth()
	s.hold("/auth")()
	s.want(s.get(t.Context(), "bob", "/quick"), http.StatusNoContent, "")
	s.wantRejections("in_flight", "2")
	s.wantRejections("auth_in_flight", "2")
	s.wantRejections("memory", "0")
}

func TestInFlight_OneUserHasAShare(t *testing.T) {
	t.Parallel()
	s := newLimited(t, httpapi.Limits{InFlight: 8, Streams: 3})
	ends := []func(){s.hold("/stream"), s.hold("/stream"), s.hold("/op"), s.hold("/op")}
	s.want(s.get(t.Context(), "alice", "/quick"), 429, taskapi.CodeRateLimited)
	s.want(s.get(t.Context(), "alice", "/stream"), 429, taskapi.CodeRateLimited)
	s.want(s.get(t.Context(), "bob", "/quick"), http.StatusNoContent, "")
	for _, end := range ends {
		end()
	}
	s.want(s.get(t.Context(), "alice", "/quick"), http.StatusNoContent, "")
	s.hold("/op")()
	s.hold("/op")()
	s.wantRejections("user_in_flight", "2")
}

func TestStreams_AreBounded(t *testing.T) {
	t.Parallel()
	s := newLimited(t, httpapi.Limits{InFlight: 1, Streams: 1})
	for range 3 {
		s.want(s.get(t.Context(), "bob", "/broken"), 500, taskapi.CodeInternal)
	}
	end := s.hold("/stream")
	if got := s.metric("tasklane_streams_open"); got != "1" {
		t.Errorf("%s streams open, want 1", got)
	}
	s.want(s.get(t.Context(), "bob", "/stream"), 503, taskapi.CodeOverloaded)
	s.want(s.get(t.Context(), "bob", "/quick"), http.StatusNoContent, "") // a stream does not count as in flight
	end()
	s.hold("/stream")()
	if streams, requests := s.metric("tasklane_streams_open"), s.metric("tasklane_requests_in_flight"); streams != "0" || requests != "0" {
		t.Errorf("%s streams and %s requests are left", streams, requests)
	}
	s.wantRejections("streams", "1")
}

func TestRate_IsLimitedPerUser(t *testing.T) {
	t.Parallel()
	s := newLimited(t, httpapi.Limits{Rate: httpapi.Rate{PerSecond: .01, Burst: 2}})
	var left []string
	for _, want := range []struct {
		status int
		code   taskapi.ErrorCode
	}{{204, ""}, {204, ""}, {429, taskapi.CodeRateLimited}} {
		res := s.get(t.Context(), "alice", "/quick")
		s.want(res, want.status, want.code)
		left = append(left, res.Header.Get("RateLimit-Policy")+" "+res.Header.Get("RateLimit"))
	}
	if diff := cmp.Diff([]string{`"user";q=2;w=200 "user";r=1;t=100`, `"user";q=2;w=200 "user";r=0;t=200`, `"user";q=2;w=200 "user";r=0;t=200`}, left); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	s.want(s.get(t.Context(), "bob", "/quick"), http.StatusNoContent, "")
	s.wantRejections("rate", "1")
}

func TestRate_IsLimitedPerClient(t *testing.T) {
	t.Parallel()
	handler := httpapi.LimitClients(httpapi.Rate{PerSecond: .01, Burst: 1}, func(r *http.Request) string { return r.Header.Get("Client") })(
		newLimited(t, httpapi.Limits{Rate: httpapi.Rate{PerSecond: .01, Burst: 2}}).handler)
	for _, want := range []struct {
		client        string
		status        int
		policy, limit []string
	}{
		// The user's limit is reported too.
		{"192.0.2.1", 204, []string{`"client";q=1;w=100`, `"user";q=2;w=200`}, []string{`"client";r=0;t=100`, `"user";r=1;t=100`}},
		{"192.0.2.1", 429, []string{`"client";q=1;w=100`}, []string{`"client";r=0;t=100`}},
		{"192.0.2.2", 204, []string{`"client";q=1;w=100`, `"user";q=2;w=200`}, []string{`"client";r=0;t=100`, `"user";r=0;t=200`}},
	} {
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/quick", nil)
		req.Header.Set("Client", want.client)
		handler.ServeHTTP(rec, req)
		if rec.Code != want.status || (rec.Header().Get("Retry-After") != "") != (want.status == 429) {
			t.Errorf("%s: %d with Retry-After %q, want %d", want.client, rec.Code, rec.Header().Get("Retry-After"), want.status)
		}
		if diff := cmp.Diff([][]string{want.policy, want.limit}, [][]string{rec.Header().Values("RateLimit-Policy"), rec.Header().Values("RateLimit")}); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", want.client, diff)
		}
	}
}

func TestMetrics_LabelsAreBounded(t *testing.T) {
	t.Parallel()
	s := newLimited(t, httpapi.Limits{})
	s.want(s.get(t.Context(), "alice", "/quick"), http.StatusNoContent, "")
	s.want(s.get(t.Context(), "alice", "/no-such-path"), 404, taskapi.CodeNotFound)
	s.want(s.get(t.Context(), "alice", "/another"), 404, taskapi.CodeNotFound)
	gone, leave := context.WithCancel(t.Context())
	leave()
	s.get(gone, "alice", "/op")
	s.hold("/stream")()
	for name, want := range map[string]string{
		`tasklane_requests_total{operation="quick",status="204"}`:            "1",
		`tasklane_requests_total{operation="none",status="404"}`:             "2",
		`tasklane_requests_total{operation="op",status="499"}`:               "1",
		`tasklane_requests_total{operation="stream",status="200"}`:           "1",
		`tasklane_request_duration_seconds_count{operation="quick"}`:         "1",
		`tasklane_request_duration_seconds_count{operation="stream"}`:        "missing",
		`tasklane_request_duration_seconds_bucket{operation="none",le="10"}`: "2",
	} {
		if got := s.metric(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if s.metric("go_goroutines") == "missing" {
		t.Error("the metrics of the Go runtime are missing")
	}
	if strings.Contains(s.log.String(), `"level":"ERROR"`) || !strings.Contains(s.log.String(), `"status":499`) {
		t.Errorf("a disconnected client is logged as an error: %s", s.log.String())
	}
}
