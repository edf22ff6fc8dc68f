package servertest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Tap stands before a server and takes down what it is asked.
type Tap struct {
	// URL leads through the tap to the server.
	URL *url.URL

	mu       sync.Mutex
	requests []*http.Request
	instead  http.HandlerFunc
}

// NewTap returns a tap before the server at target.
func NewTap(t testing.TB, target *url.URL) *Tap {
	t.Helper()
	tap := &Tap{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header = r.In.Header.Clone()
		},
		// A server that is gone looks so through the tap.
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

// Requests returns what the server was asked so far.
func (tap *Tap) Requests() []*http.Request {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	return append([]*http.Request(nil), tap.requests...)
}

// Count returns how often the server was asked for a path.
func (tap *Tap) Count(path string) int {
	n := 0
	for _, r := range tap.Requests() {
		if r.URL.Path == path {
			n++
		}
	}
	return n
}

// Instead makes the tap answer in place of the server; nil ends that.
func (tap *Tap) Instead(handler http.HandlerFunc) {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	tap.instead = handler
}
