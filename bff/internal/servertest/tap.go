package servertest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Tap is a proxy that records the requests to a server.
type Tap struct {
	// URL is the tap's address.
	URL *url.URL

	mu       sync.Mutex
	requests []*http.Request
	instead  http.HandlerFunc
}

// NewTap starts a tap in front of the server at target.
func NewTap(t testing.TB, target *url.URL) *Tap {
	t.Helper()
	tap := &Tap{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header = r.In.Header.Clone()
		},
		// If the server is down, the tap closes the connection.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tap.mu.Lock()
		tap.requests = append(tap.requests, r.Clone(r.Context()))
		instead := tap.instead
		tap.mu.Unlock()
		if instead != nil {
			instead(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	tap.URL = parse(t, server.URL)
	return tap
}

// Requests returns the requests so far.
func (tap *Tap) Requests() []*http.Request {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	return append([]*http.Request(nil), tap.requests...)
}

// Count returns the number of requests for a path.
func (tap *Tap) Count(path string) int {
	n := 0
	for _, r := range tap.Requests() {
		if r.URL.Path == path {
			n++
		}
	}
	return n
}

// Instead makes the tap handle requests itself; nil forwards them again.
func (tap *Tap) Instead(handler http.HandlerFunc) {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	tap.instead = handler
}
