package forward_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/forward"
)

// requestStream requests a stream with its own transport.
func requestStream(ctx context.Context, t *testing.T, server *httptest.Server) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events?after=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer a.b.c")
	next := forward.NewTransport(time.Minute)
	if server.TLS != nil {
		next.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	}
	t.Cleanup(next.CloseIdleConnections)
	return forward.StreamTransport{Next: next}.RoundTrip(r)
}

func TestStreamTransport(t *testing.T) {
	t.Parallel()
	more := make(chan string)
	disconnected := make(chan struct{}, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Method + r.URL.String() + r.Header.Get("Authorization"); got != "GET/events?after=1Bearer a.b.c" {
			t.Errorf("the request is %s", got)
		}
		for {
			_ = http.NewResponseController(w).Flush()
			select {
			case text := <-more:
				_, _ = io.WriteString(w, text)
			case <-r.Context().Done():
				disconnected <- struct{}{}
				panic(http.ErrAbortHandler) // returning would send the regular end of the response
			}
		}
	})

	for name, start := range map[string]func(http.Handler) *httptest.Server{
		"plain HTTP": httptest.NewServer, "TLS, by the next transport": httptest.NewTLSServer,
	} {
		t.Run("sends a stream over "+name, func(t *testing.T) {
			server := start(handler)
			t.Cleanup(server.Close)
			ctx, cancel := context.WithCancelCause(t.Context())
			response, err := requestStream(ctx, t, server)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatal(response, err)
			}
			defer response.Body.Close()
			// The second text exceeds all buffers.
			for _, text := range []string{"short\n", strings.Repeat("long", 10_000)} {
				more <- text
				got := make([]byte, len(text))
				if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != text {
					t.Fatalf("%.20q, %v, want %.20q", got, err, text)
				}
			}
			reason := errors.New("the caller left")
			cancel(reason)
			if _, err := response.Body.Read(make([]byte, 1)); !errors.Is(err, reason) {
				t.Errorf("after the end: %v", err)
			}
			<-disconnected
		})
	}

	t.Run("Close does not wait for the end of the stream", func(t *testing.T) {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		response, err := requestStream(t.Context(), t, server)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		<-disconnected
	})

	t.Run("waiting for a response ends with the request", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("too slow")
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			cancel(reason)
			<-r.Context().Done()
		}))
		t.Cleanup(server.Close)
		if response, err := requestStream(ctx, t, server); !errors.Is(err, reason) {
			t.Errorf("%v, %v, want %v", response, err, reason)
		}
	})

	t.Run("interim responses are skipped", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "early=1")
			w.WriteHeader(http.StatusProcessing)
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Set-Cookie")
			_, _ = io.WriteString(w, "text")
		}))
		t.Cleanup(server.Close)
		response, err := requestStream(t.Context(), t, server)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if text, err := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || string(text) != "text" || err != nil || response.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %v %q, %v", response.Status, response.Header, text, err)
		}
	})

	for name, text := range map[string]struct{ begin, more string }{
		"endless interim responses": {"", "HTTP/1.1 103 Early Hints\r\n\r\n"},
		"endless headers":           {"HTTP/1.1 200 OK\r\n", "X-More: " + strings.Repeat("x", 1000) + "\r\n"},
	} {
		t.Run(name+" are rejected", func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, out, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				for _, err = fmt.Fprint(out, text.begin); err == nil; {
					_, err = fmt.Fprint(out, text.more)
				}
			}))
			t.Cleanup(server.Close)
			if response, err := requestStream(t.Context(), t, server); err == nil {
				t.Errorf("%s", response.Status)
			}
		})
	}
}
