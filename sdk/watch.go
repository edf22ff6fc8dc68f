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
	// maxSilence is how long a stream may bring nothing. The service sends
	// a sign of life every 15 seconds.
	maxSilence = 45 * time.Second

	// settled is how long a connection must last for the next one to be
	// tried as soon as the first.
	settled = 10 * time.Second

	// patience is how much longer than a call's the waits of a watch may
	// grow. Nobody stands behind them and waits, and there may be one for
	// each user of a program: in an outage their connections are all the
	// load there is, and the budget of the calls does not bound them.
	patience = 6
)

// errSilent ends a connection that brings nothing any more.
var errSilent = fmt.Errorf("nothing came for %v", maxSilence)

// Watch goes through what changes after a number, such as [taskapi.ListMeta]'s
// Changes of a list, and waits for more, without end: until ctx ends, the loop
// is left, or an error comes with the zero Change. From zero it begins with every
// resource there is, also in the trash, each as one change.
//
// Numbers only rise, and no change comes twice. A resource that changes several
// times in short order may come once, as it is then. Like [Client.Changes] it
// passes on kinds that this version does not know.
//
// Watch keeps a connection open and makes a new one when that breaks, falls
// silent, or ends with its token, and goes on where it was. It waits out failures
// that pass, whatever [RetryPolicy.MaxAttempts] says, and a Retry-After of any
// length. Its waits are random, and their bound grows to six times
// [RetryPolicy.MaxDelay]: in a lasting outage it tries every 15 seconds on
// average, by default. A [Hook] sees every connection as an attempt.
//
// It ends with an error only if trying again makes no sense, such as
// [ErrCursorExpired] if the changes since are no longer known: list again.
// An error of the token source ends it too, but for one that wraps
// [ErrAuthUnavailable].
func (c *Client) Watch(ctx context.Context, after int64, opts ...CallOption) iter.Seq2[taskapi.Change, error] {
	return func(yield func(taskapi.Change, error) bool) {
		w := &watch{
			client:  c,
			request: request{operation: "watchChanges", method: http.MethodGet, path: "/api/events"},
			at:      taskapi.ChangeCursor{After: after},
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

// watch is one loop over [Client.Watch].
type watch struct {
	client  *Client
	request request
	yield   func(taskapi.Change, error) bool

	at       taskapi.ChangeCursor // behind the latest change that the loop has seen
	left     bool                 // the loop does not want any more
	failures int                  // connections in a row that were of no use
	renewed  bool                 // a refused token has led to another connection
	progress progress
}

// connection is what there is to know of a connection that has ended.
type connection struct {
	status     int
	header     http.Header
	retryAfter *time.Duration
	failure    *Error // nil if it ended by agreement
	passing    bool   // another connection makes sense
	expired    bool   // the token's time was over
	changed    bool   // it brought a change
}

// run holds one connection after the other. It returns nil once the loop is
// left.
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
			var again bool
			if delay, failure, again = w.attempt(ctx, token); !again {
				return failure
			}
		case errors.Is(err, ErrAuthUnavailable):
			if ended := w.tell(w.progress.unsent(&w.request, err)); ended != nil {
				return ended
			}
			delay = w.pause(nil)
		default:
			return w.progress.unsent(&w.request, err)
		}
		if err := wait(ctx, delay); err != nil {
			return w.progress.unsent(&w.request, err)
		}
	}
}

// attempt holds one connection. It returns how that ended, and whether and
// after which delay another one follows.
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
	end := w.connect(ctx, token, attempt.Header)
	outcome := Outcome{Status: end.status, RequestID: end.header.Get(headerRequestID), Duration: time.Since(start)}
	if end.failure != nil {
		outcome.Err = w.progress.completed(end.failure, &w.request)
	}
	outcome.Delay, outcome.WillRetry = w.again(ctx, end, token, outcome.Duration)
	if outcome.WillRetry && end.failure != nil && end.status != http.StatusUnauthorized {
		if ended := w.tell(end.failure); ended != nil {
			end.failure, outcome.WillRetry = ended, false
		}
	}
	after(outcome)
	return outcome.Delay, end.failure, outcome.WillRetry
}

// again reports whether another connection follows one that lasted for some
// time, and after which delay.
func (w *watch) again(ctx context.Context, end connection, token string, lasted time.Duration) (time.Duration, bool) {
	switch {
	case w.left, end.failure != nil && ctx.Err() != nil:
		return 0, false
	case end.status == http.StatusUnauthorized && !w.renewed:
		w.renewed = true
		return 0, w.client.renewed(ctx, &w.request.options, token)
	case end.failure != nil && !end.passing:
		return 0, false
	}
	if end.expired {
		w.client.dropToken(&w.request.options, token)
	}
	if end.status == http.StatusOK {
		w.renewed = false
	}
	if end.changed || lasted >= settled {
		w.failures = 0
	}
	return w.pause(end.retryAfter), true
}

// pause counts a connection that has ended and returns the wait before the
// next one.
func (w *watch) pause(retryAfter *time.Duration) time.Duration {
	w.failures++
	policy := w.client.retry
	policy.MaxDelay = patience * min(policy.MaxDelay, math.MaxInt64/patience)
	delay := time.Duration(rand.Float64() * float64(policy.backoff(w.failures)))
	if retryAfter != nil {
		delay += min(*retryAfter, math.MaxInt64-delay)
	}
	return delay
}

// tell tells [OnConnect] of a connection that stands, or of a failure after
// which another one follows. It returns what then ends the watch.
func (w *watch) tell(failure *Error) *Error {
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
	if err == reason { //nolint:errorlint // one that wraps it says more
		return failure
	}
	return w.progress.completed(fail("the watch was ended", err), &w.request)
}

// connect makes one connection and passes on what it brings, until it ends.
func (w *watch) connect(ctx context.Context, token string, fromHooks http.Header) connection {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
	defer silence.Stop()

	var end connection
	resp, err := w.open(ctx, token, fromHooks)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		end.status, end.header = resp.StatusCode, resp.Header
		w.progress.response.Status, w.progress.response.Header = resp.StatusCode, resp.Header
	}
	if w.request.options.response != nil {
		*w.request.options.response = w.progress.response
	}
	if err == nil && end.status != http.StatusOK {
		end.refused(resp)
		return end
	}
	if err == nil {
		if !isEventStream(resp) {
			end.failure = failForeign(end.status, end.header)
			return end
		}
		if end.failure = w.tell(nil); end.failure != nil {
			return end
		}
		events := newEventReader(resp.Body, func(reading bool) {
			// The time that the loop takes for a change is no silence.
			silence.Stop()
			if reading {
				silence.Reset(maxSilence)
			}
		})
		err = w.receive(events, &end)
	}
	if err == nil {
		return end
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	end.failure = failTransport(0, end.header, err)
	end.passing = failedAttempt{err: err}.passing() && !errors.Is(err, errBadEvent)
	return end
}

// open asks for a stream.
func (w *watch) open(ctx context.Context, token string, fromHooks http.Header) (*http.Response, error) {
	w.request.query = url.Values{"after": {strconv.FormatInt(w.at.After, 10)}}
	req, err := w.client.newRequest(ctx, &w.request, token, fromHooks)
	if err != nil {
		return nil, err
	}
	if w.at.Began > 0 {
		req.Header.Set("Last-Event-ID", w.at.String())
	}
	req.Header.Set("Accept", "text/event-stream, application/problem+json")
	// Something that compresses would hold events back.
	req.Header.Set("Accept-Encoding", "identity")
	return w.client.stream.Do(req)
}

// refused fills in what an answer that is no stream says.
func (end *connection) refused(resp *http.Response) {
	body, err := readAnswer(resp)
	lost := err != nil && !errors.Is(err, errTooLarge)
	end.failure = failAnswer(end.status, end.header, body, time.Now())
	if lost {
		end.failure = failTransport(end.status, end.header, err)
	}
	end.retryAfter = parseRetryAfter(end.header.Get("Retry-After"), time.Now())
	// A fault of the server's may be mended while a watch waits.
	end.passing = lost || failedAttempt{status: end.status}.passing() || end.status == http.StatusInternalServerError
}

// receive passes the changes of a stream to the loop. It returns nil when the
// loop is left or the token has expired.
func (w *watch) receive(events *eventReader, end *connection) error {
	for {
		event, err := events.next()
		if err != nil {
			return err
		}
		switch event.name {
		case "expired":
			end.expired = true
			return nil
		case "change":
			var change taskapi.Change
			if err := json.Unmarshal(event.data, &change); err != nil || incomplete(change) {
				return errBadEvent
			}
			if change.Seq <= w.at.After {
				continue
			}
			// Its id says where a reading from 0 began.
			id, _ := taskapi.ParseChangeCursor(event.id) // without one, it began later
			w.at, end.changed = id.At(change.Seq), true
			if !w.yield(change, nil) {
				w.left = true
				return nil
			}
		}
	}
}
