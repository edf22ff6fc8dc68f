package sdk

import (
	"context"
	"errors"
	"fmt"
)

// TokenSource returns the bearer token of a call. It is called before every attempt, by
// several goroutines at once, so it should cache its token until shortly before that
// expires.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// TokenInvalidator is an optional interface of a [TokenSource]. When the service rejects
// a token with 401, the client reports that token, calls Token again, and sends the
// request once more if it gets another token.
//
// A source drops the token only if it is the current one: another call may have renewed
// it already.
type TokenInvalidator interface {
	InvalidateToken(token string)
}

// StaticToken is a [TokenSource] that always returns the same token.
type StaticToken string

// Token returns the token.
func (t StaticToken) Token(context.Context) (string, error) {
	return string(t), nil
}

// String hides the token, so that printing a configuration does not reveal it.
func (t StaticToken) String() string {
	return "[hidden token]"
}

// GoString hides the token from the verb %#v.
func (t StaticToken) GoString() string {
	return t.String()
}

// TokenFunc is a function as a [TokenSource].
type TokenFunc func(ctx context.Context) (string, error)

// Token calls the function.
func (f TokenFunc) Token(ctx context.Context) (string, error) {
	return f(ctx)
}

// source returns the token source of a call, or nil.
func (c *Client) source(o *callOptions) TokenSource {
	if o.tokens != nil {
		return o.tokens
	}
	return c.tokens
}

// token returns the token of the next attempt, or "" for a call without one.
func (c *Client) token(ctx context.Context, o *callOptions) (string, error) {
	source := c.source(o)
	if source == nil {
		return "", nil
	}
	token, err := source.Token(ctx)
	if err != nil {
		return "", fmt.Errorf("token source: %w", err)
	}
	return checkToken(token)
}

// renewToken drops a rejected token, and reports whether to make another attempt with the
// source's next token.
func (c *Client) renewToken(ctx context.Context, o *callOptions, rejected string) bool {
	if c.source(o) == nil {
		return false
	}
	c.dropToken(o, rejected)
	token, err := c.token(ctx, o)
	// An error of the source ends the next attempt before it is sent. It tells
	// the caller more than the 401.
	return err != nil || token != rejected
}

// dropToken tells the source that a token was rejected.
func (c *Client) dropToken(o *callOptions, token string) {
	if source, ok := c.source(o).(TokenInvalidator); ok {
		source.InvalidateToken(token)
	}
}

// checkToken rejects a token that cannot be sent. An empty one is an error, not a call
// without credentials, because the caller meant to authenticate.
func checkToken(token string) (string, error) {
	if token == "" {
		return "", errors.New("the token is empty")
	}
	if !visible(token) {
		return "", errors.New("the token contains invalid characters")
	}
	return token, nil
}

// visible reports whether s consists of visible ASCII characters, which a header can
// contain.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
