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

// streamBuffer is what a stream buffers of what it reads, in bytes.
const streamBuffer = 1 << 10

// StreamTransport sends each request on a connection of its own, for streams that
// are open for hours: net/http keeps two goroutines and 8 KiB of buffers for a
// connection, this one neither. What is not plain HTTP, or goes through a proxy,
// is sent by Next.
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
	ended := context.AfterFunc(r.Context(), func() { _ = conn.Close() }) // whoever reads from it is told why
	response, err := exchange(conn, r)
	if err != nil {
		ended()
		_ = conn.Close() // it is of no use
		if r.Context().Err() != nil {
			err = context.Cause(r.Context())
		}
		return nil, fmt.Errorf("ask for a stream: %w", err)
	}
	response.Body = &streamBody{Reader: response.Body, conn: conn, ctx: r.Context(), ended: ended}
	return response, nil
}

// exchange sends a request and reads the header of the answer.
func exchange(conn net.Conn, r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.Close = true
	if err := sent.Write(conn); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxHeaderBytes}
	response, err := http.ReadResponse(bufio.NewReaderSize(limited, streamBuffer), r)
	limited.N = math.MaxInt64
	return response, err
}

// streamBody is the body of an answer on a connection of its own.
type streamBody struct {
	io.Reader

	conn  net.Conn
	ctx   context.Context //nolint:containedctx // of the request, whose end ends the body
	ended func() bool
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

// Close closes the connection. What has not been read is lost.
func (b *streamBody) Close() error {
	b.ended()
	return b.conn.Close()
}
