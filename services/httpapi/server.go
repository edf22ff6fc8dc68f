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
	// writeTimeout bounds how long a response may take, including a slow reader.
	// Operations have less time and streams set their own; files of a page may be
	// large, and connections slow.
	writeTimeout = time.Minute
	// idleTimeout is how long an unused connection is kept.
	idleTimeout = 2 * time.Minute
	// maxHeaderBytes bounds a request's headers. A JWT and a few cookies
	// stay far below it.
	maxHeaderBytes = 32 << 10
	// checkTimeout bounds all checks of one look at /readyz.
	checkTimeout = 3 * time.Second
)

// Server is an address and what it serves.
type Server struct {
	// Name stands in the log.
	Name string
	// Address is a host and port as net.Listen takes them.
	Address string
	Handler http.Handler
	// Stop, unless nil, is called when the server stops accepting requests. It
	// ends responses that would not end by themselves.
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
	silent := &silentConnections{conns: map[net.Conn]struct{}{}}
	server.ConnState = silent.track
	server.RegisterOnShutdown(silent.close)
	return server
}

// Serve runs the servers until ctx ends, drains, then stops taking requests and
// waits for those under way, up to [budget.Shutdown]; it cuts off the rest.
// It listens on every address before it serves the first request, and fails if
// one is taken. In a container with a limit of memory, the garbage collector works
// towards 90 % of it, unless GOMEMLIMIT says otherwise.
func Serve(ctx context.Context, log *slog.Logger, drain *Drain, servers ...Server) error {
	if _, err := memlimit.Set(); err != nil && !errors.Is(err, memlimit.ErrCgroupsNotSupported) {
		log.Warn("cannot find out the container's limit of memory", "error", err.Error())
	}
	listeners := make([]net.Listener, 0, len(servers))
	for _, s := range servers {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close() // nothing was served on it
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
		open := &openStreams{streams: map[*Stream]struct{}{}}
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
			stop(stopping, log, server, open)
			return nil
		})
	}
	return group.Wait()
}

// stop lets requests under way and streams finish for a while, and ends the rest.
func stop(ctx context.Context, log *slog.Logger, server *http.Server, open *openStreams) {
	timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), budget.Shutdown)
	defer cancel()
	if err := errors.Join(server.Shutdown(timeout), open.wait(timeout)); err != nil {
		log.Warn("cut off what did not finish in time", "address", server.Addr, "error", err.Error())
		_ = server.Close() // nobody waits for an answer any more
	}
}

// silentConnections tracks connections without a request yet. Browsers open them in
// advance, and a server that stops would wait five seconds for their first request.
type silentConnections struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

func (s *silentConnections) track(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, conn)
	case s.closed:
		_ = conn.Close() // it came too late
	default:
		s.conns[conn] = struct{}{}
	}
}

func (s *silentConnections) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close() // nothing was said on it
	}
}

// Check is a check for readiness.
type Check struct {
	Name string
	Run  func(context.Context) error
	// Once: after the check has passed once, the server stays ready if it fails.
	Once bool
}

// NewOperationsHandler serves /healthz, which answers while the process lives,
// /readyz, which runs the checks side by side and says what failed, and
// /metrics. It is meant for a port that only the network inside can reach, and
// logs nothing: probes come all the time.
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

// runChecks runs the checks and notes those that have passed.
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
	_ = json.NewEncoder(w).Encode(body) // the prober is gone; there is nobody to tell
}
