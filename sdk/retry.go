package sdk

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// RetryPolicy configures how often and how soon failed attempts are retried. Zero fields
// have defaults.
//
// Which failures are retried is fixed: see the package documentation.
type RetryPolicy struct {
	// MaxAttempts is the maximum number of requests per call, including the
	// first; 4 by default. 1 disables retries. It does not count the one retry
	// with a renewed token after a 401.
	MaxAttempts int
	// BaseDelay is the maximum delay before the second attempt; 100 ms by
	// default. It doubles with every further attempt, up to MaxDelay. The delay
	// itself is random, from zero to the maximum ("full jitter").
	BaseDelay time.Duration
	// MaxDelay bounds the backoff; 5 s by default. [Client.Watch] uses six
	// times as much.
	MaxDelay time.Duration
	// MaxRetryAfter is the longest Retry-After that the client waits for; 30 s
	// by default. If the server asks for more, the call fails at once, with
	// [Error.RetryAfter]. [Client.Watch] waits as long as the server asks.
	MaxRetryAfter time.Duration
}

// withDefaults returns p with defaults in place of zero fields.
func (p RetryPolicy) withDefaults() (RetryPolicy, error) {
	if p.MaxAttempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 || p.MaxRetryAfter < 0 {
		return p, errors.New("tasklane: a retry policy must not have negative fields")
	}
	return RetryPolicy{
		MaxAttempts:   cmp.Or(p.MaxAttempts, 4),
		BaseDelay:     cmp.Or(p.BaseDelay, 100*time.Millisecond),
		MaxDelay:      cmp.Or(p.MaxDelay, 5*time.Second),
		MaxRetryAfter: cmp.Or(p.MaxRetryAfter, 30*time.Second),
	}, nil
}

// failedAttempt is the input of the retry rules.
type failedAttempt struct {
	method string
	number int // from 1

	status     int               // as in [Response]
	code       taskapi.ErrorCode // of the response; empty without one
	retryAfter time.Duration     // zero without the header
	err        error             // of the transport; nil with a complete response
}

// reads reports whether requests with the method are reads.
func reads(method string) bool {
	return method == http.MethodGet
}

// rejected reports whether the server has certainly not applied the request: it was not
// reached, or it rejected the request.
func (f failedAttempt) rejected() bool {
	switch f.status {
	case 0:
		return neverSent(f.err)
	case http.StatusServiceUnavailable:
		// An overloaded server rejects requests before any work. With other 503s,
		// the database may have failed during a commit, or a proxy may have lost
		// the response.
		return f.code == taskapi.CodeOverloaded
	case http.StatusConflict:
		// An earlier request with the same key may still be running. Without a code, a
		// proxy has responded, and the service may have applied the request.
		return f.code != "" && f.code != taskapi.CodeIdempotencyInProgress
	default:
		return f.status >= 300 && f.status < 500
	}
}

// mayHaveApplied reports whether the attempt may have had an effect.
func (f failedAttempt) mayHaveApplied() bool {
	return !reads(f.method) && !f.rejected()
}

// transient reports whether a retry may succeed. A 409, 412 or 422 is not: the same
// request would get the same response.
func (f failedAttempt) transient() bool {
	if f.err != nil {
		return !untrusted(f.err) && !errors.Is(f.err, errTooLarge)
	}
	switch f.status {
	case http.StatusTooManyRequests, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// next reports whether to retry, and after which delay. Retrying is safe even if the
// service has applied the request: reads change nothing, and writes have an idempotency
// key. random, from [0, 1), chooses the jitter; left is the time until the call's
// deadline.
func (p RetryPolicy) next(f failedAttempt, random float64, left time.Duration) (time.Duration, bool) {
	if f.number >= p.MaxAttempts || !f.transient() || f.retryAfter > p.MaxRetryAfter {
		return 0, false
	}
	delay := p.delay(f.number, f.retryAfter, random)
	return delay, delay < left
}

// delay returns the delay after the given number of attempts. Jitter is added to the
// Retry-After, so that clients rejected together do not retry together.
func (p RetryPolicy) delay(attempts int, retryAfter time.Duration, random float64) time.Duration {
	jitter := time.Duration(random * float64(p.backoff(attempts)))
	return jitter + min(retryAfter, math.MaxInt64-jitter)
}

// backoff returns the maximum delay after the given number of attempts.
func (p RetryPolicy) backoff(attempts int) time.Duration {
	bound := p.BaseDelay
	for range attempts - 1 {
		if bound >= p.MaxDelay/2 {
			return p.MaxDelay
		}
		bound *= 2
	}
	return min(bound, p.MaxDelay)
}

// neverSent reports whether an error proves that no connection was established.
func neverSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	return untrusted(err)
}

// untrusted reports whether the server's certificate was rejected.
func untrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// parseRetryAfter parses a Retry-After in seconds or as a date, relative to now. It
// returns zero if the header is missing or invalid.
func parseRetryAfter(value string, now time.Time) time.Duration {
	// Values beyond 64 bits mean the maximum.
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// wait sleeps for d or until ctx ends, and then returns its error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// timeLeft returns the time until the deadline of ctx.
func timeLeft(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return math.MaxInt64
}

// The retry budget, in tenths of a retry. A call earns one tenth, so that retries add at
// most a tenth to the load during a long outage. An idle client has ten retries.
const (
	earnedByCall  = 1
	costOfRetry   = 10
	budgetAtStart = 10 * costOfRetry
)

// budget bounds the retries of all calls of a client.
type budget struct {
	mu     sync.Mutex
	tenths int
}

func newBudget() *budget {
	return &budget{tenths: budgetAtStart}
}

// earn records a call.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+earnedByCall, budgetAtStart)
}

// spend takes a retry from the budget. It reports false if none is left.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < costOfRetry {
		return false
	}
	b.tenths -= costOfRetry
	return true
}
