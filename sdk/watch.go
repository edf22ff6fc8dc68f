package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// maxSilence is how long a stream may be silent. The service sends a heartbeat
	// every 15 seconds.
	maxSilence = 45 * time.Second

	// minStable is how long a connection must last to reset the backoff.
	minStable = 10 * time.Second

	// maxDelayFactor makes a watch's longest delay longer than a call's. No caller
	// waits for a watch, and a program may have one per user: in an outage they are
	// the whole load, and the retry budget does not bound them.
	maxDelayFactor = 6
)

// errSilent closes a connection that has gone silent.
var errSilent = fmt.Errorf("nothing received for %v", maxSilence)

// Watch iterates over the changes after a number, such as Changes in a list's
// [taskapi.ListMeta], and waits for later ones. It ends when ctx ends, when the loop is
// left, or with an error, which comes with the zero Change. From zero it starts with
// every resource, including those in the trash, as one change each.
//
// Numbers only rise, and each change comes once. A resource that changes several times in
// quick succession may come once, in its latest state. Like [Client.Changes], Watch
// yields kinds that this version does not know.
//
// Watch keeps a connection open. It reconnects when the connection breaks, goes silent or
// ends with its token, and resumes without gaps. It retries transient failures without
// limit, regardless of [RetryPolicy.MaxAttempts], and honors a Retry-After of any
// length. Its backoff is random and grows to six times [RetryPolicy.MaxDelay]: by
// default, it reconnects every 15 seconds on average during a long outage. A [Hook] sees
// every connection as an attempt.
//
// It ends with an error only if a retry cannot succeed, such as [ErrCursorExpired] if
// changes after the number have been removed: list again then. An error of the token
// source also ends it, unless it wraps [ErrAuthUnavailable] or [ErrRateLimited].
func (c *Client) Watch(ctx context.Context, after int64, opts ...CallOption) iter.Seq2[taskapi.Change, error] {
	return func(yield func(taskapi.Change, error) bool) {
		w := &watch{
			client:  c,
			request: request{operation: "watchChanges", method: http.MethodGet, path: "/api/events"},
			cursor:  taskapi.ChangeCursor{After: after},
			yield:   yield,
		}
		for _, opt := range opts {
			opt(&w.request.options)
		}
		if failure := w.run(ctx); failure != nil {
			yield(taskapi.Change{}, failure)
		}
	}
}

// watch is the state of one loop over [Client.Watch].
type watch struct {
	client  *Client
	request request
	yield   func(taskapi.Change, error) bool

	cursor   taskapi.ChangeCursor // after the latest change that the loop has seen
	stopped  bool                 // the loop was left
	failures int                  // consecutive short connections without a change
	renewed  bool                 // the token was renewed after a 401, which came last
	progress progress
}

// connection describes a connection that has ended.
type connection struct {
	status    int
	header    http.Header
	failure   *Error // nil if the service ended it regularly
	transient bool   // the failure is transient
	expired   bool   // the token has expired
	changed   bool   // a change was received
}

// run makes connections one after another. It returns nil once the loop is left.
func (w *watch) run(ctx context.Context) *Error {
	if err := w.request.prepare(); err != nil {
		return w.progress.unsent(&w.request, err)
	}
	for {
		token, err := w.client.token(ctx, &w.request.options)
		delay := time.Duration(0)
		switch {
		case err == nil:
			var failure *Error
			var reconnect bool
			if delay, failure, reconnect = w.attempt(ctx, token); !reconnect {
				return failure
			}
		case errors.Is(err, ErrAuthUnavailable), errors.Is(err, ErrRateLimited):
			failure := w.progress.unsent(&w.request, err)
			if ended := w.notify(failure); ended != nil {
				return ended
			}
			delay = w.nextDelay(failure)
		default:
			return w.progress.unsent(&w.request, err)
		}
		if err := wait(ctx, delay); err != nil {
			return w.progress.unsent(&w.request, err)
		}
	}
}

// attempt makes one connection. It returns the delay before the next one, the error, and
// whether to reconnect.
func (w *watch) attempt(ctx context.Context, token string) (time.Duration, *Error, bool) {
	w.progress.response.Attempts++
	attempt := Attempt{
		Operation: w.request.operation,
		Method:    w.request.method,
		Path:      w.request.path,
		Number:    w.progress.response.Attempts,
	}
	after := w.client.before(ctx, &attempt)
	start := time.Now()
	conn := w.connect(ctx, token, attempt.Header)
	outcome := Outcome{Status: conn.status, RequestID: conn.header.Get(headerRequestID), Duration: time.Since(start)}
	if conn.failure != nil {
		outcome.Err = w.progress.describe(conn.failure, &w.request)
	}
	outcome.Delay, outcome.WillRetry = w.nextAttempt(ctx, conn, token, outcome.Duration)
	if outcome.WillRetry && conn.failure != nil && conn.status != http.StatusUnauthorized {
		if failure := w.notify(conn.failure); failure != nil {
			conn.failure, outcome.WillRetry = failure, false
		}
	}
	after(outcome)
	return outcome.Delay, conn.failure, outcome.WillRetry
}

// nextAttempt returns the delay before the next connection, and whether to make one.
func (w *watch) nextAttempt(ctx context.Context, conn connection, token string, lasted time.Duration) (time.Duration, bool) {
	switch {
	case w.stopped, conn.failure != nil && ctx.Err() != nil:
		return 0, false
	case conn.status == http.StatusUnauthorized && !w.renewed:
		w.renewed = true
		return 0, w.client.renewToken(ctx, &w.request.options, token)
	case conn.failure != nil && !conn.transient:
		return 0, false
	}
	if conn.expired {
		w.client.dropToken(&w.request.options, token)
	}
	w.renewed = false // the token may expire again while the service is unavailable
	if conn.changed || lasted >= minStable {
		w.failures = 0
	}
	return w.nextDelay(conn.failure), true
}

// nextDelay counts a connection that has ended, with a failure or nil, and returns the delay
// before the next one.
func (w *watch) nextDelay(failure *Error) time.Duration {
	w.failures++
	policy := w.client.retry
	policy.MaxDelay = maxDelayFactor * min(policy.MaxDelay, math.MaxInt64/maxDelayFactor)
	var retryAfter time.Duration
	if failure != nil {
		retryAfter = failure.RetryAfter
	}
	return policy.delay(w.failures, retryAfter, rand.Float64())
}

// notify calls the [OnConnect] function after a connection, or after a failure before
// reconnecting. It returns the error with which to end the watch, if any.
func (w *watch) notify(failure *Error) *Error {
	if w.request.options.onConnect == nil {
		return nil
	}
	var reason error
	if failure != nil {
		reason = failure
	}
	err := w.request.options.onConnect(reason)
	if err == nil {
		return nil
	}
	if err == reason { //nolint:errorlint // a wrapping error says more
		return failure
	}
	return w.progress.describe(fail("the watch was stopped", err), &w.request)
}

// connect makes one connection and yields its changes until it ends.
func (w *watch) connect(ctx context.Context, token string, fromHooks http.Header) (conn connection) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
	defer silence.Stop()
	if err := w.stream(ctx, token, fromHooks, silence, &conn); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		conn.failure = failTransport(0, conn.header, err)
		conn.transient = failedAttempt{err: err}.transient() && !errors.Is(err, errBadEvent)
	}
	return conn
}

// stream requests a stream and yields its changes. Its error is that of the transport or
// of an invalid event; conn has every other.
func (w *watch) stream(ctx context.Context, token string, fromHooks http.Header, silence *time.Timer, conn *connection) error {
	resp, err := w.open(ctx, token, fromHooks)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		conn.status, conn.header = resp.StatusCode, resp.Header
		w.progress.response.Status, w.progress.response.Header = resp.StatusCode, resp.Header
	}
	if w.request.options.response != nil {
		*w.request.options.response = w.progress.response
	}
	switch {
	case err != nil:
		return err
	case conn.status != http.StatusOK:
		conn.rejected(resp)
		return nil
	case !isEventStream(resp):
		conn.failure = failForeign(conn.status, conn.header)
		return nil
	}
	if conn.failure = w.notify(nil); conn.failure != nil {
		return nil
	}
	return w.receive(newEventReader(resp.Body, func(reading bool) {
		// The time that the loop takes does not count as silence.
		silence.Stop()
		if reading {
			silence.Reset(maxSilence)
		}
	}), conn)
}

// open requests a stream.
func (w *watch) open(ctx context.Context, token string, fromHooks http.Header) (*http.Response, error) {
	w.request.query = url.Values{"after": {strconv.FormatInt(w.cursor.After, 10)}}
	req, err := w.client.newRequest(ctx, &w.request, token, fromHooks)
	if err != nil {
		return nil, err
	}
	if w.cursor.Began > 0 {
		req.Header.Set("Last-Event-ID", w.cursor.String())
	}
	req.Header.Set("Accept", "text/event-stream, application/problem+json")
	// Compression would delay events.
	req.Header.Set("Accept-Encoding", "identity")
	return w.client.stream.Do(req)
}

// rejected sets the fields from a response that is not a stream.
func (conn *connection) rejected(resp *http.Response) {
	body, err := readBody(resp)
	truncated := err != nil && !errors.Is(err, errTooLarge)
	conn.failure = failResponse(conn.status, conn.header, body)
	if truncated {
		conn.failure = failTransport(conn.status, conn.header, err)
	}
	// A server error may be fixed while the watch waits.
	conn.transient = truncated || failedAttempt{status: conn.status}.transient() || conn.status == http.StatusInternalServerError
}

// receive yields the changes of a stream. It returns nil when the loop is left or the
// token has expired.
func (w *watch) receive(events *eventReader, conn *connection) error {
	for {
		event, err := events.next()
		if err != nil {
			return err
		}
		switch event.name {
		case "expired":
			conn.expired = true
			return nil
		case "change":
			var change taskapi.Change
			if err := json.Unmarshal(event.data, &change); err != nil || incomplete(change) {
				return errBadEvent
			}
			if change.Seq <= w.cursor.After {
				continue
			}
			// While the watch reads from 0, the id also says where that began. An event
			// without an id is not part of such a reading.
			cursor, _ := taskapi.ParseChangeCursor(event.id)
			w.cursor, conn.changed = cursor.At(change.Seq), true
			if !w.yield(change, nil) {
				w.stopped = true
				return nil
			}
		}
	}
}
