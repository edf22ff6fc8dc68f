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

// The headers of the API. headerIdempotencyKey is in lower case for a reason:
// see [Client.setHeader].
const (
	headerRequestID      = "X-Request-Id"
	headerTimeout        = "X-Request-Timeout"
	headerIdempotencyKey = "idempotency-key"
)

// maxAnswer is the size in bytes that an answer may have, uncompressed. The
// largest, that of a batch, stays below half of it; a page ends at about 1 MiB.
const maxAnswer = 16 << 20

// usualPage is how many bytes an answer of unknown size has room for at first.
// Most pages of fifty tasks need less.
const usualPage = 32 << 10

// maxHeaderValue is the length of the longest request id and idempotency key.
const maxHeaderValue = 255

// CallOption changes one call.
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

// Response is the answer of a call beyond its data. See [WithResponse].
type Response struct {
	// Status is the HTTP status, or zero without a whole answer.
	Status int
	// Header is the answer's header, or nil if not even that arrived.
	Header http.Header
	// Body is the answer's body, or as much of it as arrived, also that of
	// a failure. [Client.Watch] leaves it out.
	Body []byte
	// Attempts is the number of requests that were sent.
	Attempts int
}

// WithToken makes the call carry this bearer token in place of the client's
// token source. So one client can serve many users. The token is used as it
// is: nobody is asked for another one after a 401.
func WithToken(token string) CallOption {
	return WithTokens(StaticToken(token))
}

// WithTokens makes the call carry the bearer tokens of this source in place of
// the client's. It suits [Client.Watch], which needs more than one token when
// it lasts; for other calls there is [WithToken].
func WithTokens(source TokenSource) CallOption {
	return func(o *callOptions) { o.tokens = source }
}

// OnConnect makes [Client.Watch] tell of its connections: f is called with nil
// when one stands, and when one could not be made or has broken with the reason,
// an [*Error], if Watch is about to make another. An error that f returns ends
// the watch. Other operations do not call f.
func OnConnect(f func(err error) error) CallOption {
	return func(o *callOptions) { o.onConnect = f }
}

// WithRequestID names the call in the servers' logs. A name of up to 128
// letters, digits and the characters "-_." is kept; for any other, as for none,
// the server makes one up.
func WithRequestID(id string) CallOption {
	return func(o *callOptions) { o.requestID = id }
}

// WithIdempotencyKey gives a write a key of the caller's, of 1 to 255 visible
// ASCII characters. By default every call has a random key, which all its
// attempts share; a key of one's own names the same write also after a restart
// of the program. For 24 hours the service answers the same write with the same
// answer and carries it out once; a different write with the key fails with
// [ErrIdempotencyKeyReused]. A read has no key.
func WithIdempotencyKey(key string) CallOption {
	return func(o *callOptions) { o.idempotencyKey = key }
}

// IfMatch lets a call of one task succeed only if the task still has this version,
// or one of these, and makes it fail with [ErrVersionConflict] otherwise.
func IfMatch(version int64, more ...int64) CallOption {
	tags := entityTag(version)
	for _, other := range more {
		tags += ", " + entityTag(other)
	}
	return func(o *callOptions) { o.ifMatch = tags }
}

// IfNoneMatch makes [Client.GetTask] fail with [ErrNotModified], and the
// service send no task, if the task still has this version. It makes a write of
// a task that has it fail with [ErrVersionConflict].
func IfNoneMatch(version int64) CallOption {
	return func(o *callOptions) { o.ifNoneMatch = entityTag(version) }
}

// entityTag returns the ETag of a version.
func entityTag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

// WithResponse stores the status, header and body of the call's last answer in
// response, also when the call fails. Where one call sends several requests,
// as [Client.Tasks] does, it is the latest.
func WithResponse(response *Response) CallOption {
	return func(o *callOptions) { o.response = response }
}

// request is one operation as it goes over the wire, however often.
type request struct {
	operation   string
	method      string
	path        string // escaped
	suffix      string // of the path, behind a task's id
	query       url.Values
	body        any    // nil without one
	contentType string // typeJSON by default
	options     callOptions

	encoded []byte // the body, once prepared
}

// answer is the body of a success.
type answer interface {
	// complete reports whether a decoded body is what the request's operation
	// promises, and not some other JSON.
	complete(*request) bool
}

// result is what one attempt brought: an answer, or the reason why there is
// none, or the status of a failure and the reason why no more of it came.
type result struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// errTooLarge is the result's error if the answer exceeds maxAnswer.
var errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)

// progress is how far a call has come.
type progress struct {
	response     Response
	maybeApplied bool // some attempt may have changed something
	renewed      bool // a refused token has led to another attempt
}

// do carries out one operation: it sends the request, again if need be, and
// returns the decoded answer. Its error is an *Error.
func do[A answer](ctx context.Context, c *Client, r request, opts []CallOption) (A, error) {
	var out, none A
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
		return none, failure
	}
	return out, nil
}

// completed fills in what an Error says of the call as a whole.
func (p *progress) completed(e *Error, r *request) *Error {
	e.Operation, e.Attempts, e.MaybeApplied = r.operation, p.response.Attempts, p.maybeApplied
	return e
}

// unsent returns the Error of a call that ends before its next attempt.
func (p *progress) unsent(r *request, err error) *Error {
	e := fail("the request was not sent", err)
	e.RetryAfter = askedToWait(err)
	return p.completed(e, r)
}

// attempts sends the request until an attempt succeeds or none may follow.
// decode reads the body of a success. It reports false if the body is invalid.
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
		got := c.send(ctx, r, token, attempt.Header)
		outcome := Outcome{Status: got.status, RequestID: got.header.Get(headerRequestID), Duration: time.Since(start)}
		p.response.Status, p.response.Header, p.response.Body = got.status, got.header, got.body

		failure := got.failure(r, decode)
		if failure == nil {
			after(outcome)
			return nil
		}
		failed := failedAttempt{
			method:     r.method,
			number:     p.response.Attempts,
			status:     got.status,
			code:       failure.Code,
			retryAfter: parseRetryAfter(got.header.Get("Retry-After"), time.Now()),
			err:        got.err,
		}
		p.maybeApplied = p.maybeApplied || failed.mayHaveApplied()
		outcome.Err = p.completed(failure, r)
		outcome.Delay, outcome.WillRetry = c.again(ctx, r, failed, token, p)
		after(outcome)
		if !outcome.WillRetry {
			return failure
		}
		if err := wait(ctx, outcome.Delay); err != nil {
			ended := *failure // which the hooks may still hold
			ended.Message += "; " + err.Error()
			ended.Err = errors.Join(failure.Err, err)
			return &ended
		}
	}
}

// again reports whether another attempt follows a failed one, and after which
// delay.
func (c *Client) again(ctx context.Context, r *request, failed failedAttempt, token string, p *progress) (time.Duration, bool) {
	if ctx.Err() != nil {
		return 0, false
	}
	if failed.status == http.StatusUnauthorized && !p.renewed {
		// Outside policy and budget: one attempt, only with another
		// token, and the server is not in trouble.
		p.renewed = true
		return 0, c.renewed(ctx, &r.options, token)
	}
	delay, retry := c.retry.next(failed, mathrand.Float64(), timeLeft(ctx))
	return delay, retry && c.budget.spend()
}

// prepare encodes the body and checks what goes into headers.
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
			return fmt.Errorf("the %s must have at most %d characters, all of them visible ASCII", value.name, maxHeaderValue)
		}
	}
	if r.body == nil {
		return nil
	}
	var err error
	r.encoded, err = json.Marshal(r.body)
	return err
}

// newRequest returns the request of one attempt. Its header holds what the
// hooks have set, and over it what the SDK sends.
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

// setHeader sets what the SDK sends.
func (c *Client) setHeader(h http.Header, r *request, token string) {
	values := make([]string, 0, 8) // one array for all of them
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
		// Not under the canonical name: where net/http finds that, it
		// repeats the request by itself when a kept-alive connection
		// breaks, past the hooks, the policy and the budget.
		h.Del(headerIdempotencyKey)
		set(headerIdempotencyKey, r.options.idempotencyKey)
	}
}

// setTimeout tells the service how many seconds the caller still waits, if the
// context has a deadline, so that it does not work for nobody.
func setTimeout(req *http.Request) {
	req.Header.Del(headerTimeout)
	if deadline, ok := req.Context().Deadline(); ok {
		left := max(time.Millisecond, time.Until(deadline))
		req.Header.Set(headerTimeout, strconv.FormatFloat(left.Seconds(), 'f', 3, 64))
	}
}

// send makes one attempt.
func (c *Client) send(ctx context.Context, r *request, token string, fromHooks http.Header) result {
	req, err := c.newRequest(ctx, r, token, fromHooks)
	if err != nil {
		return result{err: err}
	}
	setTimeout(req)
	resp, err := c.http.Do(req)
	if err != nil {
		return result{err: err}
	}
	defer resp.Body.Close()
	got := result{status: resp.StatusCode, header: resp.Header}
	got.body, err = readAnswer(resp)
	switch {
	case err == nil:
	case got.success():
		// A success without its data is none.
		got.status, got.err = 0, err
	case !errors.Is(err, errTooLarge):
		// The reason of the failure has got lost. Its status says whether
		// the request was carried out.
		got.err = err
	}
	return got
}

// readAnswer reads the body of an answer of at most maxAnswer bytes.
func readAnswer(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxAnswer {
		return nil, errTooLarge
	}
	if resp.ContentLength >= 0 {
		body := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	var body bytes.Buffer
	body.Grow(usualPage)
	_, err := body.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	if body.Len() > maxAnswer {
		return nil, errTooLarge
	}
	return body.Bytes(), err
}

// success reports whether the answer's status is of the 2xx.
func (got result) success() bool {
	return got.status/100 == 2
}

// failure returns the error of a failed result, and nil for a success.
func (got result) failure(r *request, decode func(body []byte) bool) *Error {
	switch {
	case got.err != nil:
		return failTransport(got.status, got.header, got.err)
	case got.status == http.StatusNotModified && r.options.ifNoneMatch != "":
		return &Error{
			Status:    got.status,
			Message:   "the task has not changed",
			RequestID: got.header.Get(headerRequestID),
			Err:       ErrNotModified,
		}
	case !got.success():
		return failAnswer(got.status, got.header, got.body, time.Now())
	case !decode(got.body):
		return failForeign(got.status, got.header)
	default:
		return nil
	}
}
