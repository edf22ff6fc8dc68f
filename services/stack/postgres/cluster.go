package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
)

// startTimeout bounds the start of the server, including recovery after a
// crash.
const startTimeout = 60 * time.Second

// pollInterval is the interval between two checks of readiness.
const pollInterval = 20 * time.Millisecond

// A cluster is a data directory and the programs that serve it.
type cluster struct {
	bin       binaries
	runAs     account
	dir       string
	temporary bool
	settings  []string
}

// prepare creates the data directory, or stops a leftover server on an existing one.
func (c *cluster) prepare(ctx context.Context, password string) error {
	_, err := os.Stat(filepath.Join(c.dir, "PG_VERSION"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.initialize(ctx, password)
	case err != nil:
		return err
	}
	if err := c.runAs.own(c.dir); err != nil {
		return err
	}
	return stopStale(ctx, c.dir)
}

// initialize creates the data directory under another name and renames it at the end, so
// that a kill does not leave an incomplete one.
func (c *cluster) initialize(ctx context.Context, password string) error {
	parent := filepath.Dir(c.dir)
	staging := c.dir + ".new"
	if err := os.RemoveAll(staging); err != nil {
		return err
	}
	if err := os.Mkdir(staging, 0o700); err != nil {
		return err
	}
	if err := c.runAs.own(parent); err != nil {
		return err
	}

	args := []string{"-U", Superuser, "-E", "UTF8", "--locale=C", "--no-instructions"}
	if c.temporary {
		args = append(args, "-A", "trust", "--no-sync")
	} else {
		passwordFile, err := c.passwordFile(password)
		if err != nil {
			return err
		}
		defer os.Remove(passwordFile)
		args = append(args, "-A", "scram-sha-256", "--pwfile", passwordFile)
	}
	cmd, release, err := c.command("initdb", staging, args...)
	if err != nil {
		return err
	}
	defer release()
	process, err := child.Start(cmd, syscall.SIGKILL, func(string) {})
	if err != nil {
		return err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		process.Stop()
		return context.Cause(ctx)
	}
	if process.Err() != nil {
		return process.Failed("initdb")
	}
	return os.Rename(staging, c.dir)
}

// passwordFile writes the superuser's password to a file that the account of initdb can
// read.
func (c *cluster) passwordFile(password string) (path string, err error) {
	file, err := os.CreateTemp("", "tasklane-password-") // with mode 0600
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(password + "\n")
	if err = errors.Join(err, file.Close(), c.runAs.own(file.Name())); err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

// command returns a command that runs one of PostgreSQL's programs on a data
// directory. release frees its resources, once the program has started.
func (c *cluster) command(program, dir string, args ...string) (cmd *exec.Cmd, release func(), err error) {
	cmd = exec.Command(c.bin.path(program))
	// Without the caller's PG* variables, and with a locale, which the server
	// needs on macOS.
	cmd.Env, cmd.Dir = child.Environment(map[string]string{"LC_ALL": "C", "TZ": "UTC"}), "/"
	c.runAs.apply(cmd)
	name, release, err := c.runAs.reach(cmd, dir)
	cmd.Args = append(append(cmd.Args, "-D", name), args...)
	return cmd, release, err
}

// serve starts the server on the port and waits until it is ready.
func (c *cluster) serve(ctx context.Context, port int, log func(string)) (*child.Child, error) {
	args := []string{
		"-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "timezone=UTC",
		"-c", "log_checkpoints=off",
		// Details of errors may contain values, such as an email address.
		"-c", "log_error_verbosity=terse",
	}
	if c.temporary {
		args = append(args, "-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=300")
	}
	for _, setting := range c.settings {
		args = append(args, "-c", setting)
	}
	cmd, release, err := c.command("postgres", c.dir, args...)
	if err != nil {
		return nil, err
	}
	process, err := child.Start(cmd, syscall.SIGQUIT, log)
	release()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for !c.ready(process.PID()) {
		select {
		case <-process.Done():
			return nil, process.Failed("the server")
		case <-ctx.Done():
			process.Stop(child.Step{Signal: syscall.SIGQUIT, Wait: 5 * time.Second})
			return nil, fmt.Errorf("the server was not ready in time: %w\n  %s", ctx.Err(), strings.Join(process.LastLines(), "\n  "))
		case <-time.After(pollInterval):
		}
	}
	return process, nil
}

// ready reads the status from the server's lock file, because a connection could reach
// another server on the same port.
func (c *cluster) ready(pid int) bool {
	lock, err := readLock(c.dir)
	return err == nil && lock.pid == pid && lock.status == "ready"
}
