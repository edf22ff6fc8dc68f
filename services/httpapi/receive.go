package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

const (
	// receiveTimeout is how long a request's body may take to arrive.
	receiveTimeout = 10 * time.Second
	// maxReceived is how many bytes of bodies a server holds at most until
	// their requests are answered: those of operations, and as many of what
	// is beside them, for which nobody has to be signed in.
	maxReceived = 64 << 20
)

// Receive is a middleware for operations, behind those that know the user. It
// waits for the request's body, and meanwhile the request is not among those in
// flight: a client that sends slowly holds up nobody else.
func (a *API) Receive(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	held, _ := ctx.Context().Value(slotKey{}).(*slot)
	if ctx.Operation().RequestBody == nil || held == nil {
		next(ctx)
		return
	}
	held.leave()
	body, fits := receive(w, r, ctx.Operation().MaxBodyBytes, &a.received)
	defer body.release()
	if !fits || !held.enter(a.inFlight) {
		WriteTo(ctx, full())
		return
	}
	next(ctx)
}

// receive waits for the body of a request, or for more of it than there may be,
// and puts what came in its place. It counts the bytes in total, and reports
// whether there was room for them.
func receive(w http.ResponseWriter, r *http.Request, most int64, total *atomic.Int64) (body *receivedBody, fits bool) {
	body = &receivedBody{Closer: r.Body, total: total}
	if r.ContentLength == 0 {
		return body, true
	}
	expected := most + 1
	if r.ContentLength > 0 {
		expected = min(expected, r.ContentLength)
	}
	// Only a connection has deadlines; a recorder in a test has none.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(receiveTimeout))
	_, err := io.CopyN(body, r.Body, expected)
	_ = control.SetReadDeadline(time.Now().Add(readTimeout))
	if errors.Is(err, errNoRoom) {
		return body, false
	}
	body.rest = r.Body
	if err != nil {
		// Asked again, the connection might make us wait again.
		body.rest = failure{err}
	}
	r.Body = body
	return body, true
}

var errNoRoom = errors.New("no room for another body")

// receivedBody is what came of a body, and behind it the rest, if there may be
// any.
type receivedBody struct {
	io.Closer

	came  bytes.Buffer
	rest  io.Reader
	total *atomic.Int64 // of all bodies that are held
	held  int64
}

// Write takes in what comes, unless too much is held.
func (b *receivedBody) Write(p []byte) (int, error) {
	n := int64(len(p))
	b.held += n
	if b.total.Add(n) > maxReceived {
		return 0, errNoRoom
	}
	return b.came.Write(p)
}

// Read implements [io.Reader].
func (b *receivedBody) Read(p []byte) (int, error) {
	if b.came.Len() > 0 {
		return b.came.Read(p)
	}
	return b.rest.Read(p)
}

func (b *receivedBody) release() { b.total.Add(-b.held) }

// failure is the rest of a body that does not come.
type failure struct{ error }

// Read implements [io.Reader].
func (f failure) Read([]byte) (int, error) { return 0, f.error }
