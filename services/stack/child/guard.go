package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// guardScript reads the id of a process group, and signals the group if standard
// input ends before a second line.
const guardScript = `read -r group && { read -r ended || kill -%d "-$group"; }`

// A guard is a process that signals a child's process group if this process dies.
// Its standard input then ends, a pipe whose other end only this process holds. The
// kernel's parent-death signal exists only on Linux.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File
}

func startGuard(onDeath syscall.Signal) (*guard, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf(guardScript, onDeath))
	cmd.Stdin, cmd.Dir = read, "/"
	// Its own group, so that signals to this process's group do not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start a guard: %w", err), write.Close())
	}
	return &guard{cmd: cmd, pipe: write}, nil
}

// watch sets the process group.
func (g *guard) watch(group int) error {
	_, err := fmt.Fprintln(g.pipe, group)
	return err
}

// dismiss ends the guard without a signal to its group.
func (g *guard) dismiss() {
	_, _ = fmt.Fprintln(g.pipe) // an error means that the guard has ended
	g.end()
}

// end ends a guard that has no group yet.
func (g *guard) end() {
	_ = g.pipe.Close()
	_ = g.cmd.Wait() // its exit status does not matter
}
