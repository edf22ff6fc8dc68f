package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/budget"
)

const (
	// headerTimeout bounds how long a client may take to send its headers.
	headerTimeout = 10 * time.Second
	// writeTimeout bounds how long a response may take. It is long enough for the
	// page's files on a slow connection. Operations set a shorter timeout, streams one
	// for each write.
	writeTimeout = time.Minute
	// idleTimeout bounds how long an idle connection is kept.
	idleTimeout = 2 * time.Minute
	// maxHeaderBytes bounds a request's headers. A JWT and a few cookies need a small
	// part of it.
	maxHeaderBytes = 32 << 10
	// checkTimeout bounds all checks of one request to /readyz.
	checkTimeout = 3 * time.Second
)

// Server is an HTTP server that [Serve] runs.
type Server struct {
	// Name identifies the server in the log.
	Name string
	// Address is a host and port, as for net.Listen.
	Address string
	Handler http.Handler
	// Stop is called when the server stops accepting requests, to end responses
	// that would not end by themselves. It may be nil.
	Stop func()
}

func (s Server) http(log *slog.Logger, open *openStreams) *http.Server {
	server := &http.Server{
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), openStreamsKey{}, open)
		},
		Handler:           s.Handler,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if s.Stop != nil {
		server.RegisterOnShutdown(s.Stop)
	}
	unused := &unusedConnections{conns: map[net.Conn]struct{}{}}
	server.ConnState = unused.track
	server.RegisterOnShutdown(unused.close)
	return server
}

// Serve runs the servers until ctx ends. Then it drains, stops accepting requests, waits
// up to [budget.Shutdown] for requests in flight, and closes the remaining connections.
// It listens on all addresses before it serves the first request, and fails if one is
// taken. In a container with a memory limit, it sets GOMEMLIMIT to 90 % of the limit,
// unless the environment sets it.
func Serve(ctx context.Context, log *slog.Logger, drain *Drain, servers ...Server) error {
	if _, err := memlimit.Set(); err != nil && !errors.Is(err, memlimit.ErrCgroupsNotSupported) {
		log.Warn("cannot read the container's memory limit", "error", err.Error())
	}
	listeners := make([]net.Listener, 0, len(servers))
	for _, s := range servers {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close() // nothing was served
			}
			return fmt.Errorf("listen for %s: %w", s.Name, err)
		}
		listeners = append(listeners, listener)
	}

	group, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	stopping, stopAll := context.WithCancel(failed)
	defer stopAll()
	group.Go(func() error {
		select {
		case <-ctx.Done():
			drain.wait(failed)
		case <-failed.Done():
		}
		stopAll()
		return nil
	})
	for i, s := range servers {
		s.Handler = drain.handler(s.Handler)
		open := newOpenStreams()
		server := s.http(log, open)
		log.Info("listening", "server", s.Name, "address", listeners[i].Addr().String())
		group.Go(func() error {
			if err := server.Serve(listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", s.Name, err)
			}
			return nil
		})
		group.Go(func() error {
			<-stopping.Done()
			stop(stopping, log.With("server", s.Name), server, open)
			return nil
		})
	}
	return group.Wait()
}

// stop waits for requests in flight and streams, and closes the rest after a timeout.
func stop(ctx context.Context, log *slog.Logger, server *http.Server, open *openStreams) {
	timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), budget.Shutdown)
	defer cancel()
	if err := errors.Join(server.Shutdown(timeout), open.wait(timeout)); err != nil {
		log.Warn("closed connections that did not finish in time", "error", err.Error())
		_ = server.Close() // the listener is closed already
	}
}

// unusedConnections tracks connections without a request. Browsers open them in advance,
// and [http.Server.Shutdown] would wait five seconds for a request.
type unusedConnections struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

func (u *unusedConnections) track(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(u.conns, conn)
	case u.closed:
		_ = conn.Close() // accepted during shutdown
	default:
		u.conns[conn] = struct{}{}
	}
}

func (u *unusedConnections) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	for conn := range u.conns {
		_ = conn.Close() // no request was sent
	}
}

// Check is a readiness check.
type Check struct {
	Name string
	Run  func(context.Context) error
	// Once keeps the server ready if the check fails after it has passed once.
	Once bool
}

// NewOperationsHandler serves /healthz, which always succeeds, /readyz, which runs the
// checks concurrently and reports their results, and /metrics. Serve it on a port that
// only the internal network can reach. It does not log, because probes are frequent.
func NewOperationsHandler(metrics *Metrics, checks ...Check) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	r.Handle("/metrics", metrics.handler())
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	passed := make([]atomic.Bool, len(checks))
	r.Get("/readyz", func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), checkTimeout)
		defer cancel()
		status, results := runChecks(ctx, checks, passed)
		writeStatus(w, status, map[string]any{"ready": status == http.StatusOK, "checks": results})
	})
	return r
}

// runChecks runs the checks concurrently and records those that have passed.
func runChecks(ctx context.Context, checks []Check, passed []atomic.Bool) (status int, results map[string]string) {
	errs := make([]error, len(checks))
	var running sync.WaitGroup
	for i, check := range checks {
		running.Go(func() { errs[i] = check.Run(ctx) })
	}
	running.Wait()

	status, results = http.StatusOK, make(map[string]string, len(checks))
	for i, check := range checks {
		if errs[i] == nil {
			results[check.Name] = "ok"
			passed[i].Store(true)
			continue
		}
		results[check.Name] = errs[i].Error()
		if !check.Once || !passed[i].Load() {
			status = http.StatusServiceUnavailable
		}
	}
	return status, results
}

func writeStatus(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the prober may have disconnected
}
