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
	// oneTaskBytes is the number of bytes that an operation on one task reserves for the
	// request body, the task and the response. Together they take at most twice as much
	// as the longest body.
	oneTaskBytes = 2 * MaxBodyBytes
	// forwardedBytes is the number of bytes that a forwarded operation reserves.
	forwardedBytes = 128 << 10
	// maxPooledBuffer is the capacity of the largest buffer that is returned to the
	// pool.
	maxPooledBuffer = 64 << 10
)

// MemoryMetadata returns the [huma.Operation.Metadata] of an operation that reserves this
// number of bytes instead of the default, which is enough for one task.
func MemoryMetadata(bytes int64) map[string]any { return map[string]any{memoryKey: bytes} }

const memoryKey = "tasklane.memory"

// memoryOf returns the number of bytes that an operation reserves.
func memoryOf(op *huma.Operation) int64 {
	if bytes, ok := op.Metadata[memoryKey].(int64); ok {
		return bytes
	}
	return oneTaskBytes
}

// Reserve reserves bytes for the next read and write of a user's stream. It waits until they
// are available, and returns an error only if ctx ends.
func (a *API) Reserve(ctx context.Context, user string, bytes int64) (*Reservation, error) {
	r := a.responses.enter(user)
	if r.wait(ctx, bytes) != nil {
		r.Release()
		return nil, ctx.Err()
	}
	return r, nil
}

// ReservationOf returns the memory reserved by the operation of ctx. A stream releases it
// once its first events are sent.
func ReservationOf(ctx context.Context) *Reservation { return requestInfoFrom(ctx).slot.reserved }

// bufferedResponse is the context of an operation whose response is buffered, so that
// the operation's memory can be freed before a slow client has read the response.
type bufferedResponse struct {
	humaContext

	status int
	body   *bytes.Buffer
}

// humaContext is [huma.Context] under another name, because an embedded field called Context
// would hide the method Context.
type humaContext = huma.Context

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Unwrap returns the wrapped context. Huma calls it.
func (b *bufferedResponse) Unwrap() huma.Context { return b.humaContext }

// SetStatus sets the response's status.
func (b *bufferedResponse) SetStatus(code int) { b.status = code }

// Status returns the response's status.
func (b *bufferedResponse) Status() int { return b.status }

// BodyWriter returns the writer of the buffered body.
func (b *bufferedResponse) BodyWriter() io.Writer {
	if b.body == nil {
		b.body, _ = buffers.Get().(*bytes.Buffer)
	}
	return b.body
}

// send writes the buffered response. A stream has written its response itself, and has
// neither body nor status here.
func (b *bufferedResponse) send(w http.ResponseWriter, held *Reservation) {
	if b.body == nil {
		if b.status != 0 {
			w.WriteHeader(b.status)
		}
		return
	}
	held.Shrink(int64(b.body.Cap()))
	w.Header().Set("Content-Length", strconv.Itoa(b.body.Len()))
	// httptest's recorder has no deadlines.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(budget.Delivery))
	w.WriteHeader(b.status)
	_, _ = w.Write(b.body.Bytes()) // the client may have disconnected
	if b.body.Cap() <= maxPooledBuffer {
		b.body.Reset()
		buffers.Put(b.body)
	}
}
