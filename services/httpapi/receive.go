package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
)

// maxReceived is how many bytes of bodies a server holds at most until their
// requests are answered: those of operations, and as many of other requests,
// which need no session.
const maxReceived = 64 << 20

// Receive is a middleware for operations, after those that authenticate. It
// waits for the request's body, and meanwhile the request does not count among
// those in flight: a client that sends slowly holds up nobody else.
func (a *API) Receive(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	held, _ := ctx.Context().Value(slotKey{}).(*slot)
	if ctx.Operation().RequestBody == nil || held == nil {
		next(ctx)
		return
	}
	held.leave()
	body := &receivedBody{total: &a.received}
	defer body.release()
	problem := body.receive(w, r, ctx.Operation().MaxBodyBytes-1)
	if problem == nil && !held.enter(a.inFlight) {
		problem = full()
	}
	if problem != nil {
		WriteTo(ctx, problem)
		return
	}
	limitAnswer(w, a.timeout)
	next(ctx)
}

// ReceivedBody returns the body of a request behind [API.Receive] or
// [API.Admit], and nil for any other request.
func ReceivedBody(r *http.Request) []byte {
	if body, ok := r.Body.(*receivedBody); ok {
		return body.data
	}
	return nil
}

// receivedBody is a request's body that has arrived.
type receivedBody struct {
	bytes.Reader

	data  []byte
	total *atomic.Int64 // bytes of all bodies that are held
}

// receive waits for the body of a request, of at most limit bytes, and puts the
// bytes in its place. It returns a problem if the body is too large or does not
// arrive, or if too much is held already.
func (b *receivedBody) receive(w http.ResponseWriter, r *http.Request, limit int64) *Problem {
	if r.ContentLength > limit {
		return bodyTooLarge()
	}
	if r.ContentLength != 0 {
		// Only a connection has deadlines; a recorder in a test has none.
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(budget.Body))
		_, err := io.CopyN(b, r.Body, limit+1)
		_ = control.SetReadDeadline(time.Now().Add(readTimeout))
		switch {
		case errors.Is(err, errNoRoom):
			return full()
		case errors.Is(err, os.ErrDeadlineExceeded):
			return NewProblem(taskapi.CodeTimeout, "The request's body took too long to arrive.").WithRetryAfter(unavailableRetryAfter)
		case err == nil:
			return bodyTooLarge()
		case !errors.Is(err, io.EOF):
			NoteCause(r.Context(), err)
			return Invalid(taskapi.FieldError{Field: "body", Code: taskapi.FieldFormat, Message: "did not arrive"})
		}
	}
	b.Reset(b.data)
	r.Body = b
	return nil
}

var errNoRoom = errors.New("no room for another body")

// Write takes in a part of the body, unless too much is held.
func (b *receivedBody) Write(p []byte) (int, error) {
	if b.total.Add(int64(len(p))) > maxReceived {
		b.total.Add(-int64(len(p)))
		return 0, errNoRoom
	}
	b.data = append(b.data, p...)
	return len(p), nil
}

func (b *receivedBody) release() { b.total.Add(-int64(len(b.data))) }

// Close implements [io.Closer].
func (b *receivedBody) Close() error { return nil }
