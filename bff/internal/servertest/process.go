// Package servertest starts real servers for the tests of the bff: Better Auth, the task
// service and the bff itself, each on a free port and the first two with databases of their
// own. TestMain of the importing package must call pgtest.Main. If a server cannot start,
// the test fails.
package servertest

import (
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
)

const (
	// readyTimeout bounds the start of a server on a busy machine.
	readyTimeout = time.Minute
	readyPause   = 50 * time.Millisecond
	stopTimeout  = 10 * time.Second
)

// process is a server that is stopped when its test ends.
type process struct {
	t       testing.TB
	command []string
	dir     string
	env     []string
	ready   string // the URL that returns 200 once the server is ready
	child   *child.Child

	mu  sync.Mutex
	log []string
}

// start starts the server and waits until it is ready.
func (p *process) start() {
	p.t.Helper()
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append(cmd.Environ(), p.env...)
	started, err := child.Start(cmd, syscall.SIGKILL, p.record)
	if err != nil {
		p.t.Fatal(err)
	}
	p.child = started
	p.t.Cleanup(func() {
		p.Stop()
		CheckLog(p.t, filepath.Base(p.command[0]), p.Log())
	})
	p.AwaitReady()
}

// AwaitReady waits until the server is ready.
func (p *process) AwaitReady() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := p.child.AwaitReady(ctx, p.command[0], p.ready, nil, readyPause); err != nil {
		p.t.Fatal(err)
	}
}

// Stop stops the server with a signal, if it is running.
func (p *process) Stop() {
	p.Resume() // a paused process does not handle SIGTERM
	p.child.Stop(child.Step{Signal: syscall.SIGTERM, Wait: stopTimeout})
}

// Kill kills the server.
func (p *process) Kill() { p.child.Stop() }

// PID is the server's process id.
func (p *process) PID() int { return p.child.PID() }

// Pause makes the server hang: it accepts connections and never responds.
func (p *process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume continues a paused server.
func (p *process) Resume() { p.signal(syscall.SIGCONT) }

// Restart starts the server again with its data and address. It stops a running
// server first.
func (p *process) Restart() { p.RestartWith() }

// RestartWith is Restart with additional environment variables.
func (p *process) RestartWith(env ...string) {
	p.t.Helper()
	p.Stop()
	p.env = append(slices.Clip(p.env), env...) // the last value of a name wins
	p.start()
}

// Run runs the server's program with these arguments until it exits, and returns its
// output. env adds environment variables to the server's.
func (p *process) Run(args []string, env ...string) (log string, err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.command[0], append(slices.Clone(p.command[1:]), args...)...)
	cmd.Dir = p.dir
	cmd.Env = append(append(cmd.Environ(), p.env...), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.child.Done():
	default:
		// An error means that the process is exiting.
		_ = syscall.Kill(-p.child.PID(), s)
	}
}

func (p *process) record(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, line)
}

// Log returns the lines logged so far.
func (p *process) Log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.log...)
}

// freePorts returns free ports of 127.0.0.1.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	free, err := port.Free(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	ports := make([]string, n)
	for i, number := range free {
		ports[i] = strconv.Itoa(number)
	}
	return ports
}

func parse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
