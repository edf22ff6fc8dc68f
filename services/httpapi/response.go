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
	// oneTask is the number of bytes that an operation on one task reserves: for the
	// longest body, the task and the response.
	oneTask = 2 * MaxBodyBytes
	// forwarded is the number of bytes that a forwarded operation reserves.
	forwarded = 128 << 10
	// maxPooledBuffer is the capacity of the largest buffer that is returned to the
	// pool.
	maxPooledBuffer = 64 << 10
)

// Holds returns the [huma.Operation.Metadata] of an operation that reserves this number of
// bytes instead of the default, which is enough for one task.
func Holds(bytes int64) map[string]any { return map[string]any{holdsName: bytes} }

const holdsName = "tasklane.holds"

// holds returns the number of bytes that an operation reserves.
func holds(op *huma.Operation) int64 {
	if bytes, ok := op.Metadata[holdsName].(int64); ok {
		return bytes
	}
	return oneTask
}

// Hold reserves bytes for the next read and write of a user's stream. It waits until they
// are available, and returns an error only if ctx ends.
func (a *API) Hold(ctx context.Context, user string, bytes int64) (*Held, error) {
	h := a.responses.enter(user)
	if h.wait(ctx, bytes) != nil {
		h.Release()
		return nil, ctx.Err()
	}
	return h, nil
}

// HeldBy returns the memory reserved by the operation of ctx. A stream releases it once
// its first events are sent.
func HeldBy(ctx context.Context) *Held { return requestInfoFrom(ctx).slot.hold }

// bufferedResponse is the context of an operation whose response is buffered, so that
// the operation's memory can be freed before a slow client has read the response.
type bufferedResponse struct {
	humaContext

	status int
	body   *bytes.Buffer
}

// humaContext is embedded under another name than Context, which is one of its methods.
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

// send writes the response, unless the operation has written it itself.
func (b *bufferedResponse) send(w http.ResponseWriter, held *Held) {
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
