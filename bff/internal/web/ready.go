package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// NewOperationsHandler serves /healthz, /readyz and /metrics, for a port that
// only the network inside can reach. tasks is where the task service is reached;
// without what self checks, the BFF is not ready either.
//
// Without the task service it should get no requests. Better Auth must have
// answered once: a BFF that has never reached it knows no session. One that has
// is left in place when Better Auth is gone, to serve the sessions that it knows.
func NewOperationsHandler(metrics *httpapi.Metrics, auth *session.BetterAuth, tasks *url.URL, self httpapi.Check) http.Handler {
	return httpapi.NewOperationsHandler(metrics,
		httpapi.Check{Name: "auth", Run: auth.Ready, Once: true},
		httpapi.Check{Name: "tasks", Run: func(ctx context.Context) error { return askTasks(ctx, tasks.JoinPath("/").String()) }},
		self,
	)
}

// fresh makes a connection for each request, which shows whether one can still
// be had.
var fresh = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}

// askTasks reports whether the task service's API answers. Only operators know
// its readiness, on a port of their own; that it answers HEAD / without asking
// for a token shows enough.
func askTasks(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err
	}
	response, err := fresh.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("the task service does not answer: %w", err)
	}
	defer response.Body.Close()
	// A gateway in front answers so when there is nobody behind it.
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("the task service answered %d", response.StatusCode)
	}
	return nil
}
