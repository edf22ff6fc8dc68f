package sdkfaults_test

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy passes bytes between clients and a service, until a connection meets
// its fate.
type proxy struct {
	url      string
	listener net.Listener
	fateOf   func(*rand.Rand) fate
	seed     uint64

	// target is the service's address.
	target atomic.Pointer[string]
	// met counts the fates that have been met.
	met [endings]atomic.Int64

	running sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]struct{} // nil once the proxy is closed
}

// fate is what becomes of one connection.
type fate struct {
	// latency is added to every piece that passes.
	latency time.Duration
	// after is the number of bytes that pass in one direction before the
	// end.
	after int
	// request says that those are bytes of requests, not of answers.
	request bool
	end     ending
}

// ending is how a connection ends.
type ending int

const (
	closing    ending = iota // in good order
	resetting                // by a RST
	swallowing               // not at all: nothing passes any more
	endings
)

// startProxy starts a proxy that is stopped with the test. The fate of the
// n-th connection depends on the seed and n alone.
func startProxy(t *testing.T, seed uint64, fateOf func(*rand.Rand) fate) *proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		url: "http://" + listener.Addr().String(), listener: listener,
		fateOf: fateOf, seed: seed, open: map[net.Conn]struct{}{},
	}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) accept() {
	for n := uint64(0); ; n++ {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client, p.fateOf(rand.New(rand.NewPCG(p.seed, n)))) })
	}
}

// close ends all connections and waits for them.
func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
	p.mu.Unlock()
	p.running.Wait()
}

// keep registers a connection to be closed with the proxy, if that is not
// closed yet.
func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != nil {
		p.open[conn] = struct{}{}
	}
	return p.open != nil
}

func (p *proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	_ = conn.Close()
}

// serve passes what comes on one connection. A service that cannot be reached
// ends it.
func (p *proxy) serve(client net.Conn, f fate) {
	defer p.drop(client)
	service, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", *p.target.Load())
	if err != nil {
		reset(client)
		return
	}
	defer p.drop(service)
	if !p.keep(client) || !p.keep(service) {
		return
	}
	l := &link{proxy: p, fate: f, client: client, service: service}
	var up sync.WaitGroup
	up.Go(func() { l.pass(service, client, f.request) })
	l.pass(client, service, !f.request)
	up.Wait()
}

// link is a connection on its way through the proxy.
type link struct {
	proxy           *proxy
	fate            fate
	client, service net.Conn
	swallows        atomic.Bool
}

// pass copies from src to dst until one of them ends. Where it counts the
// bytes, it ends the link after those of the fate, in the middle of whatever
// they belong to.
func (l *link) pass(dst, src net.Conn, counts bool) {
	// The other direction has nothing to do without this one.
	defer func() { _, _ = l.client.Close(), l.service.Close() }()
	left := l.fate.after
	buf := make([]byte, 4096)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		if l.swallows.Load() {
			continue
		}
		if l.fate.latency > 0 {
			<-time.After(l.fate.latency)
		}
		whole := !counts || n < left
		if !whole {
			n = left
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return
		}
		if left -= n; whole {
			continue
		}
		l.proxy.met[l.fate.end].Add(1)
		switch l.fate.end {
		case resetting:
			reset(l.client)
			reset(l.service)
			return
		case swallowing:
			l.swallows.Store(true)
			counts = false
		default:
			return
		}
	}
}

// reset closes a connection by a RST.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// count returns how many connections have met their fate.
func (p *proxy) count() int {
	sum := 0
	for i := range p.met {
		sum += int(p.met[i].Load())
	}
	return sum
}
