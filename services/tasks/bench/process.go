package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"github.com/tasklane/tasklane/services/stack/child"
)

const (
	// startTimeout bounds the way from a process to its first answer.
	startTimeout = 30 * time.Second
	// stopTimeout is how long a server may take to stop.
	stopTimeout = 8 * time.Second
)

// process is a server that is measured.
type process struct {
	name string
	// url is where it is asked, operations where its profiles are.
	url, operations string
	child           *child.Child
	// log is what it writes.
	log *os.File
}

// command is how a server is started.
type command struct {
	name, path string
	args       []string
	env        map[string]string
	// url is where it will be asked, operations where its profiles will be,
	// ready what answers 200 once it works.
	url, operations, ready string
	// header goes with the question whether it is ready.
	header http.Header
}

// start starts a server and waits for its first answer. It returns how long
// that took.
func start(ctx context.Context, c command) (*process, time.Duration, error) {
	// A file, as for a service that runs for good: a pipe would have to be
	// read here, on the same processors.
	log, err := newLog()
	if err != nil {
		return nil, 0, err
	}
	cmd := exec.Command(c.path, c.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(c.env), log, log
	begin := time.Now()
	running, err := child.Start(cmd, syscall.SIGKILL, func(string) {})
	if err != nil {
		return nil, 0, errors.Join(err, log.Close(), os.Remove(log.Name()))
	}
	p := &process{name: c.name, url: c.url, operations: c.operations, child: running, log: log}
	if err := p.await(ctx, c); err != nil {
		return nil, 0, errors.Join(err, p.stop())
	}
	return p, time.Since(begin), nil
}

// newLog makes a file that can be emptied while it is written to.
func newLog() (*os.File, error) {
	made, err := os.CreateTemp("", "tasklane-bench-*.log")
	if err != nil {
		return nil, err
	}
	if err := made.Close(); err != nil {
		return nil, err
	}
	return os.OpenFile(made.Name(), os.O_WRONLY|os.O_APPEND, 0)
}

// clearLog empties the log, which would otherwise fill the disk.
func (p *process) clearLog() error { return os.Truncate(p.log.Name(), 0) }

// lastWords returns the end of the log.
func (p *process) lastWords() string {
	const most = 2 << 10
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(len(text)-most, 0):])
}

// await asks until it is answered.
func (p *process) await(ctx context.Context, c command) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ready, nil)
		if err != nil {
			return err
		}
		request.Header = c.header
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.child.Done():
			return fmt.Errorf("%s ended: %s\n%s", c.name, p.child.How(), p.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w\n%s", c.name, ctx.Err(), p.lastWords())
		case <-time.After(time.Millisecond):
		}
	}
}

// run runs a program to its end.
func run(ctx context.Context, c command) error {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = environment(c.env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c.name, err, out)
	}
	return nil
}

func (p *process) stop() error {
	killed := p.child.Stop(child.Step{Signal: syscall.SIGTERM, Wait: stopTimeout})
	err := errors.Join(p.log.Close(), os.Remove(p.log.Name()))
	if killed {
		err = errors.Join(err, fmt.Errorf("%s did not stop and had to be killed", p.name))
	}
	return err
}

// usage is what a process has taken so far, as Linux tells it. Elsewhere it is
// zero, which stands for not known.
type usage struct {
	cpu time.Duration
	// memory is what is resident now, peak the most so far, in bytes.
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

// cpuOfChildren is the processor time that the children of a process have taken
// so far, those that live: PostgreSQL's backends.
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

// environment is what a child sees: its settings, and of our own variables only
// those that programs need anywhere.
func environment(settings map[string]string) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}
