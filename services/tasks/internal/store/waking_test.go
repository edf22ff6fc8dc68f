package store_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

const (
	// sleepTime is how long the database of these tests is asleep.
	sleepTime = 5 * time.Second
	// operationTime is what the service gives an operation.
	operationTime = 10 * time.Second
)

// TestWakingDatabase runs operations of every kind while a database falls asleep: it
// closes its connections, and rejects, delays and drops new ones at different points.
// Operations are delayed but do not fail.
func TestWakingDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	gate := startGate(t, db.URL)
	s := storetest.Open(t, store.Config{URL: gate.url, Pooled: db.Pooled})
	tasks := make([]uuid.UUID, 3)
	for i := range tasks {
		tasks[i] = uuid.MustParse(mustCreate(t, s, alice, full()).ID)
	}
	ctx, cancel := context.WithTimeout(t.Context(), operationTime)
	defer cancel()
	key := func(name string) *store.IdempotencyKey { return &store.IdempotencyKey{Key: name} }

	gate.sleep()
	begin := time.Now()
	var group errgroup.Group
	operations := map[string]func() error{
		"check":   func() error { return s.CheckSafety(ctx) },
		"get":     func() error { _, err := s.Get(ctx, alice, taskapi.KindTask, tasks[0]); return err },
		"list":    func() error { _, err := s.ListTasks(ctx, alice, taskapi.ListTasksOptions{Limit: 10}); return err },
		"changes": func() error { _, err := s.Changes(ctx, alice, after(0), 10); return err },
		"count":   func() error { _, err := s.TaskStats(ctx, alice, time.UTC); return err },
		"export":  func() error { return s.ExportUser(ctx, alice, func(taskapi.Resource) error { return nil }) },
		"purge":   func() error { _, _, err := s.PurgeInTurn(ctx); return err },
		"create": func() error {
			_, err := s.Write(ctx, alice, create(full()), key("create"))
			return err
		},
		"update": func() error {
			_, err := s.Write(ctx, alice, update(tasks[1], taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}), key("update"))
			return err
		},
		"delete": func() error {
			_, err := s.Write(ctx, alice, trash(tasks[2]), key("delete"))
			return err
		},
		"batch": func() error {
			_, err := s.Batch(ctx, alice, []store.Operation{create(full()), create(full())}, key("batch"))
			return err
		},
	}
	for name, operation := range operations {
		group.Go(func() error {
			if err := operation(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	served := time.Since(begin)
	page, err := s.Changes(t.Context(), alice, after(0), 100)
	if err != nil || len(page.Changes) != 6 || page.Changes[5].Seq != 8 {
		t.Errorf("%d tasks in the changes %+v, %v; want 6, in 8 changes", len(page.Changes), page.Changes, err)
	}
	if served < sleepTime {
		t.Errorf("all were served after %s, before the database was awake", served)
	}
	for way := range ways {
		if gate.failed[way].Load() == 0 {
			t.Errorf("no connection failed in way %d", way)
		}
	}
	t.Logf("%d operations in %s; connections by kind of failure: %d, %d, %d, %d", len(operations), served.Round(time.Millisecond),
		gate.failed[reject].Load(), gate.failed[hang].Load(), gate.failed[dropEarly].Load(), gate.failed[dropLate].Load())
}

// TestLastingOutageFailsAtOnce checks that operations wait at the beginning of an outage, of
// any kind, and later fail at once. Otherwise waiting operations would pile up.
func TestLastingOutageFailsAtOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		way       int
		addresses int
	}{
		{"rejects", reject, 1},
		{"hangs", hang, 1},
		{"hangs at each of its addresses", hang, 2},
		{"drops early", dropEarly, 1},
		{"drops at the first query", dropLate, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := storetest.NewDatabase(t)
			gate := startGate(t, db.URL)
			gate.fail(tc.way)
			hosts := strings.Repeat(","+gate.host, tc.addresses)[1:]
			s := storetest.Open(t, store.Config{URL: strings.Replace(gate.url, gate.host, hosts, 1), Pooled: db.Pooled})
			ctx, cancel := context.WithTimeout(t.Context(), operationTime)
			defer cancel()
			get := func() error {
				_, err := s.Get(ctx, alice, taskapi.KindTask, uuid.New())
				if !errors.Is(err, store.ErrUnavailable) {
					return fmt.Errorf("GetTask: %w, want ErrUnavailable", err)
				}
				return nil
			}
			begin := time.Now()
			if err := get(); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(begin); waited < sleepTime {
				t.Errorf("the first operation failed after only %s", waited)
			}
			begin = time.Now()
			var group errgroup.Group
			for range 20 {
				group.Go(get)
			}
			if err := group.Wait(); err != nil {
				t.Error(err)
			}
			if waited := time.Since(begin); waited > sleepTime*3/4 {
				t.Errorf("20 concurrent operations in a lasting outage took %s to fail", waited)
			}
		})
	}
}

// TestLostResponses_RepeatNothing cuts the connection after a transaction has committed, and in the
// middle of a response. No write is applied twice, and no row is returned twice.
func TestLostResponses_RepeatNothing(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	gate := startGate(t, db.URL)
	s := storetest.Open(t, store.Config{URL: gate.url + "&pool_max_conns=1", Pooled: db.Pooled})
	ctx := t.Context()
	created := func(key *store.IdempotencyKey) error {
		_, err := s.Write(ctx, alice, create(full()), key)
		return err
	}
	tasks := func() int {
		t.Helper()
		page, err := s.ListTasks(ctx, alice, taskapi.ListTasksOptions{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Tasks)
	}
	for _, key := range []*store.IdempotencyKey{nil, {Key: "first"}} {
		if err := created(key); err != nil { // prepares its statements
			t.Fatal(err)
		}
	}

	gate.cutAfter(0)
	if err := created(nil); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a write without a key whose response was lost: got %v, want ErrUnavailable", err)
	}
	if n := tasks(); n != 3 {
		t.Errorf("%d tasks, want 3", n)
	}
	if err := created(&store.IdempotencyKey{Key: "second"}); err != nil {
		t.Fatal(err)
	}
	gate.cutAfter(0)
	if err := created(&store.IdempotencyKey{Key: "third"}); err != nil {
		t.Errorf("a write with a key whose response was lost: got %v", err)
	}
	if n := tasks(); n != 5 {
		t.Errorf("%d tasks, want 5", n)
	}
	gate.cutAfter(600)
	if n := tasks(); n != 5 {
		t.Errorf("got %d tasks after a truncated response, want 5", n)
	}
	if _, err := s.EraseUser(ctx, bob); err != nil { // prepares its statements
		t.Fatal(err)
	}
	gate.cutAfter(0)
	if erased, err := s.EraseUser(ctx, alice); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("EraseUser whose response was lost: got %d, %v, want ErrUnavailable", erased, err)
	}
	if n := tasks(); n != 0 {
		t.Errorf("an erased user still has %d tasks", n)
	}
	if gate.cut.Load() >= 0 {
		t.Error("the last connection was not cut")
	}
}

// The ways in which a sleeping database fails a connection: it rejects the connection, hangs
// until it is awake, or closes the connection during the handshake or after it.
const (
	reject = iota
	hang
	dropEarly
	dropLate
	ways
	succeed = -1
)

// gate is a proxy to a database that fails connections.
type gate struct {
	url, host string
	target    string
	// way returns the kind of failure of a new connection.
	way   atomic.Pointer[func() int]
	awake context.Context // ends hanging connections
	wake  context.CancelFunc
	// accepted counts the connections that sleep fails, failed those of each way.
	accepted atomic.Int64
	failed   [ways]atomic.Int64
	// cut, unless negative, is the number of bytes of the server's responses to forward
	// before closing the connection with the next one.
	cut atomic.Int64
	// silent drops the server's messages.
	silent atomic.Bool

	mu   sync.Mutex
	open map[net.Conn]bool
}

func startGate(t *testing.T, address string) *gate {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{target: u.Host, open: map[net.Conn]bool{}}
	g.awake, g.wake = context.WithCancel(context.Background())
	g.cut.Store(-1)
	g.fail(succeed)
	g.host = listener.Addr().String()
	u.Host = g.host
	g.url = u.String()
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		g.wake()
		g.closeAll()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { g.serve(conn) })
		}
	})
	return g
}

// fail makes all new connections fail in this way.
func (g *gate) fail(way int) { g.way.Store(new(func() int { return way })) }

// sleep makes the database sleep for sleepTime.
func (g *gate) sleep() {
	g.way.Store(new(func() int {
		// Few connections hang, so that enough remain for the other ways.
		return []int{reject, dropEarly, dropLate, hang, reject, dropEarly, dropLate}[g.accepted.Add(1)%7]
	}))
	g.closeAll()
	time.AfterFunc(sleepTime, func() {
		g.fail(succeed)
		g.wake()
	})
}

// cutAfter forwards this many bytes of responses, counted over all connections, and then
// closes the connection that sends the next byte. Startup and the pool's ping do not count.
func (g *gate) cutAfter(bytes int64) { g.cut.Store(bytes) }

func (g *gate) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.open {
		_ = conn.Close()
	}
}

// hold registers the connection for closeAll; release removes it.
func (g *gate) hold(conn net.Conn) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[conn] = true
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.open, conn)
		_ = conn.Close()
	}
}

func (g *gate) serve(client net.Conn) {
	defer g.hold(client)()
	way := (*g.way.Load())()
	if way != succeed {
		g.failed[way].Add(1)
	}
	limit := math.MaxInt // maximum number of bytes forwarded from the server
	switch way {
	case reject:
		_ = client.(*net.TCPConn).SetLinger(0)
		return
	case hang:
		<-g.awake.Done()
	case dropEarly:
		limit = 10
	case dropLate:
		limit = 600
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", g.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var lastType atomic.Int32 // the type of the client's last message
	go func() {
		defer func() { _ = server.Close() }()
		buffer := make([]byte, 32<<10)
		for {
			n, err := client.Read(buffer)
			if n == 0 || err != nil {
				return
			}
			lastType.Store(int32(buffer[0]))
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 32<<10)
	for limit > 0 {
		n, err := server.Read(buffer)
		if n == 0 || err != nil {
			return
		}
		if g.silent.Load() {
			continue
		}
		if cut := g.cut.Load(); cut >= 0 && !slices.Contains(uncut, lastType.Load()) {
			if left := cut - int64(n); left >= 0 {
				g.cut.Store(left)
			} else {
				g.cut.Store(-1)
				limit = int(cut)
			}
		}
		if _, err := client.Write(buffer[:min(n, limit)]); err != nil {
			return
		}
		limit -= min(n, limit)
	}
}

// uncut are the message types at the beginning of a connection, and the type of the
// pool's ping.
var uncut = []int32{0, 'p', 'Q'}
