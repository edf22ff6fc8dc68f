package sdk

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// A Hook observes the attempts of a client, for logs, metrics and traces. It is called
// before each attempt, and the function that it returns, if any, after the attempt. The
// closure can carry state, such as a span. Hooks run on the caller's goroutine, so
// concurrent calls run them concurrently.
type Hook func(ctx context.Context, attempt Attempt) func(Outcome)

// Attempt is a request that is about to be sent.
type Attempt struct {
	// Operation is the operation's name in the API, such as "createTask".
	Operation string
	// Method and Path are those of the request, without the query.
	Method, Path string
	// Number counts the attempts of a call from 1.
	Number int
	// Header is empty. Headers that a hook sets, such as traceparent, are sent
	// with this attempt, but cannot replace those of the SDK. It never has
	// credentials.
	Header http.Header
}

// Outcome is the result of an attempt.
type Outcome struct {
	// Status is the HTTP status, or zero if there was no response or the body of a
	// success was cut off.
	Status int
	// RequestID identifies the attempt in the servers' logs, if there was a response.
	RequestID string
	// Duration is the time from sending the request to the last byte of the
	// response.
	Duration time.Duration
	// Err is nil if the attempt succeeded, and otherwise an [*Error].
	Err error
	// WillRetry reports whether another attempt follows after Delay.
	WillRetry bool
	Delay     time.Duration
}

// before runs the hooks, which may set headers, and returns a function to call after
// the attempt.
func (c *Client) before(ctx context.Context, attempt *Attempt) func(Outcome) {
	if len(c.hooks) == 0 {
		return func(Outcome) {}
	}
	attempt.Header = make(http.Header)
	var after []func(Outcome)
	for _, hook := range c.hooks {
		if done := hook(ctx, *attempt); done != nil {
			after = append(after, done)
		}
	}
	return func(outcome Outcome) {
		for _, done := range slices.Backward(after) {
			done(outcome)
		}
	}
}
