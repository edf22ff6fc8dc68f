package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// worksIn reports whether the process works in dir, as a server does in its
// data directory.
func worksIn(pid int, dir string) (bool, error) {
	its, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return false, nil // a zombie, or not ours
	}
	if err != nil {
		return false, err
	}
	want, err := os.Stat(dir)
	return err == nil && os.SameFile(its, want), err
}
