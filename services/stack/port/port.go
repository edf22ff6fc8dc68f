// Package port finds free TCP ports of this machine.
package port

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// dialTimeout bounds a connection attempt to a port of this machine.
const dialTimeout = time.Second

// Free chooses from these ports. They are below the ephemeral ports (Linux from
// 32768, macOS from 49152), so that no outgoing connection takes one before the
// caller does.
const (
	firstFree = 20_000
	lastFree  = 31_999
)

// reserved are the sockets that reserve Free's ports against other processes that
// call it: each is bound to the UDP port of the same number, which nothing else
// here uses. The system releases them when the process ends.
var reserved struct {
	sync.Mutex
	tokens []net.PacketConn
}

// Free returns n different free ports of 127.0.0.1. No other call, in this process or
// another, returns them while this process runs.
func Free(ctx context.Context, n int) ([]int, error) {
	ports := make([]int, 0, n)
	// Random, so that processes rarely try the same one.
	for _, offset := range rand.Perm(lastFree - firstFree + 1) {
		if len(ports) == n {
			return ports, nil
		}
		if reserve(ctx, firstFree+offset) {
			ports = append(ports, firstFree+offset)
		}
	}
	return nil, cmp.Or(ctx.Err(), fmt.Errorf("no %d free ports from %d to %d", n, firstFree, lastFree))
}

// reserve reserves a port for this process, and reports whether it was free.
func reserve(ctx context.Context, port int) bool {
	token, err := new(net.ListenConfig).ListenPacket(ctx, "udp", loopback(port))
	if err != nil {
		return false
	}
	if Taken(ctx, port) {
		token.Close()
		return false
	}
	reserved.Lock()
	defer reserved.Unlock()
	reserved.tokens = append(reserved.tokens, token)
	return true
}

// Taken reports whether a port of this machine is in use.
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
	return errors.Is(bind(port), syscall.EADDRINUSE)
}

// bind binds a socket to a port of 127.0.0.1 and closes it. It does not listen: a
// child process that is forked at that moment holds a copy of the socket until it
// executes its program, and a listening copy would keep the port in use.
func bind(port int) error {
	syscall.ForkLock.RLock()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	defer syscall.Close(socket)
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("set SO_REUSEADDR: %w", err)
	}
	return syscall.Bind(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
