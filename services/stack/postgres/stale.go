package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
)

// lockFile names, in the data directory, the process that serves it.
const lockFile = "postmaster.pid"

// A lock is the content of the lock file.
type lock struct {
	pid    int
	status string // "starting", "ready", "stopping"
}

func readLock(dir string) (lock, error) {
	raw, err := os.ReadFile(filepath.Join(dir, lockFile))
	if err != nil {
		return lock{}, err
	}
	// The first line is the process id, the eighth the status.
	fields := strings.Split(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	if err != nil {
		return lock{}, fmt.Errorf("read %s: %w", lockFile, err)
	}
	found := lock{pid: pid}
	if len(fields) >= 8 {
		found.status = strings.TrimSpace(fields[7])
	}
	return found, nil
}

// StopLeftover stops a server that an earlier process left running on dataDir. [Start] does
// so, too; callers that check first whether the port is free must call it before.
func StopLeftover(ctx context.Context, dataDir string) error {
	dataDir, err := canonical(dataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	majors, err := keptMajors(dataDir)
	if err != nil {
		return err
	}
	for _, major := range majors {
		if err := stopStale(ctx, filepath.Join(dataDir, strconv.Itoa(major))); err != nil {
			return err
		}
	}
	return nil
}

// stopStale stops a server on the data directory. Its launcher is dead: a running launcher
// would hold a lock.
func stopStale(ctx context.Context, dir string) error {
	found, err := readLock(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if errors.Is(err, strconv.ErrSyntax) {
		// A crash left the lock file empty, and PostgreSQL does not start with it.
		return os.Remove(filepath.Join(dir, lockFile))
	}
	if err != nil {
		return err
	}
	serving, err := serves(found.pid, dir)
	if err != nil {
		return err
	}
	if !serving {
		// The server has ended. PostgreSQL replaces the lock file of a process that does
		// not exist, but not one with the id of an unrelated process.
		if exists(found.pid) {
			return os.Remove(filepath.Join(dir, lockFile))
		}
		return nil
	}
	for _, step := range []child.Step{
		{Signal: syscall.SIGINT, Wait: 10 * time.Second},
		{Signal: syscall.SIGQUIT, Wait: 5 * time.Second},
	} {
		if err := syscall.Kill(found.pid, step.Signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the PostgreSQL of an earlier run, process %d: %w", found.pid, err)
		}
		for deadline := time.Now().Add(step.Wait); time.Now().Before(deadline); {
			if serving, err := serves(found.pid, dir); !serving {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pollInterval):
			}
		}
	}
	return fmt.Errorf("the PostgreSQL of an earlier run, process %d, does not stop", found.pid)
}

func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// serves reports whether the process is a server on the data directory.
func serves(pid int, dir string) (bool, error) {
	if !exists(pid) {
		return false, nil
	}
	serving, err := worksIn(pid, dir)
	if err != nil && !exists(pid) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("inspect process %d: %w", pid, err)
	}
	return serving, nil
}
