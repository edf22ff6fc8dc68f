package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/upstream"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
)

// idleTimeout is how long an unused connection to the task service is kept.
const idleTimeout = 30 * time.Second

type serveCommand struct{}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context) error {
	var c config
	if err := environ.Read(&c); err != nil {
		return err
	}
	log, flushLog := httpapi.NewLog(os.Stderr, c.LogLevel)
	defer flushLog()
	spans, flush, err := tracing.Start(ctx, c.Tracing, "bff", log)
	if err != nil {
		return err
	}
	defer flush()
	drain := httpapi.NewDrain(c.Drain)
	s, err := newSite(c, log, spans, drain)
	if err != nil {
		return err
	}
	defer s.close()
	return httpapi.Serve(ctx, log, drain,
		httpapi.Server{Name: "browsers", Address: c.address(c.Port), Handler: s.browsers, Stop: s.browsers.EndStreams},
		httpapi.Server{Name: "operations", Address: c.address(c.OpsPort), Handler: s.operations},
	)
}

// site has the handlers of the bff.
type site struct {
	browsers   *web.Handler
	operations http.Handler
	// close closes the connections to the other servers.
	close func()
}

func newSite(c config, log *slog.Logger, spans trace.TracerProvider, drain *httpapi.Drain) (*site, error) {
	metrics := httpapi.NewMetrics()
	observer := upstream.New(metrics, spans)
	connections := forward.NewTransport(idleTimeout)
	service := observer.Transport("tasks", connections)
	auth := session.NewBetterAuth(c.BetterAuthURL.URL)
	auth.Users = observer.Transport("auth", auth.Transport)
	sessions := session.NewSessions(timeExchanges(metrics, auth), time.Duration(c.SessionCacheTTL))
	if c.Secret == "" {
		log.Warn("BETTER_AUTH_SECRET is not set: signatures of session cookies are not checked here, and each unknown cookie costs a request to Better Auth")
		sessions.CacheEnded()
	}
	cookies := session.NewCookies(string(c.Secret), c.PublicURL.Scheme == "https", string(c.CookiePrefix))
	addSessionMetrics(metrics, sessions, cookies)
	browsers, err := web.NewHandler(web.Config{
		PublicURL:       c.PublicURL.URL,
		TrustedOrigins:  c.TrustedOrigins,
		TrustedProxies:  c.TrustedProxies,
		PageDir:         string(c.PageDir),
		BetterAuth:      auth,
		Cookies:         cookies,
		Sessions:        sessions,
		TasksURL:        c.TasksURL.URL,
		TasksTransport:  service,
		StreamTransport: observer.Transport("tasks", forward.StreamTransport{Next: connections}),
		Log:             log,
		Limits:          c.Limits.Limits(),
		ClientRate:      c.clientRate(),
		Metrics:         metrics,
		Tracing:         spans,
	})
	if err != nil {
		return nil, err
	}
	return &site{
		browsers:   browsers,
		operations: web.NewOperationsHandler(metrics, auth, c.TasksURL.URL, drain.Check()),
		close: func() {
			connections.CloseIdleConnections()
			auth.Transport.CloseIdleConnections()
		},
	}, nil
}
