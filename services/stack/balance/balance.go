// Package balance is a round-robin proxy in front of replicas. It sends requests only to
// replicas that are ready, and to the next one if it cannot connect.
package balance

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// checkTimeout bounds a readiness check.
	checkTimeout = 3 * time.Second
	// idleConnections is the maximum number of idle connections per replica.
	idleConnections = 100
	// idleTime is below the two minutes after which a replica closes idle connections.
	idleTime = 90 * time.Second
)

// A Replica is the address of a server, and the URL that returns 200 if it is ready.
type Replica struct{ URL, Ready string }

// A Balancer distributes requests over replicas in turn.
type Balancer struct {
	replicas []*replica
	turn     atomic.Uint64
	proxy    *httputil.ReverseProxy
	connect  *http.Transport
}

type replica struct {
	host  string
	check string
	down  atomic.Bool
}

// New returns a balancer that considers all replicas ready until Run has checked them.
func New(replicas []Replica) (*Balancer, error) {
	b := &Balancer{connect: &http.Transport{MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: idleTime}}
	for _, r := range replicas {
		address, err := url.Parse(r.URL)
		if err != nil {
			return nil, err
		}
		b.replicas = append(b.replicas, &replica{host: address.Host, check: r.Ready})
	}
	b.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // even if it is malformed
		},
		Transport: b,
		// Without log lines: the console reports that a replica has ended.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	return b, nil
}

// Run checks the readiness of each replica at every interval until ctx ends.
func (b *Balancer) Run(ctx context.Context, interval time.Duration) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: checkTimeout}
	var running sync.WaitGroup
	for _, r := range b.replicas {
		running.Go(func() { r.watch(ctx, client, interval) })
	}
	running.Wait()
	b.connect.CloseIdleConnections()
}

func (r *replica) watch(ctx context.Context, client *http.Client, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		r.down.Store(!r.ready(ctx, client))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *replica) ready(ctx context.Context, client *http.Client) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.check, nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.proxy.ServeHTTP(w, r) }

// RoundTrip sends a request to the next replica in turn, and to the one after that if it
// cannot connect.
func (b *Balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var first error
	for _, replica := range b.inTurn() {
		response, err := b.connect.RoundTrip(attempt(r, replica.host))
		var network *net.OpError
		if err == nil || !errors.As(err, &network) || network.Op != "dial" {
			return response, err
		}
		first = cmp.Or(first, err)
	}
	return nil, first
}

// attempt returns a copy of the request for one replica. Closing the copy's body does
// nothing: a transport that cannot connect closes it, but the next attempt needs it.
// The proxy closes the body at the end.
func attempt(r *http.Request, host string) *http.Request {
	r = r.Clone(r.Context())
	r.URL.Host = host
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = io.NopCloser(r.Body)
	}
	return r
}

// inTurn returns the replicas in the order of attempts: ready ones first.
func (b *Balancer) inTurn() []*replica {
	n := len(b.replicas)
	start := int(b.turn.Add(1) % uint64(n))
	order := append(slices.Clone(b.replicas[start:]), b.replicas[:start]...)
	slices.SortStableFunc(order, func(x, y *replica) int {
		return cmp.Compare(rank(x), rank(y))
	})
	return order
}

func rank(r *replica) int {
	if r.down.Load() {
		return 1
	}
	return 0
}
