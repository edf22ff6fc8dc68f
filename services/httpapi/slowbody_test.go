package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestIncompleteBody_ClosesTheConnection sends two bytes of a longer body. The connection
// must be closed, whether the handler reads the body or not.
func TestIncompleteBody_ClosesTheConnection(t *testing.T) {
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

// deadlineCounter counts the read deadlines that are set.
type deadlineCounter struct {
	*httptest.ResponseRecorder

	set int
}

func (c *deadlineCounter) SetReadDeadline(time.Time) error {
	c.set++
	return nil
}

// TestReadDeadline_IsSetOnlyForBodies checks that requests without a body, which are the
// most frequent ones, start no timer.
func TestReadDeadline_IsSetOnlyForBodies(t *testing.T) {
	t.Parallel()
	router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
	router.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	for _, tc := range []struct {
		method string
		body   io.Reader
		want   int
	}{{http.MethodGet, nil, 0}, {http.MethodPost, nil, 0}, {http.MethodPost, strings.NewReader("{}"), 1}} {
		w := &deadlineCounter{ResponseRecorder: httptest.NewRecorder()}
		router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tc.method, "/", tc.body))
		if w.set != tc.want {
			t.Errorf("%s with the body %v: %d deadlines, want %d", tc.method, tc.body, w.set, tc.want)
		}
	}
}
