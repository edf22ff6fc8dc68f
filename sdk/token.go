package sdk

import (
	"context"
	"errors"
	"fmt"
)

// TokenSource gives the bearer token of a call. It is asked before every
// attempt, from several goroutines at once, so it should keep its token until
// shortly before that expires.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// TokenInvalidator is what a [TokenSource] may be besides. When the service
// refuses a token with 401, the client reports that token, asks the source
// again, and sends the request once more if the response is another token.
//
// A source drops the token only if it is the one it still holds: another call
// may have had it renewed already.
type TokenInvalidator interface {
	InvalidateToken(token string)
}

// StaticToken is a [TokenSource] with one token for good.
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

// source returns where the tokens of a call come from, or nil.
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

// renewed reports a refused token to the source, and returns whether another
// attempt with what the source now gives makes sense.
func (c *Client) renewed(ctx context.Context, o *callOptions, refused string) bool {
	if c.source(o) == nil {
		return false
	}
	c.dropToken(o, refused)
	token, err := c.token(ctx, o)
	// An error of the source ends the next attempt before it is sent, and
	// tells the caller more than the 401.
	return err != nil || token != refused
}

// dropToken tells the source that a token is of no use any more.
func (c *Client) dropToken(o *callOptions, token string) {
	if source, ok := c.source(o).(TokenInvalidator); ok {
		source.InvalidateToken(token)
	}
}

// checkToken refuses a token that cannot be sent. An empty one is an error and
// not a call without credentials: whoever names a token means a user.
func checkToken(token string) (string, error) {
	if token == "" {
		return "", errors.New("the token is empty")
	}
	if !visible(token) {
		return "", errors.New("the token holds characters that a token cannot have")
	}
	return token, nil
}

// visible reports whether a header can carry s as it is: visible ASCII
// characters only.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
