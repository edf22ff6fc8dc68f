package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// readyTimeout bounds one look at the servers behind the BFF.
const readyTimeout = 3 * time.Second

// NewOperationsHandler serves /healthz, /readyz and /metrics, for a port that
// only the network inside can reach. tasks is where the task service is reached;
// without what self checks, the BFF is not ready either.
func NewOperationsHandler(metrics *httpapi.Metrics, auth *session.BetterAuth, tasks *url.URL, self httpapi.Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", httpapi.NewOperationsHandler(metrics))
	mux.Handle("GET /readyz", &readiness{
		auth:  auth,
		self:  self,
		tasks: tasks.JoinPath("/").String(),
		// A connection for each look shows whether one can still be had.
		connect: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
	})
	return mux
}

// readiness says which servers the BFF reaches, and whether a load balancer
// should send it requests.
//
// Without the task service it should not. Better Auth must have answered once:
// a BFF that has never reached it knows no session. One that has is left in
// place when Better Auth is gone, to serve the sessions that it knows.
type readiness struct {
	auth    *session.BetterAuth
	self    httpapi.Check
	tasks   string
	connect *http.Transport

	authReached atomic.Bool
}

func (p *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	var auth, tasks error
	var both sync.WaitGroup
	both.Go(func() { auth = p.auth.Ready(ctx) })
	both.Go(func() { tasks = p.askTasks(ctx) })
	both.Wait()
	if auth == nil {
		p.authReached.Store(true)
	}

	self := p.self.Run(ctx)
	ready := tasks == nil && self == nil && p.authReached.Load()
	w.Header().Set("Content-Type", "application/json")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// The prober may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"ready":  ready,
		"checks": map[string]string{"auth": result(auth), "tasks": result(tasks), p.self.Name: result(self)},
	})
}

// askTasks reports whether the task service's API answers. Only operators know
// its readiness, on a port of their own; that it answers HEAD / without asking
// for a token shows enough.
func (p *readiness) askTasks(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, p.tasks, nil)
	if err != nil {
		return err
	}
	response, err := p.connect.RoundTrip(r)
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

func result(err error) string {
	if err != nil {
		return err.Error()
	}
	return "ok"
}
