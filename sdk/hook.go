package sdk

import (
	"context"
	"net/http"
	"time"
)

// A Hook watches the attempts of a client: for logs, metrics and traces. It is
// called before each attempt, and the function it returns, unless that is nil,
// after the attempt. What both need, such as a span, is kept by the closure.
// Hooks run on the caller's goroutine, several at once if calls are.
type Hook func(ctx context.Context, attempt Attempt) func(Outcome)

// Attempt is one request that is about to be sent.
type Attempt struct {
	// Operation is the operation's name in the API, such as "createTask".
	Operation string
	// Method and Path are those of the request. The path has no query.
	Method, Path string
	// Number counts the attempts of one call, from 1.
	Number int
	// Header is empty. What a hook sets is sent with this attempt, such as
	// a traceparent, but does not replace what the SDK itself sends.
	// Credentials never appear here.
	Header http.Header
}

// Outcome is how an attempt ended.
type Outcome struct {
	// Status is the HTTP status, or zero without a whole answer.
	Status int
	// RequestID names the attempt in the servers' logs, if they answered.
	RequestID string
	// Duration is the time from sending the request to the last byte of
	// the answer.
	Duration time.Duration
	// Err is nil if the attempt succeeded, and otherwise an [*Error].
	Err error
	// WillRetry says whether another attempt follows, after Delay.
	WillRetry bool
	Delay     time.Duration
}

// before runs the hooks of an attempt, which may fill its header, and returns
// what runs after the attempt.
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
		for i := len(after) - 1; i >= 0; i-- {
			after[i](outcome)
		}
	}
}
