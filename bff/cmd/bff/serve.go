package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
)

// serviceRetry repeats calls of the task service less than the SDK would by
// itself: a person waits, and the page tries again too.
var serviceRetry = sdk.RetryPolicy{MaxAttempts: 3, MaxDelay: time.Second, MaxRetryAfter: 2 * time.Second}

type serveCommand struct{}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context) error {
	var c config
	if err := environ.Read(&c); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	var remember []session.Option
	if c.Secret == "" {
		log.Warn("BETTER_AUTH_SECRET is not set: the signatures of session cookies are not checked here, and each unknown cookie is a question to Better Auth")
		remember = append(remember, session.RememberEnded())
	}
	tasks, err := sdk.New(c.TasksURL.String(), sdk.WithUserAgent("tasklane-bff"), sdk.WithRetry(serviceRetry))
	if err != nil {
		return err
	}
	defer tasks.Close()
	metrics := httpapi.NewMetrics()
	auth := session.NewBetterAuth(c.BetterAuthURL.URL)
	handler, err := web.NewHandler(web.Config{
		PublicURL:      c.PublicURL.URL,
		TrustedOrigins: origins(c.TrustedOrigins),
		TrustedProxies: networks(c.TrustedProxies),
		PageDir:        string(c.PageDir),
		BetterAuth:     auth,
		Cookies:        session.NewCookies(string(c.Secret), c.PublicURL.Scheme == "https"),
		Sessions:       session.NewSessions(auth, time.Duration(c.SessionCacheTTL), remember...),
		Tasks:          tasks,
		Log:            log,
		Metrics:        metrics,
		Limits:         c.Limits.Limits(),
		ClientRate:     c.clientRate(),
	})
	if err != nil {
		return err
	}
	return httpapi.Serve(ctx, log,
		httpapi.Server{Name: "browsers", Address: c.listen(c.Port), Handler: handler},
		httpapi.Server{Name: "operations", Address: c.listen(c.OpsPort), Handler: web.NewOperationsHandler(metrics, auth, c.TasksURL.URL)},
	)
}
