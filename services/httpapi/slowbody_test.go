package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestBodyThatNeverArrives announces a body, sends two bytes and waits. The connection
// must be closed, whether the handler reads the body or not.
func TestBodyThatNeverArrives(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"handler ignores it": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"handler reads it": func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err == nil {
				w.WriteHeader(http.StatusOK)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(limitReading(50 * time.Millisecond)(handler))
			t.Cleanup(server.Close)
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{}"); err != nil {
				t.Fatal(err)
			}
			// A response may come first.
			if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil {
				t.Errorf("the connection ended with %v", err)
			}
		})
	}
}
