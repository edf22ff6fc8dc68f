package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// worksIn reports whether dir is the process's working directory. A server's is its data
// directory.
func worksIn(pid int, dir string) (bool, error) {
	cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return false, nil // a zombie, or not ours
	}
	if err != nil {
		return false, err
	}
	want, err := os.Stat(dir)
	return err == nil && os.SameFile(cwd, want), err
}
