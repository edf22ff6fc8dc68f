package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
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
	// eventsAtOnce is how many bytes of events are sent at a time.
	eventsAtOnce = 64 << 10
	// EventsHold is what events hold while they are sent, one of the largest
	// included.
	EventsHold = 4 * eventsAtOnce
)

// Events is an answer of server-sent events.
type Events struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	buf bytes.Buffer
}

// BeginEvents begins the answer, which may then last as long as it likes.
func BeginEvents(ctx huma.Context) *Events {
	_, w := humachi.Unwrap(ctx)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	// What compresses would, too, as Next.js does unless it is told not to.
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no") // nginx would wait for more
	e := &Events{w: w, rc: http.NewResponseController(w)}
	// Nothing more is read.
	_ = e.rc.SetReadDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	return e
}

// Add adds an event to those that the next Flush sends. The data is one line.
func (e *Events) Add(name string, data []byte) {
	fmt.Fprintf(&e.buf, "event: %s\ndata: %s\n\n", name, data)
}

// AddNumbered is Add for an event with an id, from which a reader resumes.
func (e *Events) AddNumbered(id string, name string, data []byte) {
	fmt.Fprintf(&e.buf, "id: %s\n", id)
	e.Add(name, data)
}

// Beat adds a comment, which shows that the stream lives.
func (e *Events) Beat() {
	e.buf.WriteString(":\n\n")
}

// Full reports whether enough has been added for a Flush to be due.
func (e *Events) Full() bool { return e.buf.Len() >= eventsAtOnce }

// Flush sends what has been added and gives its memory back: thousands of
// streams are quiet most of the time. It fails if the reader is gone or too
// slow.
func (e *Events) Flush() error {
	if e.buf.Len() == 0 {
		return nil
	}
	if err := e.rc.SetWriteDeadline(time.Now().Add(eventsTimeout)); err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	_, err := e.w.Write(e.buf.Bytes())
	e.buf = bytes.Buffer{}
	if err == nil {
		err = e.rc.Flush()
	}
	if err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	return nil
}

// NoteStreamEnd keeps the error that ended a stream for its log line, unless the
// reader just went away.
func NoteStreamEnd(ctx context.Context, err error) {
	// A failed write ends the context of the request as well.
	if err != nil && (ctx.Err() == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		NoteCause(ctx, err)
	}
}
