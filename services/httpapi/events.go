package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// DefaultHeartbeat is how often a quiet stream sends a comment, so that nobody
// between takes the connection for dead.
const DefaultHeartbeat = 15 * time.Second

// eventsTimeout is how long a reader may take to accept what is sent.
const eventsTimeout = 10 * time.Second

const (
	// EventsAtOnce is how many bytes of events are sent at a time.
	EventsAtOnce = 64 << 10
	// EventsHold is what events hold while they are sent, one of the largest
	// included.
	EventsHold = 4 * EventsAtOnce
)

// Events writes server-sent events to one client.
type Events struct {
	out eventWriter
	buf bytes.Buffer
	// sent counts bytes on a connection that was taken from net/http.
	sent int64
	// failed says that a write has failed: the client has left or is too slow.
	failed bool
}

// eventWriter sends what is written at once.
type eventWriter interface {
	io.Writer
	SetWriteDeadline(deadline time.Time) error
}

// beginEvents begins the answer, which may then last as long as it likes.
func beginEvents(ctx huma.Context) *Events {
	_, w := humachi.Unwrap(ctx)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	// What compresses would, too, as Next.js does unless it is told not to.
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no") // nginx would wait for more
	out := responseEvents{w, http.NewResponseController(w)}
	// Nothing more is read.
	_ = out.SetReadDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	return &Events{out: out}
}

// responseEvents sends events through net/http.
type responseEvents struct {
	http.ResponseWriter
	*http.ResponseController
}

func (r responseEvents) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	if err == nil {
		err = r.Flush()
	}
	return n, err
}

// take sends what follows on a connection that was taken from net/http, which
// has sent the header and announced chunks if the client knows them.
func (e *Events) take(conn net.Conn, chunks bool) {
	e.out, e.sent = &connectionEvents{conn, chunks}, 0
}

// connectionEvents sends events on a connection of its own.
type connectionEvents struct {
	net.Conn

	chunks bool
}

func (c *connectionEvents) Write(p []byte) (int, error) {
	if !c.chunks {
		return c.Conn.Write(p)
	}
	size := fmt.Appendf(nil, "%x\r\n", len(p))
	chunk := net.Buffers{size, p, []byte("\r\n")}
	if _, err := chunk.WriteTo(c.Conn); err != nil {
		return 0, err
	}
	return len(p), nil
}

// end ends the answer, and closes a connection that was taken. A client sees that
// an answer broke off by the missing last chunk.
func (e *Events) end(broken bool) {
	c, taken := e.out.(*connectionEvents)
	if !taken {
		return // net/http ends it
	}
	if c.chunks && !e.failed && !broken {
		if c.SetWriteDeadline(time.Now().Add(eventsTimeout)) == nil {
			_, _ = c.Conn.Write([]byte("0\r\n\r\n")) // the client may have left
		}
	}
	_ = c.Close() // nothing follows
}

// AppendEvent appends an event to encoded ones. The data is one line. A reader
// resumes from the id; an event without one has "".
func AppendEvent(encoded []byte, id, name string, data []byte) []byte {
	if id != "" {
		encoded = fmt.Appendf(encoded, "id: %s\n", id)
	}
	return fmt.Appendf(encoded, "event: %s\ndata: %s\n\n", name, data)
}

// Add adds an event to those that the next Flush sends. The data is one line.
func (e *Events) Add(name string, data []byte) {
	e.buf.Write(AppendEvent(e.buf.AvailableBuffer(), "", name, data))
}

// beat adds a comment, which shows that the stream lives.
func (e *Events) beat() {
	e.buf.WriteString(":\n\n")
}

// Flush sends what has been added and gives its memory back: thousands of
// streams are quiet most of the time. It fails if the client has left or is too
// slow.
func (e *Events) Flush() error {
	if e.buf.Len() == 0 {
		return nil
	}
	err := e.write(e.buf.Bytes())
	e.buf = bytes.Buffer{}
	return err
}

// Send sends what has been added, then events that are encoded already, and does
// not keep them.
func (e *Events) Send(encoded []byte) error {
	if err := e.Flush(); err != nil {
		return err
	}
	for part := range slices.Chunk(encoded, EventsAtOnce) {
		if err := e.write(part); err != nil {
			return err
		}
	}
	return nil
}

func (e *Events) write(p []byte) error {
	err := e.out.SetWriteDeadline(time.Now().Add(eventsTimeout))
	if err == nil {
		var n int
		n, err = e.out.Write(p)
		e.sent += int64(n)
	}
	if err != nil {
		e.failed = true
		return fmt.Errorf("send events: %w", err)
	}
	return nil
}

// noteStreamEnd keeps the error that ended a stream for its log line, unless the
// reader just went away.
func noteStreamEnd(ctx context.Context, err error) {
	// A failed write ends the context of the request as well.
	if err != nil && !errors.Is(err, ErrStreamEnd) && (ctx.Err() == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		NoteCause(ctx, err)
	}
}
