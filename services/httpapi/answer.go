package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/services/budget"
)

const (
	// oneTask bounds the bytes that an operation on one task holds: the longest
	// body, the task and the response.
	oneTask = 2 * MaxBodyBytes
	// forwarded bounds the bytes that a forwarded response holds.
	forwarded = 128 << 10
	// keptBuffer is the size of the largest buffer that is reused.
	keptBuffer = 64 << 10
)

// Holds returns the [huma.Operation.Metadata] of an operation that holds more memory
// than one task needs: the bytes of what it reads and of its response.
func Holds(bytes int64) map[string]any { return map[string]any{holdsName: bytes} }

const holdsName = "tasklane.holds"

// holds returns what an operation may hold.
func holds(op *huma.Operation) int64 {
	if bytes, ok := op.Metadata[holdsName].(int64); ok {
		return bytes
	}
	return oneTask
}

// Hold waits for room for the bytes that a stream of a user reads and sends next.
// The error is that of ctx.
func (a *API) Hold(ctx context.Context, user string, bytes int64) (*Held, error) {
	h := a.answers.enter(user)
	if h.wait(ctx, bytes) != nil {
		h.Release()
		return nil, ctx.Err()
	}
	return h, nil
}

// HeldBy returns the bytes held by the operation of ctx. A stream releases them once
// it has sent what the operation has read.
func HeldBy(ctx context.Context) *Held { return requestInfoFrom(ctx).slot.hold }

// answer is the context of an operation whose response is buffered. What the
// operation has read can then be freed before a slow reader has received it.
type answer struct {
	humaContext

	status int
	body   *bytes.Buffer
}

// humaContext leaves the name Context to the method.
type humaContext = huma.Context

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Unwrap returns the context behind, as Huma asks for it.
func (a *answer) Unwrap() huma.Context { return a.humaContext }

// SetStatus sets the status of the answer.
func (a *answer) SetStatus(code int) { a.status = code }

// Status returns the status of the answer.
func (a *answer) Status() int { return a.status }

// BodyWriter returns what the body is written to.
func (a *answer) BodyWriter() io.Writer {
	if a.body == nil {
		a.body, _ = buffers.Get().(*bytes.Buffer)
	}
	return a.body
}

// send sends the answer, unless the operation has done so itself.
func (a *answer) send(w http.ResponseWriter, held *Held) {
	if a.body == nil {
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		return
	}
	held.Shrink(int64(a.body.Cap()))
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	// Only a connection has deadlines; a recorder in a test has none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(budget.Delivery))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // the client may be gone
	if a.body.Cap() <= keptBuffer {
		a.body.Reset()
		buffers.Put(a.body)
	}
}
