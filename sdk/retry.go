package sdk

import (
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

// RetryPolicy says how often and how soon a failed attempt is repeated. A zero
// field takes its default.
//
// Which failures are repeated is not a matter of taste and so not of policy:
// see the package documentation.
type RetryPolicy struct {
	// MaxAttempts is the most requests that one call sends, the first one
	// included; 4 by default. With 1 nothing is repeated. The one attempt
	// with a renewed token, after a 401, is allowed in any case.
	MaxAttempts int
	// BaseDelay is the longest wait before the second attempt; 100 ms by
	// default. It doubles with every further attempt, up to MaxDelay. The
	// wait itself is random, from zero to that bound ("full jitter").
	BaseDelay time.Duration
	// MaxDelay is the bound of BaseDelay's growth; 5 s by default. That of
	// [Client.Watch] is six times as long.
	MaxDelay time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for; 30 s by
	// default. If a server asks for more, the call fails at once and
	// [Error.RetryAfter] says when to come back. [Client.Watch] waits for
	// any.
	MaxRetryAfter time.Duration
}

// withDefaults returns p with its zero fields filled in.
func (p RetryPolicy) withDefaults() (RetryPolicy, error) {
	if p.MaxAttempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 || p.MaxRetryAfter < 0 {
		return p, errors.New("tasklane: a retry policy must not have negative fields")
	}
	if p.MaxAttempts == 0 {
		p.MaxAttempts = 4
	}
	if p.BaseDelay == 0 {
		p.BaseDelay = 100 * time.Millisecond
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = 5 * time.Second
	}
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = 30 * time.Second
	}
	return p, nil
}

// failedAttempt is what the retry rules know of a failed attempt.
type failedAttempt struct {
	method string
	number int // from 1

	status     int               // of the answer; zero without a whole success
	code       taskapi.ErrorCode // of the answer; empty without one
	retryAfter *time.Duration    // nil without the header
	err        error             // the transport's; nil with a whole answer
}

// reads reports whether requests of the method change nothing.
func reads(method string) bool {
	return method == http.MethodGet
}

// refused reports whether the server has certainly not carried the request
// out: it was never reached, or it said so.
func (f failedAttempt) refused() bool {
	switch f.status {
	case 0:
		return neverSent(f.err)
	case http.StatusServiceUnavailable:
		// An overloaded server has turned the request away. One that is
		// unavailable may have lost its database in the middle of a
		// commit, and a proxy the answer of a request that went through.
		return f.code == taskapi.CodeOverloaded
	case http.StatusConflict:
		// An earlier request with the same key may still be under way.
		return false
	default:
		return f.status >= 300 && f.status < 500
	}
}

// mayHaveApplied reports whether the attempt may have changed something.
func (f failedAttempt) mayHaveApplied() bool {
	return !reads(f.method) && !f.refused()
}

// passing reports whether the failure is of a kind that passes by itself. A
// 409, 412 or 422 is not: the same request meets the same answer.
func (f failedAttempt) passing() bool {
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

// next reports whether another attempt may follow, and after which delay. That
// the service may have carried the request out already is no reason against
// it: a read changes nothing, and by its idempotency key the service knows a
// write again. The random number from [0, 1) chooses the delay's jitter; left is
// the time until the call's deadline.
func (p RetryPolicy) next(f failedAttempt, random float64, left time.Duration) (time.Duration, bool) {
	if f.number >= p.MaxAttempts || !f.passing() {
		return 0, false
	}
	delay := time.Duration(random * float64(p.backoff(f.number)))
	if f.retryAfter != nil {
		if *f.retryAfter > p.MaxRetryAfter {
			return 0, false
		}
		// The jitter comes on top, or all who were turned away at once
		// would come back at once.
		delay += min(*f.retryAfter, math.MaxInt64-delay)
	}
	return delay, delay < left
}

// backoff returns the bound of the delay after the given number of attempts.
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

// neverSent reports whether an error proves that no connection was made.
func neverSent(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	return untrusted(err)
}

// untrusted reports whether the server's certificate was not accepted.
func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	return errors.As(err, &verification)
}

// parseRetryAfter reads a Retry-After: seconds, or a date, which is compared
// with now. It returns nil for a header that is absent or makes no sense.
func parseRetryAfter(value string, now time.Time) *time.Duration {
	var wait time.Duration
	// Beyond 64 bits it is the longest wait there is.
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = max(0, date.Sub(now))
	} else {
		return nil
	}
	return &wait
}

// wait sleeps for d, or until ctx ends, whose error it then returns.
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

// What the budget holds, in tenths of a repeated request: each call earns one
// tenth, so that however long an outage lasts the repetitions add a tenth to
// the load, after the ten that a quiet client may spend at once.
const (
	earnedByCall  = 1
	costOfRetry   = 10
	budgetAtStart = 10 * costOfRetry
)

// budget bounds the repetitions of all calls of a client together.
type budget struct {
	mu     sync.Mutex
	tenths int
}

func newBudget() *budget {
	return &budget{tenths: budgetAtStart}
}

// earn counts a call.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+earnedByCall, budgetAtStart)
}

// spend takes what one repetition costs, or reports that too little is left.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < costOfRetry {
		return false
	}
	b.tenths -= costOfRetry
	return true
}
