package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
)

// Receive is a middleware for operations, after [SetUser]. It reads the request body
// before [API.LimitInFlight] counts the request, so that slow clients take no slots.
func (a *API) Receive(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	if ctx.Operation().RequestBody == nil {
		next(ctx)
		return
	}
	body := &receivedBody{reserved: a.received.enter(requestInfoFrom(ctx.Context()).user)}
	defer body.reserved.Release()
	if problem := body.receive(w, r, ctx.Operation().MaxBodyBytes-1); problem != nil {
		WriteTo(ctx, problem)
		return
	}
	next(ctx)
}

// ReceivedBody returns the body that [API.Receive] or [API.Admit] has read, or nil.
func ReceivedBody(r *http.Request) []byte {
	if body, ok := r.Body.(*receivedBody); ok {
		return body.data
	}
	return nil
}

// receivedBody is a request body that has been read.
type receivedBody struct {
	bytes.Reader

	data     []byte
	reserved *Reservation // len(data) bytes
}

// receive reads a request body of at most limit bytes and replaces r.Body with the
// bytes. It returns a problem if the body is too large or incomplete, does not arrive
// within [budget.Body], or if too many bytes are held already.
func (b *receivedBody) receive(w http.ResponseWriter, r *http.Request, limit int64) *Problem {
	if r.ContentLength > limit {
		return bodyTooLarge()
	}
	if r.ContentLength != 0 {
		// httptest's recorder has no deadlines.
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(budget.Body))
		size := int64(4 << 10)
		if r.ContentLength > 0 {
			size = min(size, r.ContentLength)
		}
		_, err := io.CopyBuffer(b, io.LimitReader(r.Body, limit+1), make([]byte, size))
		var noRoom *Problem
		_ = control.SetReadDeadline(time.Now().Add(readTimeout))
		switch {
		case errors.As(err, &noRoom):
			return noRoom
		case errors.Is(err, os.ErrDeadlineExceeded):
			return NewProblem(taskapi.CodeTimeout, "The request body took too long to arrive.").WithRetryAfter(unavailableRetryAfter)
		case err == nil && int64(len(b.data)) > limit:
			return bodyTooLarge()
		case err != nil:
			SetLoggedCause(r.Context(), err)
			return Invalid(taskapi.FieldError{Field: "body", Code: taskapi.FieldFormat, Message: "is incomplete"})
		}
	}
	b.Reset(b.data)
	r.Body = b
	return nil
}

// Write appends part of the body. It fails with a [Problem] if too many bytes are held.
func (b *receivedBody) Write(p []byte) (int, error) {
	if problem := b.reserved.try(int64(len(p))); problem != nil {
		return 0, problem
	}
	b.data = append(b.data, p...)
	return len(p), nil
}

// Close implements [io.Closer].
func (b *receivedBody) Close() error { return nil }
