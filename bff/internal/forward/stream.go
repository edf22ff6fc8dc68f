package forward

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
)

// streamBuffer is the size in bytes of a stream's read buffer.
const streamBuffer = 1 << 10

// StreamTransport sends each request on its own connection, for streams that stay open for
// hours. net/http keeps two goroutines and 8 KiB of buffers per connection; this
// transport keeps only 1 KiB. Next handles requests that are not plain HTTP or need a proxy.
type StreamTransport struct{ Next *http.Transport }

// RoundTrip implements [http.RoundTripper] for requests without a body.
func (t StreamTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	proxy, err := t.Next.Proxy(r)
	if err != nil || proxy != nil || r.URL.Scheme != "http" {
		return t.Next.RoundTrip(r)
	}
	address := r.URL.Host
	if r.URL.Port() == "" {
		address = net.JoinHostPort(r.URL.Hostname(), "80")
	}
	conn, err := t.Next.DialContext(r.Context(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect for a stream: %w", err)
	}
	stop := context.AfterFunc(r.Context(), func() { _ = conn.Close() }) // reading then returns the cause
	response, err := roundTrip(conn, r)
	if err != nil {
		stop()
		_ = conn.Close() // the request has failed
		if r.Context().Err() != nil {
			err = context.Cause(r.Context())
		}
		return nil, fmt.Errorf("request a stream: %w", err)
	}
	response.Body = &streamBody{Reader: response.Body, conn: conn, ctx: r.Context(), stop: stop}
	return response, nil
}

// roundTrip sends a request and reads the headers of the response. It skips interim
// responses.
func roundTrip(conn net.Conn, r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.Close = true
	if err := sent.Write(conn); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxHeaderBytes}
	buffered := bufio.NewReaderSize(limited, streamBuffer)
	response, err := http.ReadResponse(buffered, r)
	for err == nil && response.StatusCode < http.StatusOK && response.StatusCode != http.StatusSwitchingProtocols {
		response, err = http.ReadResponse(buffered, r)
	}
	limited.N = math.MaxInt64
	return response, err
}

// streamBody is the body of a response on its own connection.
type streamBody struct {
	io.Reader

	conn net.Conn
	ctx  context.Context //nolint:containedctx // of the request; its end closes the connection
	stop func() bool     // stops waiting for the end of ctx
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

// Close closes the connection and discards the rest of the body.
func (b *streamBody) Close() error {
	b.stop()
	return b.conn.Close()
}
