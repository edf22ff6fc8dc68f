package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// guardScript reads the id of a process group, and signals the group if the
// pipe closes before another line comes.
const guardScript = `read -r group && { read -r ended || kill -%d "-$group"; }`

// A guard is a process that signals a child's process group should this process
// die. It learns of that by its standard input, a pipe whose other end only
// this process holds. The kernel's parent-death signal exists on Linux only.
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
	// Out of reach of a Ctrl-C, and of what may kill this process's group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start a guard: %w", err), write.Close())
	}
	return &guard{cmd: cmd, pipe: write}, nil
}

// watch names the process group.
func (g *guard) watch(group int) error {
	_, err := fmt.Fprintln(g.pipe, group)
	return err
}

// dismiss ends the guard and spares the group that it watches.
func (g *guard) dismiss() {
	_, _ = fmt.Fprintln(g.pipe) // an error says that the guard has ended
	g.end()
}

// end ends a guard that watches nothing yet.
func (g *guard) end() {
	_ = g.pipe.Close()
	_ = g.cmd.Wait() // how it ended changes nothing
}
