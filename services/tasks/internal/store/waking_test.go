package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// sleepTime is how long the database of these tests does not take connections
// as it should.
const sleepTime = 5 * time.Second

// TestWakingDatabase lets operations of every kind meet a database whose first
// connections are refused, delayed and dropped at different points. They are
// late and do not fail.
func TestWakingDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	task := mustCreate(t, storetest.Open(t, store.Config{URL: db.URL}), alice, full())
	sleeper := startSleeper(t, db.URL)
	s := storetest.Open(t, store.Config{URL: sleeper.url, Pooled: db.Pooled})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	sleeper.sleep()
	begin := time.Now()
	var group errgroup.Group
	for n := range 4 {
		for name, operation := range map[string]func() error{
			"check": func() error { return s.CheckSafety(ctx) },
			"read":  func() error { _, err := s.GetTask(ctx, alice, uuid.MustParse(task.ID)); return err },
			"create": func() error {
				_, err := s.CreateTask(ctx, alice, full(), store.Conditions{Key: &store.IdempotencyKey{Key: fmt.Sprint(n)}})
				return err
			},
			"count": func() error { _, err := s.Stats(ctx, alice, "UTC"); return err },
			"purge": func() error { _, err := s.Purge(ctx); return err },
		} {
			group.Go(func() error {
				if err := operation(); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	page, err := s.Changes(t.Context(), alice, 0, 100)
	if err != nil || len(page.Changes) != 5 {
		t.Errorf("%d tasks, %v; want 5", len(page.Changes), err)
	}
	if slept := time.Since(begin); slept < sleepTime {
		t.Errorf("all were served after %s, before the database was awake", slept)
	}
	for way := range ways {
		if sleeper.met[way].Load() == 0 {
			t.Errorf("no connection met way %d of failing", way)
		}
	}
	t.Logf("20 operations in %s; connections by way of failing: %d, %d, %d, %d", time.Since(begin).Round(time.Millisecond),
		sleeper.met[0].Load(), sleeper.met[1].Load(), sleeper.met[2].Load(), sleeper.met[3].Load())
}

// TestLongOutageFailsAtOnce: who waits for a database that does not come back
// would fill the service.
func TestLongOutageFailsAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Config{URL: "postgres://nobody@127.0.0.1:1/nowhere?sslmode=disable"})
	begin := time.Now()
	if err := s.CheckSafety(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("CheckSafety: %v, want ErrUnavailable", err)
	}
	if waited := time.Since(begin); waited < sleepTime {
		t.Errorf("it failed after %s already", waited)
	}
	begin = time.Now()
	for range 20 {
		if err := s.CheckSafety(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("CheckSafety: %v, want ErrUnavailable", err)
		}
	}
	if waited := time.Since(begin); waited > sleepTime {
		t.Errorf("20 failures in a lasting outage took %s", waited)
	}
}

// ways is the number of ways in which a sleeping database fails a connection:
// it refuses, hangs until it is awake, ends in the middle of the handshake, or
// after it.
const ways = 4

// sleeper stands before a database that sleeps for a while.
type sleeper struct {
	url    string
	target string
	asleep atomic.Pointer[chan struct{}] // closed when it wakes up
	taken  atomic.Int64
	met    [ways]atomic.Int64
}

func startSleeper(t *testing.T, address string) *sleeper {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sleeper{target: u.Host}
	u.Host = listener.Addr().String()
	s.url = u.String()
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn) })
		}
	})
	return s
}

// sleep makes the database sleep for sleepTime.
func (s *sleeper) sleep() {
	awake := make(chan struct{})
	s.asleep.Store(&awake)
	time.AfterFunc(sleepTime, func() { close(awake) })
}

func (s *sleeper) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	// So many bytes of the server's pass at most.
	limit := int64(-1)
	awake := *s.asleep.Load()
	select {
	case <-awake:
	default:
		// Few hang, or nobody would be left for the other ways.
		way := []int{0, 2, 3, 1, 0, 2, 3, 0, 2, 3}[s.taken.Add(1)%10]
		s.met[way].Add(1)
		switch way {
		case 0:
			_ = client.(*net.TCPConn).SetLinger(0)
			return
		case 1:
			<-awake
		case 2:
			limit = 10
		case 3:
			limit = 600
		}
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", s.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	if limit < 0 {
		_, _ = io.Copy(client, server)
		return
	}
	_, _ = io.CopyN(client, server, limit)
}
