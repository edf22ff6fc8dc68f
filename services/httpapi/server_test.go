package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
)

// pipe is a listener for one connection, with synctest's clock.
type pipe struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p pipe) Close() error   { close(p.done); return nil }
func (p pipe) Addr() net.Addr { return &net.UnixAddr{} }

// dial starts a server and connects to it. It must be called within synctest.Test.
func dial(t *testing.T, handler http.Handler) net.Conn {
	t.Helper()
	return serve(t, Server{Handler: handler}.http(slog.New(slog.DiscardHandler), newOpenStreams()))
}

// serve starts a server and connects to it.
func serve(t *testing.T, server *http.Server) net.Conn {
	t.Helper()
	listener := pipe{make(chan net.Conn), make(chan struct{})}
	go func() { _ = server.Serve(listener) }()
	client, conn := net.Pipe()
	listener.conns <- conn
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		time.Sleep(time.Second) // synctest's clock: net/http lingers on a rejected connection
	})
	return client
}

type slowInput struct{ Body struct{ Text string } }

// large is a response that exceeds all buffers.
type large struct{ Body string }

// newTestHandler serves POST /slow, which responds after 8 s, and GET /large. It sends the
// error of writing to the client to written.
func newTestHandler(written chan<- error) http.Handler {
	router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
	api := NewAPI(router, Config{Title: "Test", Version: "1"})
	api.UseMiddleware(api.LimitInFlight)
	Register(api, huma.Operation{OperationID: "slow", Method: http.MethodPost, Path: "/slow"}, nil,
		func(ctx context.Context, _ *slowInput) (*struct{}, error) {
			// Longer than Huma's timeout for a body, which is 5 s.
			select {
			case <-time.After(8 * time.Second):
				return &struct{}{}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	Register(api, huma.Operation{OperationID: "large", Method: http.MethodGet, Path: "/large"}, nil,
		func(context.Context, *struct{}) (*large, error) { return &large{strings.Repeat("a", 1<<20)}, nil })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		router.ServeHTTP(w, r)
		_, err := w.Write([]byte(" "))
		written <- err
	})
}

func TestSlowClients(t *testing.T) {
	t.Parallel()

	t.Run("incomplete headers close the connection", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn, start := dial(t, newTestHandler(nil)), time.Now()
			fmt.Fprint(conn, "GET /large HTTP/1.1\r\n")
			_, _ = io.ReadAll(conn)
			if took := time.Since(start); took != headerTimeout {
				t.Errorf("the connection was closed after %v, want %v", took, headerTimeout)
			}
		})
	})

	t.Run("an incomplete body is a timeout", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn, start := dial(t, newTestHandler(make(chan error, 1))), time.Now()
			fmt.Fprint(conn, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			var problem taskapi.Problem
			if err := json.NewDecoder(res.Body).Decode(&problem); err != nil || problem.Code != taskapi.CodeTimeout {
				t.Errorf("%v, %+v, want the code timeout", err, problem)
			}
			if took := time.Since(start); took > 6*time.Second {
				t.Errorf("the response took %v", took)
			}
		})
	})

	t.Run("a handler may run longer than a body may take", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn := dial(t, newTestHandler(make(chan error, 1)))
			fmt.Fprint(conn, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"Text\":\"ab\"}")
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != http.StatusNoContent {
				t.Errorf("%v, %v, want 204", res, err)
			}
		})
	})

	t.Run("an unread response ends after the time for its delivery", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			written := make(chan error, 1)
			conn, start := dial(t, newTestHandler(written)), time.Now()
			fmt.Fprint(conn, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
			if err := <-written; err == nil {
				t.Error("the response was sent")
			}
			if took := time.Since(start); took != budget.Delivery {
				t.Errorf("the request ended after %v, want %v", took, budget.Delivery)
			}
		})
	})
}

func TestLargeHeaders_AreRejected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t, newTestHandler(nil))
		go func() {
			fmt.Fprintf(conn, "GET /large HTTP/1.1\r\nHost: a\r\nFiller: %s\r\n\r\n", strings.Repeat("a", 64<<10))
		}()
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%v, %v, want 431", res, err)
		}
	})
}
