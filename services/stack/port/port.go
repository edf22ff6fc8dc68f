// Package port chooses and examines TCP ports of this machine.
package port

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"
)

// dialTimeout bounds the knock at a port of this machine.
const dialTimeout = time.Second

// Free returns n different ports of 127.0.0.1 that nobody uses. Another process
// may take one before the caller does.
func Free(ctx context.Context, n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // only at the end, so that all differ
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// Taken reports whether something already serves the port on this machine.
func Taken(ctx context.Context, port int) bool {
	// Binding alone is not enough: some systems let one process listen on
	// 127.0.0.1 while another has the port on all addresses.
	for _, host := range []string{"127.0.0.1", "::1"} {
		dialer := net.Dialer{Timeout: dialTimeout}
		if conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			conn.Close()
			return true
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	listener.Close()
	return false
}
