package sdk

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is an in-memory network between clients and one server.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	close    func()
	latest   atomic.Pointer[pipe] // the client's end
}

func newPipes() *pipes {
	p := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

// pipe is the client's end of a connection. Once dead is set, it silently drops everything
// that is written.
type pipe struct {
	net.Conn
	dead atomic.Bool
}

func (p *pipe) Write(data []byte) (int, error) {
	if p.dead.Load() {
		return len(data), nil
	}
	return p.Conn.Write(data)
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn := &pipe{Conn: client}
	p.latest.Store(conn)
	return conn, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "tasks", Net: "pipe"} }

func (p *pipes) Close() error {
	p.close()
	return nil
}

// TestDeadConnectionIsReplaced makes a connection drop all data. With HTTP/2, all calls
// share the connection, and net/http would use it again after each timeout.
func TestDeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			network := newPipes()
			server := &httptest.Server{
				Listener:    network,
				EnableHTTP2: protocol == 2,
				Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ProtoMajor != protocol {
						t.Errorf("the request used %s", r.Proto)
					}
					w.Header().Set("Content-Type", typeJSON)
					_, _ = w.Write([]byte(`{"success":true,"data":{"id":"x"}}`))
				})},
			}
			server.StartTLS()
			defer server.Close()
			client, err := New("https://example.com")
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			client.transport.DialContext = network.dial
			client.transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
			var response Response
			for _, attempts := range []int{1, 2} {
				start := time.Now()
				if _, err := client.GetTask(t.Context(), "x", WithResponse(&response)); err != nil || response.Attempts != attempts {
					t.Errorf("HTTP/%d: got %v after %d attempts and %v, want %d attempts", protocol, err, response.Attempts, time.Since(start), attempts)
				}
				network.latest.Load().dead.Store(true)
			}
		})
	}
}
