package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// NewOperationsHandler serves /healthz, /readyz and /metrics. Serve it on a port that only
// the internal network can reach. tasks is the URL of the task service, self an
// additional check.
//
// Without the task service, the BFF is not ready. Better Auth must have responded once,
// because before that the BFF knows no session. After that, the BFF stays ready without
// Better Auth, to serve the sessions that it has cached.
func NewOperationsHandler(metrics *httpapi.Metrics, auth *session.BetterAuth, tasks *url.URL, self httpapi.Check) http.Handler {
	return httpapi.NewOperationsHandler(metrics,
		httpapi.Check{Name: "auth", Run: auth.Ready, Once: true},
		httpapi.Check{Name: "tasks", Run: func(ctx context.Context) error { return askTasks(ctx, tasks.JoinPath("/").String()) }},
		self,
	)
}

// fresh opens a connection for each request, to show that connecting still works.
var fresh = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}

// askTasks reports whether the task service's API responds. Its readiness is on a port for
// operators only; HEAD /, which needs no token, is enough here.
func askTasks(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err
	}
	response, err := fresh.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("the task service is unavailable: %w", err)
	}
	defer response.Body.Close()
	// A gateway without a running server behind it responds with 5xx.
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("the task service responded with status %d", response.StatusCode)
	}
	return nil
}
