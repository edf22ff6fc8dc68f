// Package forward forwards a browser's request to another server, and the response back,
// as bytes. Only listed headers are forwarded, in both directions. Interim responses (1xx)
// and trailers are not.
//
// It does not use [httputil.ReverseProxy], which forwards interim responses and trailers
// regardless of the list, and removes headers that the bff has set.
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
	// ErrPath means that a request's path is not in its canonical form. The router
	// and the other server could interpret it differently.
	ErrPath = errors.New("the path is not in its canonical form")
	// ErrResponse means that a server's response cannot be forwarded.
	ErrResponse = errors.New("the response cannot be forwarded")
)

const (
	// headSize is the number of bytes of a response that are read before its status
	// is sent. If the response is truncated earlier, the browser gets an error. A
	// slow browser does not keep the other server waiting for a response of up to
	// this size.
	headSize = 64 << 10
	// maxHeaderBytes bounds the headers of a response.
	maxHeaderBytes = 256 << 10
	// idleConnections is the number of idle connections that are kept, so that a
	// busy site does not reconnect for each request.
	idleConnections = 100
)

// NewTransport returns a transport for an [Upstream] that closes connections that have
// been idle for this long.
func NewTransport(idle time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: budget.Dial}).DialContext,
		TLSHandshakeTimeout:    budget.Dial,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true, // forwarded unchanged
	}
}

// Upstream is a server to which requests are forwarded.
type Upstream struct {
	// URL prefixes the paths of requests.
	URL *url.URL
	// Transport carries the requests. It retries a request that fails on a reused
	// connection if that is safe: a GET, or one with an Idempotency-Key.
	Transport http.RoundTripper
	// Headers are the response headers to forward, in canonical form.
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
	// Timeout bounds the time until the first 64 KiB of the response have arrived.
	Timeout time.Duration
}

// NewRequest returns the request that forwards r, with the listed headers and the given
// body. The error is [ErrPath].
func NewRequest(r *http.Request, headers []string, body []byte) (Request, error) {
	if r.URL.RawPath != "" || path.Clean(r.URL.Path) != r.URL.Path {
		return Request{}, ErrPath
	}
	return Request{Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery, Header: pick(r.Header, headers), Body: body}, nil
}

// Do sends a request and waits for the first 64 KiB of the response, which the caller must
// close. The error wraps [ErrResponse], [context.DeadlineExceeded] after the request's
// timeout, the error of ctx, or that of the transport.
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
		out.Header["User-Agent"] = []string{""} // omits Go's default
	}
	received, err := u.Transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	// The body of a 101 is a connection, which would outlive ctx.
	if received.StatusCode < http.StatusOK || received.Uncompressed || received.Header.Get("Content-Encoding") != "" {
		_ = received.Body.Close() // it is not read
		return nil, fmt.Errorf("%w: status %d, encoding %q", ErrResponse, received.StatusCode, received.Header.Get("Content-Encoding"))
	}
	response := &Response{Status: received.StatusCode, Header: pick(received.Header, u.Headers), length: received.ContentLength, body: received.Body}
	if err := response.readHead(); err != nil {
		response.Close()
		return nil, fmt.Errorf("read the response: %w", err)
	}
	return response, nil
}

// target returns the URL of a request. [url.URL.JoinPath] would also clean the upstream's
// path.
func (u *Upstream) target(req Request) *url.URL {
	target := *u.URL
	target.RawPath, target.Path = "", strings.TrimSuffix(u.URL.Path, "/")+req.Path
	target.RawQuery = req.RawQuery
	return &target
}

var heads = sync.Pool{New: func() any { return new([headSize]byte) }}

// Response is a response of an [Upstream].
type Response struct {
	Status int
	// Header has the headers to forward.
	Header http.Header

	head   *[headSize]byte
	read   int  // bytes in head
	whole  bool // head is the whole body
	length int64
	body   io.ReadCloser
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// readHead fills head, or reads the whole body. [io.ReadFull] would return the same error
// for a short body and for a truncated one.
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

// Send writes the response. After an error it is incomplete, and the handler must abort.
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
	// httptest's recorder has no deadlines.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(budget.Delivery))
	r.timer.Reset(budget.Delivery)
	w.WriteHeader(r.Status)
	if r.read > 0 {
		if _, err := w.Write(r.head[:r.read]); err != nil {
			return fmt.Errorf("send the response: %w", err)
		}
	}
	if r.whole {
		return nil
	}
	if _, err := io.Copy(w, r.body); err != nil {
		return fmt.Errorf("forward the response: %w", err)
	}
	return nil
}

// Whole returns the body, or nil if it exceeds 64 KiB. It is valid until Close.
func (r *Response) Whole() []byte {
	if !r.whole {
		return nil
	}
	return r.head[:r.read]
}

// Close frees the response's resources.
func (r *Response) Close() {
	if r.head == nil {
		return
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	_ = r.body.Close() // the rest is not needed
	if r.cancel != nil {
		r.cancel(nil)
	}
	heads.Put(r.head)
	r.head, r.read = nil, 0
}

// pick returns only the headers with these names.
func pick(from http.Header, names []string) http.Header {
	picked := make(http.Header, len(names))
	for _, name := range names {
		if values, ok := from[name]; ok {
			picked[name] = values
		}
	}
	return picked
}
