package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// call sends a GET request and returns the response and the log.
func call(t *testing.T, path string, set func(api *httpapi.API)) (res *http.Response, problem taskapi.Problem, log string) {
	t.Helper()
	var buf bytes.Buffer
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.NewJSONHandler(&buf, nil))})
	set(httpapi.NewAPI(router, httpapi.Config{Title: "Test", Version: "1"}))
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	if err := json.Unmarshal(rec.Body.Bytes(), &problem); err != nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	return rec.Result(), problem, buf.String()
}

func failing(err func(context.Context) error) func(*httpapi.API) {
	return func(api *httpapi.API) {
		httpapi.Register(api, huma.Operation{OperationID: "fail", Method: http.MethodGet, Path: "/fail"}, nil,
			func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, err(ctx) })
	}
}

func TestProblems_HideInternals(t *testing.T) {
	t.Parallel()
	const secret = `pq: relation "secret_table" does not exist`
	for _, tc := range []struct {
		name string
		err  func(context.Context) error
		want taskapi.ErrorCode
	}{
		{"an unknown error", func(context.Context) error { return errors.New(secret) }, taskapi.CodeInternal},
		{"a panic", func(context.Context) error { panic(secret) }, taskapi.CodeInternal},
		{"a deadline", func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				return errors.New("the context has no deadline")
			}
			return fmt.Errorf("%s: %w", secret, context.DeadlineExceeded)
		}, taskapi.CodeTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res, problem, log := call(t, "/fail", failing(tc.err))
			if problem.Code != tc.want || res.StatusCode != tc.want.Status() || problem.Success {
				t.Errorf("%d %+v, want %s", res.StatusCode, problem, tc.want)
			}
			if problem.RequestID == "" || problem.RequestID != res.Header.Get("X-Request-Id") {
				t.Errorf("requestId %q, header %q", problem.RequestID, res.Header.Get("X-Request-Id"))
			}
			if strings.Contains(fmt.Sprintf("%+v", problem), "secret_table") {
				t.Errorf("the client sees %+v", problem)
			}
			if !strings.Contains(log, "secret_table") || !strings.Contains(log, problem.RequestID) {
				t.Errorf("the log lacks the cause for %s: %s", problem.RequestID, log)
			}
		})
	}
}

func TestUnknownPath_IsNotFound(t *testing.T) {
	t.Parallel()
	_, problem, _ := call(t, "/nothing", func(*httpapi.API) {})
	if problem.Code != taskapi.CodeNotFound {
		t.Errorf("%+v, want not_found", problem)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)

	t.Run("finishes requests in flight", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		address := freeAddress(t)
		started, finish, served := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			served <- httpapi.Serve(ctx, log, new(httpapi.Drain), httpapi.Server{Name: "api", Address: address, Handler: http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) {
					close(started)
					<-finish
					_, _ = io.WriteString(w, "done")
				})})
		}()
		result := make(chan string, 1)
		go func() {
			body, err := get(t.Context(), "http://"+address)
			result <- fmt.Sprint(body, err)
		}()
		<-started
		stop()
		close(finish)
		if got := <-result; got != "done<nil>" {
			t.Errorf("the request ended with %s", got)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})

	t.Run("does not wait for connections without a request", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var buf bytes.Buffer
		address, served := freeAddress(t), make(chan error, 1)
		go func() {
			served <- httpapi.Serve(ctx, slog.New(slog.NewTextHandler(&buf, nil)), new(httpapi.Drain),
				httpapi.Server{Name: "api", Address: address, Handler: http.NotFoundHandler()})
		}()
		if _, err := get(t.Context(), "http://"+address); err != nil {
			t.Fatal(err)
		}
		unused, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unused.Close() }()
		stop()
		if err := <-served; err != nil || strings.Contains(buf.String(), "closed connections") {
			t.Errorf("Serve: %v\n%s", err, buf.String())
		}
	})

	t.Run("closes connections that do not finish", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var buf bytes.Buffer
		address, started, served := freeAddress(t), make(chan struct{}), make(chan error, 1)
		go func() {
			served <- httpapi.Serve(ctx, slog.New(slog.NewTextHandler(&buf, nil)), new(httpapi.Drain), httpapi.Server{Name: "api", Address: address, Handler: http.HandlerFunc(
				func(_ http.ResponseWriter, r *http.Request) {
					close(started)
					<-r.Context().Done() // until the connection is closed
				})})
		}()
		result := make(chan error, 1)
		go func() {
			_, err := get(t.Context(), "http://"+address)
			result <- err
		}()
		<-started
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if err := <-result; err == nil {
			t.Error("the request succeeded")
		}
		if got := buf.String(); !strings.Contains(got, `msg="closed connections that did not finish in time" server=api`) {
			t.Errorf("the log does not name the server: %s", got)
		}
	})

	t.Run("fails if an address is taken", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = taken.Close() }()
		err = httpapi.Serve(t.Context(), log, new(httpapi.Drain),
			httpapi.Server{Name: "api", Address: "127.0.0.1:0"},
			httpapi.Server{Name: "operations", Address: taken.Addr().String()})
		if err == nil || !strings.Contains(err.Error(), "operations") {
			t.Errorf("Serve: %v, want an error that names the server", err)
		}
	})
}

// freeAddress returns an address that is not in use.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// get retries until the server listens.
func get(ctx context.Context, url string) (string, error) {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return "", err
		}
		res, err := http.DefaultClient.Do(req)
		if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Op == "dial" && ctx.Err() == nil {
			runtime.Gosched()
			continue
		}
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(res.Body)
		return string(body), errors.Join(err, res.Body.Close())
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	ok := httpapi.Check{Name: "keys", Run: func(context.Context) error { return nil }}
	broken := httpapi.Check{Name: "database", Run: func(context.Context) error { return errors.New("refused") }}
	for _, tc := range []struct {
		name, path string
		checks     []httpapi.Check
		status     int
		body       string
	}{
		{"healthz succeeds although a check fails", "/healthz", []httpapi.Check{broken}, 200, `{"status":"ok"}`},
		{"readyz succeeds if all checks pass", "/readyz", []httpapi.Check{ok}, 200, `{"checks":{"keys":"ok"},"ready":true}`},
		{"readyz fails if one check fails", "/readyz", []httpapi.Check{ok, broken}, 503, `{"checks":{"database":"refused","keys":"ok"},"ready":false}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			httpapi.NewOperationsHandler(httpapi.NewMetrics(), tc.checks...).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tc.path, nil))
			if got := strings.TrimSpace(rec.Body.String()); rec.Code != tc.status || got != tc.body {
				t.Errorf("%d %s, want %d %s", rec.Code, got, tc.status, tc.body)
			}
		})
	}
}

func TestMethodNotAllowed_ListsTheMethodsOfTheExactPath(t *testing.T) {
	t.Parallel()
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler)})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "Test", Version: "1"})
	for method, path := range map[string]string{http.MethodGet: "/tasks/stats", http.MethodPatch: "/tasks/{id}"} {
		httpapi.Register(api, huma.Operation{OperationID: method, Method: method, Path: path}, nil,
			func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	}
	for _, tc := range []struct {
		method, path, allow string
		want                int
	}{
		{http.MethodGet, "/tasks/stats", "", http.StatusNoContent},
		{http.MethodPatch, "/tasks/stats", "GET, HEAD", http.StatusMethodNotAllowed},
		{http.MethodPost, "/tasks/stats", "GET, HEAD", http.StatusMethodNotAllowed},
		{http.MethodPatch, "/tasks/1", "", http.StatusNoContent},
		{http.MethodPost, "/tasks/1", "PATCH", http.StatusMethodNotAllowed},
		{"BREW", "/tasks/1", "PATCH", http.StatusMethodNotAllowed},
		{"BREW", "/teas", "", http.StatusNotFound},
	} {
		rec := httptest.NewRecorder()
		router.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, nil))
		if allow := strings.Join(rec.Header().Values("Allow"), ", "); rec.Code != tc.want || allow != tc.allow {
			t.Errorf("%s %s: %d, Allow %q, want %d, %q", tc.method, tc.path, rec.Code, allow, tc.want, tc.allow)
		}
	}
}
