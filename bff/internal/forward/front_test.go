package forward_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/forward"
)

const (
	// headSize is how much of a response is read before its status is sent.
	headSize = 64 << 10
	// timeout is long enough for every request that should succeed.
	timeout = 10 * time.Second
)

var (
	requestHeaders  = []string{"Content-Type", "Idempotency-Key", "If-Match"}
	responseHeaders = []string{"Content-Type", "Etag", "Set-Cookie"}
)

// front is a server that forwards every request to an upstream.
type front struct {
	*httptest.Server

	timeout time.Duration
	// err receives the error of the last request, or nil.
	err chan error
}

// frontStatus is the status with which the front reports an error. No upstream of these
// tests sends it.
const frontStatus = 599

// newFront returns a server in front of an upstream.
func newFront(t *testing.T, address string) *front {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	transport := forward.NewTransport(time.Minute)
	t.Cleanup(transport.CloseIdleConnections)
	upstream := &forward.Upstream{URL: base, Transport: transport, Headers: responseHeaders}
	f := &front{timeout: timeout, err: make(chan error, 1)}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		req, err := forward.NewRequest(r, requestHeaders, body)
		var response *forward.Response
		if err == nil {
			req.Timeout = f.timeout
			response, err = upstream.Do(r.Context(), req)
		}
		if err != nil {
			f.err <- err
			w.WriteHeader(frontStatus)
			return
		}
		defer response.Close()
		if err := response.Send(w); err != nil {
			f.err <- err
			panic(http.ErrAbortHandler)
		}
	}))
	f.Config.ErrorLog = nil
	t.Cleanup(f.Close)
	return f
}

// do sends a request and returns the response with its body.
func (f *front) do(t *testing.T, method, path string, body io.Reader, header http.Header) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	if header == nil {
		r.Header = http.Header{}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return response, data
}

func (f *front) get(t *testing.T, path string) (*http.Response, []byte) {
	t.Helper()
	return f.do(t, http.MethodGet, path, nil, nil)
}

// wantError fails the test unless the last request failed with this error.
func (f *front) wantError(t *testing.T, response *http.Response, want error) {
	t.Helper()
	if response.StatusCode != frontStatus {
		t.Fatalf("status %d", response.StatusCode)
	}
	if err := <-f.err; !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// serve starts a server and returns its address.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// serveRaw starts a server and returns its address. It responds to the n-th request on any
// connection with the text that respond returns, and then closes the connection if hangUp
// is true.
func serveRaw(t *testing.T, respond func(n int64) (text string, hangUp bool)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var requests atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					text, hangUp := respond(requests.Add(1))
					if _, err := io.WriteString(conn, text); err != nil || hangUp {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}
