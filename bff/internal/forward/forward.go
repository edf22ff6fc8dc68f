// Package forward passes a browser's request on to another server and its
// answer back, as bytes. Only headers on a list pass, in both directions;
// interim answers (1xx) and trailers never do.
//
// It is not [httputil.ReverseProxy], which writes interim answers and trailers
// whatever the list says, and clears the headers that the BFF has set.
package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tasklane/tasklane/services/budget"
)

var (
	// ErrPath means that a request's path has another spelling than its
	// canonical one. The router and the other server could read it differently.
	ErrPath = errors.New("the path is not in its canonical form")
	// ErrAnswer means that a server answered something that is not passed on.
	ErrAnswer = errors.New("the answer cannot be passed on")
)

const (
	// headSize is how much of an answer is read before its status is sent. An
	// answer that breaks off before becomes an error, and a shorter one has left
	// the other server however slowly the browser reads.
	headSize = 64 << 10
	// maxHeaderBytes bounds the headers of an answer.
	maxHeaderBytes = 256 << 10
	// idleConnections are kept open, so that a busy site does not dial anew all
	// the time.
	idleConnections = 100
)

// NewTransport returns a transport for an [Upstream], which closes connections
// that were not used for a time.
func NewTransport(idle time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: budget.Dial}).DialContext,
		TLSHandshakeTimeout:    budget.Dial,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true, // what comes is passed on as it is
	}
}

// Upstream is a server that requests are passed on to.
type Upstream struct {
	// URL is where the server's paths begin.
	URL *url.URL
	// Transport carries the requests. One that breaks off on a connection
	// that was used before is sent again if that is safe: if it is a GET, or
	// has an Idempotency-Key.
	Transport http.RoundTripper
	// Headers are the headers of an answer that pass, in canonical form.
	Headers []string
}

// Request is a request to an [Upstream].
type Request struct {
	Method string
	// Path is relative to the URL of the server, and not escaped.
	Path     string
	RawQuery string
	Header   http.Header
	Body     []byte
	// Timeout bounds the time until the first 64 KiB of the answer are here.
	Timeout time.Duration
}

// NewRequest returns the request that passes r on: with the headers on the list,
// and with a body that has arrived already. The error is [ErrPath].
func NewRequest(r *http.Request, headers []string, body []byte) (Request, error) {
	if r.URL.RawPath != "" || path.Clean(r.URL.Path) != r.URL.Path {
		return Request{}, ErrPath
	}
	return Request{Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery, Header: pick(r.Header, headers), Body: body}, nil
}

// Do sends a request and waits for the first 64 KiB of the answer, which must be
// closed. The error is [ErrAnswer]; one that wraps [context.DeadlineExceeded],
// after the request's timeout; that of ctx; or the transport's.
func (u *Upstream) Do(ctx context.Context, req Request) (*Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(req.Timeout, func() { cancel(context.DeadlineExceeded) })
	response, err := u.do(ctx, req)
	if err != nil {
		timer.Stop()
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		cancel(nil)
		return nil, err
	}
	response.timer, response.cancel = timer, cancel
	return response, nil
}

func (u *Upstream) do(ctx context.Context, req Request) (*Response, error) {
	out := (&http.Request{
		Method: req.Method, URL: u.target(req), Header: req.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if len(req.Body) > 0 {
		out.ContentLength = int64(len(req.Body))
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body)), nil }
		out.Body, _ = out.GetBody() // never fails
	}
	if _, set := out.Header["User-Agent"]; !set {
		out.Header["User-Agent"] = []string{""} // not Go's
	}
	answer, err := u.Transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	// The body of a 101 is a connection, which would not end with ctx.
	if answer.StatusCode < http.StatusOK || answer.Uncompressed || answer.Header.Get("Content-Encoding") != "" {
		_ = answer.Body.Close() // nothing is read from it
		return nil, fmt.Errorf("%w: status %d, encoding %q", ErrAnswer, answer.StatusCode, answer.Header.Get("Content-Encoding"))
	}
	response := &Response{Status: answer.StatusCode, Header: pick(answer.Header, u.Headers), length: answer.ContentLength, body: answer.Body}
	if err := response.readHead(); err != nil {
		response.Close()
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return response, nil
}

// target returns the address of a request. [url.URL.JoinPath] would clean the
// path of the upstream too.
func (u *Upstream) target(req Request) *url.URL {
	target := *u.URL
	target.RawPath, target.Path = "", strings.TrimSuffix(u.URL.Path, "/")+req.Path
	target.RawQuery = req.RawQuery
	return &target
}

var heads = sync.Pool{New: func() any { return new([headSize]byte) }}

// Response is an answer of an [Upstream].
type Response struct {
	Status int
	// Header are the headers that pass.
	Header http.Header

	head   *[headSize]byte
	read   int  // how much of head is filled
	whole  bool // there is no more than that
	length int64
	body   io.ReadCloser
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// readHead fills head. It is not [io.ReadFull], which gives a body that breaks
// off and one that is short the same error.
func (r *Response) readHead() error {
	r.head, _ = heads.Get().(*[headSize]byte)
	for r.read < headSize {
		n, err := r.body.Read(r.head[r.read:])
		r.read += n
		if errors.Is(err, io.EOF) {
			r.whole = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Send answers with the response. After an error the answer is incomplete, and
// the handler must abort.
func (r *Response) Send(w http.ResponseWriter) error {
	header := w.Header()
	for name, values := range r.Header {
		header[name] = append(header[name], values...)
	}
	switch {
	case r.Status == http.StatusNoContent || r.Status == http.StatusNotModified:
	case r.length >= 0:
		header.Set("Content-Length", strconv.FormatInt(r.length, 10))
	case r.whole:
		header.Set("Content-Length", strconv.Itoa(r.read))
	}
	// Only a connection has deadlines; a recorder in a test has none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(budget.Delivery))
	w.WriteHeader(r.Status)
	if r.read > 0 {
		if _, err := w.Write(r.head[:r.read]); err != nil {
			return fmt.Errorf("send the answer: %w", err)
		}
	}
	if r.whole {
		return nil
	}
	r.timer.Reset(budget.Delivery)
	if _, err := io.Copy(w, r.body); err != nil {
		return fmt.Errorf("pass the answer on: %w", err)
	}
	return nil
}

// Whole returns the body, or nil if it has more than 64 KiB. It is valid until
// Close.
func (r *Response) Whole() []byte {
	if !r.whole {
		return nil
	}
	return r.head[:r.read]
}

// Close ends what is left of the response.
func (r *Response) Close() {
	if r.head == nil {
		return
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	_ = r.body.Close() // it is read, or nobody wants the rest
	if r.cancel != nil {
		r.cancel(nil)
	}
	heads.Put(r.head)
	r.head, r.read = nil, 0
}

// pick returns the header with those names alone.
func pick(from http.Header, names []string) http.Header {
	picked := make(http.Header, len(names))
	for _, name := range names {
		if values, ok := from[name]; ok {
			picked[name] = values
		}
	}
	return picked
}
