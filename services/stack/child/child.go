// Package child runs processes that must not outlive this one.
//
// Each child leads a process group of its own, so that a Ctrl-C in the
// terminal reaches only this process, which then stops its children in the
// order it wants. A guard beside each child signals its group when this process
// dies by whatever cause, kill -9 included.
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

// Start starts cmd and calls line, from one goroutine, with each line that it
// writes to its standard output and standard error, unless cmd says that they go
// elsewhere. onDeath is the signal that the child's group gets should this
// process die first.
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
		c.err = errors.Join(cmd.Wait(), c.sweep())
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

// Done is closed when the process has ended, its group has been swept and its
// last line delivered.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err returns the result of [exec.Cmd.Wait]. It may be called only after Done is closed.
func (c *Child) Err() error { return c.err }

// How describes how the process ended, such as "exit status 1". It may be called only after
// Done is closed.
func (c *Child) How() string {
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

// Stop takes the steps in turn until the process has ended, and kills it if
// they do not suffice. It reports whether killing was needed.
func (c *Child) Stop(steps ...Step) (killed bool) {
	for _, step := range steps {
		// An error means that the process has ended: Done tells.
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

// sweep kills the rest of the child's process group.
func (c *Child) sweep() error {
	err := syscall.Kill(-c.PID(), syscall.SIGKILL)
	// macOS answers EPERM for a group of which only the ended leader is left.
	if err != nil && !errors.Is(err, syscall.ESRCH) && !errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("sweep process group %d: %w", c.PID(), err)
	}
	return nil
}
