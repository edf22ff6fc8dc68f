package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"github.com/tasklane/tasklane/services/stack/child"
)

const (
	// startTimeout bounds the time from the start of a process to its first response.
	startTimeout = 30 * time.Second
	// stopTimeout is how long a server may take to stop.
	stopTimeout = 8 * time.Second
)

// process is a measured server.
type process struct {
	command

	child *child.Child
	// log is its log file.
	log *os.File
}

// command is how a server is started.
type command struct {
	name, path string
	args       []string
	env        map[string]string
	// url is its address, operations the address of its profiles, ready a URL that returns
	// 200 once it is ready.
	url, operations, ready string
	// header is sent with readiness requests.
	header http.Header
}

// start starts a server and returns the time until its first response.
func start(ctx context.Context, c command) (*process, time.Duration, error) {
	// A file, as in production: a pipe would have to be read here, on the same
	// processors.
	// In append mode, it can be truncated.
	log, err := os.OpenFile(filepath.Join(os.TempDir(), "tasklane-bench-"+rand.Text()+".log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, 0, err
	}
	cmd := exec.Command(c.path, c.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = child.Environment(c.env), log, log
	started := time.Now()
	running, err := child.Start(cmd, syscall.SIGKILL, func(string) {})
	if err != nil {
		return nil, 0, errors.Join(err, log.Close(), os.Remove(log.Name()))
	}
	p := &process{command: c, child: running, log: log}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := running.AwaitReady(ctx, c.name, c.ready, c.header, time.Millisecond); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("%w\n%s", err, p.logTail()), p.stop())
	}
	return p, time.Since(started), nil
}

// clearLog truncates the log, which would otherwise fill the disk.
func (p *process) clearLog() error { return os.Truncate(p.log.Name(), 0) }

// logTail returns the last 2 KiB of the log.
func (p *process) logTail() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(len(text)-2<<10, 0):])
}

func (p *process) stop() error {
	killed := p.child.Stop(child.Step{Signal: syscall.SIGTERM, Wait: stopTimeout})
	err := errors.Join(p.log.Close(), os.Remove(p.log.Name()))
	if killed {
		err = errors.Join(err, fmt.Errorf("%s did not stop and had to be killed", p.name))
	}
	return err
}

// usage is the resources that a process has used. On systems other than Linux it is zero,
// which means unknown.
type usage struct {
	cpu time.Duration
	// memory is the resident memory, peak its maximum so far, in bytes.
	memory, peak uint64
}

func (p *process) usage() usage {
	proc, err := procfs.NewProc(p.child.PID())
	if err != nil {
		return usage{}
	}
	stat, err := proc.Stat()
	if err != nil {
		return usage{}
	}
	status, err := proc.NewStatus()
	if err != nil {
		return usage{}
	}
	return usage{cpu: time.Duration(stat.CPUTime() * float64(time.Second)), memory: status.VmRSS, peak: status.VmHWM}
}

// cpuOfChildren returns the processor time of a process's living children, such
// as PostgreSQL's backends.
func cpuOfChildren(pid int) (sum time.Duration) {
	all, err := procfs.AllProcs()
	if err != nil {
		return 0
	}
	for _, p := range all {
		if stat, err := p.Stat(); err == nil && stat.PPID == pid {
			sum += time.Duration(stat.CPUTime() * float64(time.Second))
		}
	}
	return sum
}
