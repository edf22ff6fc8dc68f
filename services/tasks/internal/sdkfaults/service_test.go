// Package sdkfaults_test tests the SDK's promises with the real service behind an
// unreliable network and unreliable proxies.
package sdkfaults_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// service is a task service that can be restarted on the same database.
type service struct {
	db   storetest.Database
	key  issuertest.Key
	keys string // their URL
	wrap func(http.Handler) http.Handler

	server *httptest.Server
	stop   func()
}

// startService starts a service that is stopped with the test. wrap wraps its
// handler.
func startService(t *testing.T, wrap func(http.Handler) http.Handler) *service {
	t.Helper()
	issuer := issuertest.New(t)
	s := &service{
		db: storetest.NewDatabase(t), keys: issuer.URL,
		key: issuer.AddKey(t, "key", jwt.SigningMethodES256), wrap: wrap,
	}
	s.start(t)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *service) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	log := slog.New(slog.DiscardHandler)
	tokens, err := jwtauth.New(ctx, jwtauth.Config{JWKSURL: s.keys, Issuer: issuertest.Name, Audience: issuertest.Audience}, log)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := store.Open(ctx, store.Config{URL: s.db.URL, Pooled: s.db.Pooled})
	if err != nil {
		t.Fatal(err)
	}
	hub := feed.New(store.NewBus(tasks, s.db.DirectURL), log)
	var background sync.WaitGroup
	background.Go(func() { hub.Run(ctx) })
	s.server = httptest.NewServer(s.wrap(api.NewHandler(api.Parts{Log: log, Store: tasks, Tokens: tokens, Hub: hub})))
	s.stop = sync.OnceFunc(func() {
		hub.Close() // ends the streams, which would keep the server open
		s.server.Close()
		cancel()
		background.Wait()
		tasks.Close()
	})
}

// address returns the address on which the service listens.
func (s *service) address() *string {
	return new(s.server.Listener.Addr().String())
}

// token returns alice's token with this lifetime.
func (s *service) token(t *testing.T, life time.Duration) string {
	t.Helper()
	claims := issuertest.Claims("alice")
	claims["exp"] = jwt.NewNumericDate(time.Now().Add(life))
	return s.key.Token(t, claims, nil)
}

// newClient returns alice's client, with short timeouts and retry delays.
func (s *service) newClient(t *testing.T, url string, opts ...sdk.Option) *sdk.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 100
	t.Cleanup(transport.CloseIdleConnections)
	client, err := sdk.New(url, append([]sdk.Option{
		sdk.WithTokenSource(sdk.StaticToken(s.token(t, time.Hour))),
		sdk.WithHTTPClient(&http.Client{Transport: transport, Timeout: attemptTimeout}),
		sdk.WithRetry(sdk.RetryPolicy{BaseDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// attemptTimeout bounds one attempt of a request.
const attemptTimeout = time.Second

// tasks returns all of alice's tasks by id, including those in the trash.
func tasks(t *testing.T, client *sdk.Client) map[string]taskapi.Task {
	t.Helper()
	all := map[string]taskapi.Task{}
	for _, deleted := range []bool{false, true} {
		for task, err := range client.Tasks(t.Context(), taskapi.ListTasksOptions{Limit: taskapi.MaxListLimit, Deleted: deleted}) {
			if err != nil {
				t.Fatal(err)
			}
			all[task.ID] = task
		}
	}
	return all
}
