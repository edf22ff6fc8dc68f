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
// the internal network can reach. tasks is the URL of the task service, stopping the check
// that fails during a shutdown.
//
// Without the task service, the bff is not ready. Better Auth must have responded once,
// because before that the bff knows no session. After that, the bff stays ready without
// Better Auth, to serve the sessions that it has cached.
func NewOperationsHandler(metrics *httpapi.Metrics, auth *session.BetterAuth, tasks *url.URL, stopping httpapi.Check) http.Handler {
	return httpapi.NewOperationsHandler(metrics,
		httpapi.Check{Name: "auth", Run: auth.Ready, Once: true},
		httpapi.Check{Name: "tasks", Run: func(ctx context.Context) error { return probeTasks(ctx, tasks.JoinPath("/").String()) }},
		stopping,
	)
}

// probeTransport opens a connection for each request, so that a probe tests connecting too.
var probeTransport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}

// probeTasks returns an error if the task service's API does not respond. It sends HEAD /,
// which needs no token. The service's /readyz is on a port that the bff may not reach.
func probeTasks(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err
	}
	response, err := probeTransport.RoundTrip(r)
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
