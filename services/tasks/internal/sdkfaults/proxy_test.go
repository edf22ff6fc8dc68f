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

// proxy forwards bytes between clients and a service, and breaks connections.
type proxy struct {
	url      string
	listener net.Listener
	faultOf  func(*rand.Rand) fault
	seed     uint64

	// target is the service's address.
	target atomic.Pointer[string]
	// broken counts the broken connections by how they ended.
	broken [numEndings]atomic.Int64

	running sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]struct{} // nil once the proxy is closed
}

// fault says when and how a connection breaks.
type fault struct {
	// latency delays each chunk.
	latency time.Duration
	// after is the number of bytes that are forwarded in one direction before
	// the connection breaks.
	after int
	// inRequest: after counts the bytes of the request, not those of the response.
	inRequest bool
	end       ending
}

// ending is how a connection ends.
type ending int

const (
	endFIN ending = iota
	endRST
	endBlackhole // the connection stays open, and further bytes are dropped
	numEndings
)

// startProxy starts a proxy, which stops when the test ends. The fault of the
// n-th connection depends only on the seed and n.
func startProxy(t *testing.T, seed uint64, faultOf func(*rand.Rand) fault) *proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		url: "http://" + listener.Addr().String(), listener: listener,
		faultOf: faultOf, seed: seed, open: map[net.Conn]struct{}{},
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
		p.running.Go(func() { p.serve(client, p.faultOf(rand.New(rand.NewPCG(p.seed, n)))) })
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

// register registers a connection to be closed with the proxy. It returns false if
// the proxy is closed already.
func (p *proxy) register(conn net.Conn) bool {
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

// serve forwards one connection. It resets it if the service cannot be reached.
func (p *proxy) serve(client net.Conn, f fault) {
	defer p.drop(client)
	service, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", *p.target.Load())
	if err != nil {
		reset(client)
		return
	}
	defer p.drop(service)
	if !p.register(client) || !p.register(service) {
		return
	}
	l := &link{proxy: p, fault: f, client: client, service: service}
	var requests sync.WaitGroup
	requests.Go(func() { l.forward(service, client, f.inRequest) })
	l.forward(client, service, !f.inRequest)
	requests.Wait()
}

// link is a pair of connections: from the client and to the service.
type link struct {
	proxy           *proxy
	fault           fault
	client, service net.Conn
	blackhole       atomic.Bool
}

// forward copies from src to dst until either connection ends. If counts is true, the
// link breaks after fault.after bytes, also in the middle of a message.
func (l *link) forward(dst, src net.Conn, counts bool) {
	// One direction is useless without the other.
	defer func() { _, _ = l.client.Close(), l.service.Close() }()
	remaining := l.fault.after
	buf := make([]byte, 4096)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		if l.blackhole.Load() {
			continue
		}
		if l.fault.latency > 0 {
			<-time.After(l.fault.latency)
		}
		breaks := counts && n >= remaining
		if breaks {
			n = remaining
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return
		}
		if remaining -= n; !breaks {
			continue
		}
		l.proxy.broken[l.fault.end].Add(1)
		switch l.fault.end {
		case endRST:
			reset(l.client)
			reset(l.service)
			return
		case endBlackhole:
			l.blackhole.Store(true)
			counts = false
		default:
			return
		}
	}
}

// reset closes a connection with a RST.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// count returns the number of broken connections.
func (p *proxy) count() int {
	sum := 0
	for i := range p.broken {
		sum += int(p.broken[i].Load())
	}
	return sum
}
