package port

import (
	"context"
	"net"
	"os/exec"
	"sync"
	"testing"
)

func TestFree_ReservesDifferentPorts(t *testing.T) {
	t.Parallel()
	const n = 50
	ports, err := Free(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if len(ports) != n {
		t.Errorf("got %d ports, want %d", len(ports), n)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d was returned twice", port)
		}
		seen[port] = true
		if port < 1024 || port >= 32768 {
			t.Errorf("port %d is privileged or ephemeral", port)
		}
		// Other processes reserve ports in the same way.
		if reserve(t.Context(), port) {
			t.Errorf("port %d could be reserved a second time", port)
		}
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", loopback(port))
		if err != nil {
			t.Errorf("port %d cannot be used: %v", port, err)
			continue
		}
		listener.Close()
	}
}

func TestReserve_RejectsTakenPorts(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().(*net.TCPAddr).Port
	if reserve(t.Context(), taken) {
		t.Errorf("port %d was reserved, but is in use", taken)
	}
}

func TestFree_PortsCanBeListenedOnWhileProcessesStart(t *testing.T) {
	t.Parallel()
	const (
		starters = 4
		ports    = 200
	)
	ctx, stop := context.WithCancel(t.Context())
	var starting sync.WaitGroup
	for range starters {
		starting.Go(func() {
			for ctx.Err() == nil {
				_ = exec.CommandContext(ctx, "true").Run() // ends early with ctx
			}
		})
	}
	defer starting.Wait()
	defer stop()
	for range ports {
		free, err := Free(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback(free[0]))
		if err != nil {
			t.Fatalf("port %d cannot be listened on: %v", free[0], err)
		}
		listener.Close()
	}
}
