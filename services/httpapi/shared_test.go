package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// size is a value of one byte.
type size int

func (size) Size() int64 { return 1 }

func TestShared(t *testing.T) {
	t.Parallel()
	bubble := func(name string, f func(*testing.T, *Shared[string, size], *room)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(8)
				f(t, NewShared[string, size](&API{responses: r}, 1), r)
			})
		})
	}
	free := func(t *testing.T, r *room, want bool) {
		t.Helper()
		if got := r.total.TryAcquire(8); got != want {
			t.Errorf("all bytes released: %t, want %t", got, want)
		} else if got {
			r.total.Release(8)
		}
	}

	bubble("reads a value once and holds it until the last release", func(t *testing.T, s *Shared[string, size], r *room) {
		reads := 0
		read := func(context.Context) (size, error) {
			reads++
			time.Sleep(time.Second) // synctest's clock
			return 7, nil
		}
		var releases []func()
		var mu sync.Mutex
		var getting sync.WaitGroup
		for range 10 {
			getting.Go(func() {
				value, release, err := s.Get(t.Context(), "key", "ada", read)
				if value != 7 || err != nil {
					t.Errorf("%d, %v", value, err)
				}
				mu.Lock()
				defer mu.Unlock()
				releases = append(releases, release)
			})
		}
		getting.Wait()
		if reads != 1 {
			t.Errorf("%d reads, want 1", reads)
		}
		for _, release := range releases {
			free(t, r, false)
			release()
		}
		free(t, r, true)
		if _, release, err := s.Get(t.Context(), "key", "ada", read); err != nil || reads != 2 {
			t.Errorf("afterwards: %d reads, %v", reads, err)
		} else {
			release()
		}
		if len(s.shares) != 0 {
			t.Errorf("%d values are kept", len(s.shares))
		}
	})

	bubble("keeps reading until the last stream leaves", func(t *testing.T, s *Shared[string, size], r *room) {
		var ended error
		read := func(ctx context.Context) (size, error) {
			<-ctx.Done()
			ended = ctx.Err()
			return 0, ended
		}
		first, leaveFirst := context.WithCancel(t.Context())
		second, leaveSecond := context.WithCancel(t.Context())
		var getting sync.WaitGroup
		for _, ctx := range []context.Context{first, second} {
			getting.Go(func() {
				if _, _, err := s.Get(ctx, "key", "ada", read); !errors.Is(err, context.Canceled) {
					t.Errorf("%v, want canceled", err)
				}
			})
			synctest.Wait()
		}
		leaveFirst()
		synctest.Wait()
		if ended != nil {
			t.Error("the read was canceled with the first stream")
		}
		leaveSecond()
		getting.Wait()
		synctest.Wait()
		if ended == nil {
			t.Error("the read was not canceled with the last stream")
		}
		free(t, r, true)
	})

	bubble("an error reaches all waiters and is not cached", func(t *testing.T, s *Shared[string, size], r *room) {
		failure := errors.New("no")
		for want, read := range map[string]func(context.Context) (size, error){
			"no":          func(context.Context) (size, error) { return 0, failure },
			"panic: oops": func(context.Context) (size, error) { panic("oops") },
		} {
			if _, _, err := s.Get(t.Context(), "key", "ada", read); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
		free(t, r, true)
		if value, release, err := s.Get(t.Context(), "key", "ada", func(context.Context) (size, error) { return 1, nil }); value != 1 || err != nil {
			t.Errorf("%d, %v", value, err)
		} else {
			release()
		}
	})
}

// crowd is a number of users with several streams each, which count up from 1.
type crowd struct {
	users []*crowdUser
	reads atomic.Int64
	open  atomic.Int64
	all   *Shared[string, encoded]
}

// encoded are encoded events.
type encoded []byte

func (e encoded) Size() int64 { return int64(cap(e)) }

type crowdUser struct {
	name string

	mu      sync.Mutex
	latest  int
	streams map[*Stream]struct{}
}

// crowdStream is the source of one stream.
type crowdStream struct {
	*crowd

	user *crowdUser
	out  *Stream
	sent int
}

func (c *crowdStream) Begin(_ context.Context, events *Events) error {
	events.Add("ready", []byte("0"))
	return events.Flush()
}

func (c *crowdStream) Next(ctx context.Context, events *Events, _ bool) error {
	c.user.mu.Lock()
	latest := c.user.latest
	c.user.mu.Unlock()
	if latest == c.sent {
		return nil
	}
	from := c.sent
	page, release, err := c.all.Get(ctx, fmt.Sprint(c.user.name, from, latest), c.user.name, func(context.Context) (page encoded, _ error) {
		c.reads.Add(1)
		for n := from + 1; n <= latest; n++ {
			page = AppendEvent(page, "", "change", fmt.Append(nil, n))
		}
		return page, nil
	})
	if err != nil {
		return err
	}
	defer release()
	c.sent = latest
	return events.Send(page)
}

func (c *crowdStream) Close() {
	c.user.mu.Lock()
	defer c.user.mu.Unlock()
	delete(c.user.streams, c.out)
	c.open.Add(-1)
}

// change sends the next number to a user's streams.
func (u *crowdUser) change() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.latest++
	for s := range u.streams {
		s.Wake()
	}
}

// TestStreams_SendEveryChangeInOrder opens 2,000 streams of 20 users. Some clients disconnect, some never
// read; the others receive every number of their user in order.
func TestStreams_SendEveryChangeInOrder(t *testing.T) {
	t.Parallel()
	const users, each, changes = 20, 100, 20
	all := &crowd{}
	for n := range users {
		all.users = append(all.users, &crowdUser{name: fmt.Sprint("user ", n, " "), streams: map[*Stream]struct{}{}})
	}
	router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
	api := NewAPI(router, Config{Title: "Test", Version: "1"})
	all.all = NewShared[string, encoded](api, 1<<10)
	RegisterStream(api, huma.Operation{OperationID: "watch", Method: http.MethodGet, Path: "/{user}"}, nil,
		func(_ context.Context, in *struct {
			User int `path:"user"`
		},
		) (*huma.StreamResponse, error) {
			source := &crowdStream{crowd: all, user: all.users[in.User]}
			source.out = NewStream(source, testHeartbeat)
			all.open.Add(1)
			source.user.mu.Lock()
			defer source.user.mu.Unlock()
			source.user.streams[source.out] = struct{}{}
			return &huma.StreamResponse{Body: source.out.Serve}, nil
		})
	open := newOpenStreams()
	server := httptest.NewUnstartedServer(router)
	server.Config = Server{Handler: router}.http(slog.New(slog.DiscardHandler), open)
	server.Start()
	t.Cleanup(server.Close)

	var reading sync.WaitGroup
	var readers []*bufio.Scanner
	for n := range users * each {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		fmt.Fprintf(conn, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", n%users)
		lines := bufio.NewScanner(conn)
		for lines.Scan() && lines.Text() != "data: 0" {
		}
		switch n / users {
		case 0:
			_ = conn.Close() // this client disconnects
		case 1: // this client never reads
		default:
			readers = append(readers, lines)
		}
	}
	for _, lines := range readers {
		reading.Go(func() {
			want := 1
			for want <= changes && lines.Scan() {
				if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
					if data != fmt.Sprint(want) {
						t.Errorf("change %s, want %d", data, want)
						return
					}
					want++
				}
			}
			if want <= changes {
				t.Errorf("the stream ended before change %d: %v", want, lines.Err())
			}
		})
	}
	var changing sync.WaitGroup
	for _, user := range all.users {
		changing.Go(func() {
			for range changes {
				user.change()
			}
		})
	}
	changing.Wait()
	reading.Wait()
	// Without sharing, every stream would read every change.
	if reads := all.reads.Load(); reads > users*each*changes/4 {
		t.Errorf("%d reads for %d streams and %d changes", reads, users*each, changes)
	}

	open.mu.Lock()
	for s := range open.streams {
		s.End()
	}
	open.mu.Unlock()
	if err := open.wait(t.Context()); err != nil {
		t.Error(err)
	}
	if left := all.open.Load(); left != 0 {
		t.Errorf("%d streams are not closed", left)
	}
}
