package sdk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The headers of the API. [Client.setHeader] says why headerIdempotencyKey is in lower
// case.
const (
	headerRequestID      = "X-Request-Id"
	headerTimeout        = "X-Request-Timeout"
	headerIdempotencyKey = "idempotency-key"
)

// maxResponse bounds a response's size in bytes, uncompressed. The largest response, that
// of a batch, is less than half as large; a page ends at about 1 MiB.
const maxResponse = 16 << 20

// usualPage is the initial buffer for a response of unknown size. Most pages of fifty
// tasks are smaller.
const usualPage = 32 << 10

// maxHeaderValue is the maximum length of a request id and of an idempotency key.
const maxHeaderValue = 255

// CallOption configures one call.
type CallOption func(*callOptions)

type callOptions struct {
	tokens         TokenSource
	requestID      string
	idempotencyKey string
	ifMatch        string
	ifNoneMatch    string
	response       *Response
	onConnect      func(error) error
}

// Response is the HTTP response of a call. See [WithResponse].
type Response struct {
	// Status is the HTTP status, or zero if there was no response or the body of a
	// success was cut off.
	Status int
	// Header has the response headers, or is nil if none arrived.
	Header http.Header
	// Body is the response body, or the part that arrived. It is also set for
	// errors, but not by [Client.Watch].
	Body []byte
	// Attempts is the number of requests sent.
	Attempts int
}

// WithToken authenticates the call with a bearer token instead of the client's token
// source, so that one client can serve many users. The client does not renew the token
// after a 401.
func WithToken(token string) CallOption {
	return WithTokens(StaticToken(token))
}

// WithTokens authenticates the call with a token source instead of the client's. Use it
// for [Client.Watch], which may outlive a token; for other calls there is [WithToken].
func WithTokens(source TokenSource) CallOption {
	return func(o *callOptions) { o.tokens = source }
}

// OnConnect makes [Client.Watch] call f with nil when it has connected, and with an
// [*Error] when a connection failed and Watch is about to reconnect. If f returns an
// error, the watch ends. Other operations ignore f.
func OnConnect(f func(err error) error) CallOption {
	return func(o *callOptions) { o.onConnect = f }
}

// WithRequestID sets the id of the call in the servers' logs: up to 128 letters, digits
// and the characters "-_.". The server replaces any other value by an id of its own.
func WithRequestID(id string) CallOption {
	return func(o *callOptions) { o.requestID = id }
}

// WithIdempotencyKey sets the idempotency key of a write, 1 to 255 visible ASCII
// characters. By default each call has a random key, which all its attempts share. With
// a key of your own, a write can be repeated after a restart: for 24 hours the service
// applies it once and repeats the response. A different write with the same key fails
// with [ErrIdempotencyKeyReused]. Reads have no key.
func WithIdempotencyKey(key string) CallOption {
	return func(o *callOptions) { o.idempotencyKey = key }
}

// IfMatch makes a call on one resource fail with [ErrVersionConflict] unless the resource
// has one of these versions.
func IfMatch(version int64, more ...int64) CallOption {
	tags := entityTag(version)
	for _, other := range more {
		tags += ", " + entityTag(other)
	}
	return func(o *callOptions) { o.ifMatch = tags }
}

// IfNoneMatch makes a read of one resource, such as [Client.GetTask], fail with
// [ErrNotModified] if the resource has this version; the response then has no body. It
// makes a write fail with [ErrVersionConflict].
func IfNoneMatch(version int64) CallOption {
	return func(o *callOptions) { o.ifNoneMatch = entityTag(version) }
}

// entityTag returns the ETag of a version.
func entityTag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

// WithResponse stores the call's last HTTP response, even if the call fails. For calls
// that send several requests, such as [Client.Tasks], it is the latest response.
func WithResponse(response *Response) CallOption {
	return func(o *callOptions) { o.response = response }
}

// request is an operation's request, for all attempts.
type request struct {
	operation   string
	method      string
	path        string // escaped
	suffix      string // of the path, after a resource's id
	query       url.Values
	body        any    // nil without one
	contentType string // typeJSON by default
	options     callOptions

	encoded []byte // the body, once prepared
}

// envelope is the decoded body of a success.
type envelope interface {
	// complete reports whether the body has the members of the operation's response.
	complete(*request) bool
}

// result is the outcome of one attempt: a response, a transport error, or both if the
// body of an error response was cut off.
type result struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// errTooLarge is the error of a response above maxResponse.
var errTooLarge = fmt.Errorf("the response exceeds %d MiB", maxResponse>>20)

// progress is the state of a call.
type progress struct {
	response     Response
	maybeApplied bool // an attempt may have changed something
	renewed      bool // the token was renewed after a 401
}

// do runs one operation with retries and returns the decoded body. Its error is an
// *Error.
func do[E envelope](ctx context.Context, c *Client, r request, opts []CallOption) (E, error) {
	var out, zero E
	for _, opt := range opts {
		opt(&r.options)
	}
	var p progress
	failure := c.attempts(ctx, &r, func(body []byte) bool {
		return json.Unmarshal(body, &out) == nil && out.complete(&r)
	}, &p)
	if r.options.response != nil {
		*r.options.response = p.response
	}
	if failure != nil {
		return zero, failure
	}
	return out, nil
}

// describe sets the fields of an Error that concern the whole call.
func (p *progress) describe(e *Error, r *request) *Error {
	e.Operation, e.Attempts, e.MaybeApplied = r.operation, p.response.Attempts, p.maybeApplied
	return e
}

// unsent returns the Error of a call that ends before its next attempt.
func (p *progress) unsent(r *request, err error) *Error {
	e := fail("the request was not sent", err)
	e.RetryAfter = retryAfterOf(err)
	return p.describe(e, r)
}

// attempts sends the request until it succeeds or must not be retried. decode decodes
// the body of a success, and reports false if the body is invalid.
func (c *Client) attempts(ctx context.Context, r *request, decode func(body []byte) bool, p *progress) *Error {
	if err := r.prepare(); err != nil {
		return p.unsent(r, err)
	}
	c.budget.earn()
	for {
		if err := ctx.Err(); err != nil {
			return p.unsent(r, err)
		}
		token, err := c.token(ctx, &r.options)
		if err != nil {
			return p.unsent(r, err)
		}
		p.response.Attempts++
		attempt := Attempt{Operation: r.operation, Method: r.method, Path: r.path, Number: p.response.Attempts}
		after := c.before(ctx, &attempt)
		start := time.Now()
		res := c.send(ctx, r, token, attempt.Header)
		outcome := Outcome{Status: res.status, RequestID: res.header.Get(headerRequestID), Duration: time.Since(start)}
		p.response.Status, p.response.Header, p.response.Body = res.status, res.header, res.body

		failure := res.failure(r, decode)
		if failure == nil {
			after(outcome)
			return nil
		}
		failed := failedAttempt{
			method:     r.method,
			number:     p.response.Attempts,
			status:     res.status,
			code:       failure.Code,
			retryAfter: failure.RetryAfter,
			err:        res.err,
		}
		p.maybeApplied = p.maybeApplied || failed.mayHaveApplied()
		outcome.Err = p.describe(failure, r)
		outcome.Delay, outcome.WillRetry = c.nextAttempt(ctx, r, failed, token, p)
		after(outcome)
		if !outcome.WillRetry {
			return failure
		}
		if err := wait(ctx, outcome.Delay); err != nil {
			ended := *failure // hooks may keep a reference
			ended.Message += "; " + err.Error()
			ended.Err = errors.Join(failure.Err, err)
			return &ended
		}
	}
}

// nextAttempt returns the delay before the next attempt, and whether to make one.
func (c *Client) nextAttempt(ctx context.Context, r *request, failed failedAttempt, token string, p *progress) (time.Duration, bool) {
	if ctx.Err() != nil {
		return 0, false
	}
	if failed.status == http.StatusUnauthorized && !p.renewed {
		// Not part of the retry policy or budget: one more attempt with a
		// new token, because the server is not in trouble.
		p.renewed = true
		return 0, c.renewToken(ctx, &r.options, token)
	}
	delay, retry := c.retry.next(failed, mathrand.Float64(), timeLeft(ctx))
	return delay, retry && c.budget.spend()
}

// prepare encodes the body and validates the values of headers.
func (r *request) prepare() error {
	o := &r.options
	if o.idempotencyKey == "" && !reads(r.method) {
		o.idempotencyKey = rand.Text()
	}
	for _, value := range []struct{ name, text string }{
		{"request id", o.requestID},
		{"idempotency key", o.idempotencyKey},
	} {
		if len(value.text) > maxHeaderValue || !visible(value.text) {
			return fmt.Errorf("the %s must be at most %d visible ASCII characters", value.name, maxHeaderValue)
		}
	}
	if r.body == nil {
		return nil
	}
	var err error
	r.encoded, err = json.Marshal(r.body)
	return err
}

// newRequest returns the request of one attempt, with the headers of hooks, which those
// of the SDK override.
func (c *Client) newRequest(ctx context.Context, r *request, token string, fromHooks http.Header) (*http.Request, error) {
	target := c.baseURL + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.encoded)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	for name, values := range fromHooks {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	c.setHeader(req.Header, r, token)
	return req, nil
}

// setHeader sets the SDK's headers.
func (c *Client) setHeader(h http.Header, r *request, token string) {
	values := make([]string, 0, 8) // one array for all values
	set := func(name, value string) {
		if value != "" {
			values = append(values, value)
			h[name] = values[len(values)-1 : len(values) : len(values)]
		}
	}
	set("Accept", "application/json, application/problem+json")
	set("User-Agent", c.userAgent)
	if token != "" {
		set("Authorization", "Bearer "+token)
	}
	if r.body != nil {
		set("Content-Type", cmp.Or(r.contentType, typeJSON))
	}
	set(headerRequestID, r.options.requestID)
	set("If-Match", r.options.ifMatch)
	set("If-None-Match", r.options.ifNoneMatch)
	if !reads(r.method) {
		// Not the canonical name: with that, net/http would retry the request
		// itself when a kept-alive connection breaks, bypassing the hooks, the
		// policy and the budget.
		h.Del(headerIdempotencyKey)
		set(headerIdempotencyKey, r.options.idempotencyKey)
	}
}

// send makes one attempt.
func (c *Client) send(ctx context.Context, r *request, token string, fromHooks http.Header) result {
	req, err := c.newRequest(ctx, r, token, fromHooks)
	if err != nil {
		return result{err: err}
	}
	// The service stops working on the request at the context's deadline.
	req.Header.Del(headerTimeout)
	if deadline, ok := ctx.Deadline(); ok {
		left := max(time.Millisecond, time.Until(deadline))
		req.Header.Set(headerTimeout, strconv.FormatFloat(left.Seconds(), 'f', 3, 64))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return result{err: err}
	}
	defer resp.Body.Close()
	res := result{status: resp.StatusCode, header: resp.Header}
	res.body, err = readBody(resp)
	switch {
	case err == nil:
	case res.success():
		// A success without its body is a failure.
		res.status, res.err = 0, err
	case !errors.Is(err, errTooLarge):
		// The body with the error code is lost, but the status says whether the
		// request was applied.
		res.err = err
	}
	return res
}

// readBody reads a response body of at most maxResponse bytes.
func readBody(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxResponse {
		return nil, errTooLarge
	}
	if resp.ContentLength >= 0 {
		body := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	var body bytes.Buffer
	body.Grow(usualPage)
	_, err := body.ReadFrom(io.LimitReader(resp.Body, maxResponse+1))
	if body.Len() > maxResponse {
		return nil, errTooLarge
	}
	return body.Bytes(), err
}

// success reports whether the status is 2xx.
func (res result) success() bool {
	return res.status/100 == 2
}

// failure returns the error of a failed attempt, or nil after a success.
func (res result) failure(r *request, decode func(body []byte) bool) *Error {
	switch {
	case res.err != nil:
		return failTransport(res.status, res.header, res.err)
	case res.status == http.StatusNotModified && r.options.ifNoneMatch != "":
		return &Error{
			Status:    res.status,
			Message:   "the resource has not changed",
			RequestID: res.header.Get(headerRequestID),
			Err:       ErrNotModified,
		}
	case !res.success():
		return failResponse(res.status, res.header, res.body)
	case !decode(res.body):
		return failForeign(res.status, res.header)
	default:
		return nil
	}
}
