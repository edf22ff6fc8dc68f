package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// ErrStreamEnd is returned by a [Source] to end its stream without an error.
var ErrStreamEnd = errors.New("the stream is complete")

// Source produces the events of one [Stream]. Its methods are not called concurrently.
// An error ends the stream.
type Source interface {
	// Begin sends the first events, as part of the operation.
	Begin(ctx context.Context, events *Events) error
	// Next sends the events that are due. It is called once after Begin, after
	// [Stream.Wake], and after each heartbeat, for which heartbeat is true. Several
	// calls of Wake may lead to one call of Next. The context ends when the
	// client disconnects or the stream is ended.
	Next(ctx context.Context, events *Events, heartbeat bool) error
	// Close is called once, after all other calls.
	Close()
}

// Stream is a response of server-sent events. After the first events it hijacks the
// connection, because net/http's goroutine and buffers are several times larger than an
// idle stream needs. An idle stream has one small goroutine, which waits for the client
// to disconnect. A second goroutine sends events and exits when all are sent, so a slow
// client delays only its own stream.
type Stream struct {
	source    Source
	heartbeat time.Duration
	events    *Events
	open      *openStreams
	received  [1]byte // clients send nothing

	mu             sync.Mutex
	conn           net.Conn // nil before it is hijacked
	due            signals
	working        bool // also true before the stream begins
	cancel         context.CancelFunc
	heartbeatTimer *time.Timer
	ended          bool
	atEnd          []func()

	// Set before the stream ends.
	panicked bool
	cause    error
}

// signals are the reasons for a stream to run.
type signals uint8

const (
	woken signals = 1 << iota
	heartbeatDue
	ending
	clientLeft
)

// NewStream returns a stream, which sends nothing before [Stream.Serve]. Wake may be
// called before Serve. If the stream is never served, the source is not closed.
func NewStream(source Source, heartbeat time.Duration) *Stream {
	return &Stream{source: source, heartbeat: heartbeat, working: true}
}

// Wake makes the stream call Next soon. It never blocks.
func (s *Stream) Wake() { s.signal(woken) }

// End ends the stream soon. It never blocks.
func (s *Stream) End() { s.signal(ending) }

func (s *Stream) signal(reason signals) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due |= reason
	if reason >= ending && s.cancel != nil {
		s.cancel()
	}
	if !s.working {
		s.working = true
		go s.work()
	}
}

// Serve responds to a request with the stream. It returns when the stream has begun.
func (s *Stream) Serve(ctx huma.Context) {
	r, w := humachi.Unwrap(ctx)
	if r.Method != http.MethodHead {
		w.Header().Set("Connection", "close") // a hijacked connection is not reused
	}
	s.events = beginEvents(ctx)
	hijacked := false
	defer func() {
		if !hijacked {
			s.source.Close()
		}
	}()
	if r.Method == http.MethodHead {
		return // the response to HEAD is complete
	}
	if err := s.source.Begin(ctx.Context(), s.events); err != nil {
		logStreamEnd(ctx.Context(), err)
		return
	}
	s.open = openStreamsFrom(ctx.Context())
	s.open.add(s)
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.open.remove(s)
		logStreamEnd(ctx.Context(), fmt.Errorf("hijack the connection: %w", err))
		return
	}
	hijacked = true
	s.events.hijack(conn, r.ProtoAtLeast(1, 1))
	requestInfoFrom(ctx.Context()).stream = s
	s.start(conn)
	// If the client has sent more bytes, they are not read. The next write then
	// detects that it has disconnected.
	if buffered.Reader.Buffered() == 0 {
		go s.watch(conn)
	}
}

func (s *Stream) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	s.due |= woken
	s.heartbeatTimer = time.AfterFunc(s.heartbeat, func() { s.signal(heartbeatDue) })
	go s.work()
}

// watch blocks until the client disconnects, then ends the stream.
func (s *Stream) watch(conn net.Conn) {
	if n, _ := conn.Read(s.received[:]); n == 0 {
		s.signal(clientLeft)
	}
}

// work sends events until nothing is due.
func (s *Stream) work() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			s.panicked = true
			s.end(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	for due := s.take(cancel); due != 0; due = s.take(cancel) {
		if err := s.step(ctx, due); err != nil {
			s.end(err)
			return
		}
	}
}

// take returns the pending signals. The goroutine exits if it returns none.
func (s *Stream) take(cancel context.CancelFunc) signals {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.due
	// The end stays pending until the stream has ended.
	s.due &= ending | clientLeft
	s.working, s.cancel = due != 0, cancel
	if due == 0 {
		s.cancel = nil
	}
	return due
}

func (s *Stream) step(ctx context.Context, due signals) error {
	if due&(ending|clientLeft) != 0 {
		return ErrStreamEnd
	}
	if due&heartbeatDue != 0 {
		s.events.heartbeat()
		if err := s.events.Flush(); err != nil {
			return err
		}
		s.heartbeatTimer.Reset(s.heartbeat)
	}
	if err := s.source.Next(ctx, s.events, due&woken == 0); err != nil {
		return err
	}
	return s.events.Flush()
}

// end ends the stream. It closes the connection last, so that the slot of a client that
// reconnects at once is free.
func (s *Stream) end(err error) {
	s.mu.Lock()
	s.heartbeatTimer.Stop()
	stopped := s.due&(ending|clientLeft) != 0
	s.mu.Unlock()
	s.source.Close()
	if errors.Is(err, os.ErrDeadlineExceeded) || !stopped && !s.events.failed && !errors.Is(err, ErrStreamEnd) {
		s.cause = err
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	for _, f := range s.atEnd {
		f()
	}
	s.events.end(s.panicked)
	s.open.remove(s)
}

// whenEnded calls f when the stream ends, or now if it has ended.
func (s *Stream) whenEnded(f func()) {
	s.mu.Lock()
	if !s.ended {
		s.atEnd = append(s.atEnd, f)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	f()
}

// openStreams are a server's hijacked streams, which net/http does not wait for when it
// shuts down.
type openStreams struct {
	mu      sync.Mutex
	streams map[*Stream]struct{}
	empty   chan struct{}
}

type openStreamsKey struct{}

func newOpenStreams() *openStreams { return &openStreams{streams: map[*Stream]struct{}{}} }

// openStreamsFrom returns the open streams of the server of ctx. A server that [Serve] does
// not run has none.
func openStreamsFrom(ctx context.Context) *openStreams {
	if open, ok := ctx.Value(openStreamsKey{}).(*openStreams); ok {
		return open
	}
	return newOpenStreams()
}

func (o *openStreams) add(s *Stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.streams[s] = struct{}{}
}

func (o *openStreams) remove(s *Stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.streams, s)
	if len(o.streams) == 0 && o.empty != nil {
		close(o.empty)
		o.empty = nil
	}
}

// wait returns once there are no streams. If ctx ends first, it closes the connections
// of the remaining ones.
func (o *openStreams) wait(ctx context.Context) error {
	o.mu.Lock()
	if len(o.streams) == 0 {
		o.mu.Unlock()
		return nil
	}
	empty := make(chan struct{})
	o.empty = empty
	o.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for s := range o.streams {
		s.cut()
	}
	return ctx.Err()
}

// cut closes the connection.
func (s *Stream) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close() // the stream is over
	}
}
