// Package child runs processes that must not outlive this one.
//
// Each child leads its own process group, so that Ctrl-C in the terminal reaches
// only this process, which then stops its children in order. A guard signals
// each child's group when this process dies, even by kill -9.
package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A Child is a running process.
type Child struct {
	cmd    *exec.Cmd
	output *output
	done   chan struct{}
	err    error
}

// Start starts cmd and calls line, from one goroutine, with each line of its
// standard output and standard error, unless cmd redirects them. If this process
// dies first, the child's group gets the signal onDeath.
func Start(cmd *exec.Cmd, onDeath syscall.Signal, line func(string)) (*Child, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true

	guard, err := startGuard(onDeath)
	if err != nil {
		return nil, err
	}
	// A file and not a writer: with a writer, Wait would last until every
	// grandchild has closed its end.
	read, write, err := os.Pipe()
	if err != nil {
		guard.end()
		return nil, err
	}
	if cmd.Stdout == nil {
		cmd.Stdout = write
	}
	if cmd.Stderr == nil {
		cmd.Stderr = write
	}
	err = cmd.Start()
	write.Close()
	if err != nil {
		guard.end()
		read.Close()
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}

	err = guard.watch(cmd.Process.Pid)
	c := &Child{cmd: cmd, output: newOutput(read, line), done: make(chan struct{})}
	go func() {
		c.err = errors.Join(cmd.Wait(), c.killGroup())
		guard.dismiss()
		c.output.drain()
		close(c.done)
	}()
	if err != nil {
		c.Stop()
		return nil, fmt.Errorf("guard %s: %w", cmd.Path, err)
	}
	return c, nil
}

// PID is the process id, which is also the id of the child's process group.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed when the process has ended, the rest of its group has been
// killed and its last line delivered.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err returns the result of [exec.Cmd.Wait]. It may be called only after Done is closed.
func (c *Child) Err() error { return c.err }

// Status says how the process ended, such as "exit status 1". It may be called only after
// Done is closed.
func (c *Child) Status() string {
	if c.err == nil {
		return "exit status 0"
	}
	return c.err.Error()
}

// LastLines returns the last lines of the child's output.
func (c *Child) LastLines() []string { return c.output.last() }

// A Step is one attempt to stop a process: a signal to its group, and how long to wait
// before the next step.
type Step struct {
	Signal syscall.Signal
	Wait   time.Duration
}

// Stop takes the steps in turn until the process has ended, and finally kills it.
// It reports whether that was needed.
func (c *Child) Stop(steps ...Step) (killed bool) {
	for _, step := range steps {
		// An error means that the process has ended, which Done reports.
		_ = syscall.Kill(-c.PID(), step.Signal)
		select {
		case <-c.done:
			return false
		case <-time.After(step.Wait):
		}
	}
	_ = syscall.Kill(-c.PID(), syscall.SIGKILL)
	<-c.done
	return true
}

// killGroup kills the rest of the child's process group.
func (c *Child) killGroup() error {
	err := syscall.Kill(-c.PID(), syscall.SIGKILL)
	// macOS returns EPERM for a group of which only the ended leader is left.
	if err != nil && !errors.Is(err, syscall.ESRCH) && !errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("kill process group %d: %w", c.PID(), err)
	}
	return nil
}
