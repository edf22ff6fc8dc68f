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

// DefaultHeartbeat is how often an idle stream sends a comment, so that proxies do not
// close the connection.
const DefaultHeartbeat = 15 * time.Second

// eventsTimeout bounds how long one write to a client may take.
const eventsTimeout = 10 * time.Second

const (
	// EventsAtOnce is the number of bytes of events written at a time.
	EventsAtOnce = 64 << 10
	// EventsMemory is the number of bytes reserved, besides a page, while its events are
	// sent. The largest event has fewer.
	EventsMemory = 4 * EventsAtOnce
)

// Events writes server-sent events to one client.
type Events struct {
	out eventWriter
	buf bytes.Buffer
	// sent counts the bytes written to a hijacked connection.
	sent int64
	// failed is set after a failed write: the client has disconnected or is too slow.
	failed bool
}

// eventWriter writes without buffering.
type eventWriter interface {
	io.Writer
	SetWriteDeadline(deadline time.Time) error
}

// beginEvents starts the response and removes its read deadline.
func beginEvents(ctx huma.Context) *Events {
	_, w := humachi.Unwrap(ctx)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	// Compressing proxies, such as Next.js by default, would buffer events.
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no") // disables buffering in nginx
	out := responseEvents{w, http.NewResponseController(w)}
	// The client sends nothing, so waiting until it disconnects has no limit.
	_ = out.SetReadDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	return &Events{out: out}
}

// responseEvents writes events through net/http.
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

// hijack continues on a hijacked connection. net/http has sent the headers, which announce
// chunks if the client supports them.
func (e *Events) hijack(conn net.Conn, chunks bool) {
	e.out, e.sent = &connectionEvents{conn, chunks}, 0
}

// connectionEvents writes events to a hijacked connection.
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

// end ends the response and closes the hijacked connection. After a panic it omits the last
// chunk, so that the client can tell that the response was truncated.
func (e *Events) end(panicked bool) {
	c := e.out.(*connectionEvents)
	if c.chunks && !e.failed && !panicked {
		if c.SetWriteDeadline(time.Now().Add(eventsTimeout)) == nil {
			_, _ = c.Conn.Write([]byte("0\r\n\r\n")) // the client may have disconnected
		}
	}
	_ = c.Close() // the response is complete
}

// AppendEvent appends an event to encoded events. data must be a single line. Clients
// resume from the id; an empty one is omitted.
func AppendEvent(encoded []byte, id, name string, data []byte) []byte {
	if id != "" {
		encoded = fmt.Appendf(encoded, "id: %s\n", id)
	}
	return fmt.Appendf(encoded, "event: %s\ndata: %s\n\n", name, data)
}

// Add queues an event for the next Flush. data must be a single line.
func (e *Events) Add(name string, data []byte) {
	e.buf.Write(AppendEvent(e.buf.AvailableBuffer(), "", name, data))
}

// heartbeat queues a comment, which keeps the connection alive.
func (e *Events) heartbeat() {
	e.buf.WriteString(":\n\n")
}

// Flush sends the queued events and frees the buffer, because streams are idle most of the
// time. It fails if the client has disconnected or is too slow.
func (e *Events) Flush() error {
	if e.buf.Len() == 0 {
		return nil
	}
	err := e.write(e.buf.Bytes())
	e.buf = bytes.Buffer{}
	return err
}

// Send flushes the queue, then sends encoded events without buffering them.
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

// logStreamEnd adds the error that ended a stream to its log line, unless the client only
// disconnected.
func logStreamEnd(ctx context.Context, err error) {
	// A failed write also ends the request's context.
	if err != nil && !errors.Is(err, ErrStreamEnd) && (ctx.Err() == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		SetLoggedCause(ctx, err)
	}
}
