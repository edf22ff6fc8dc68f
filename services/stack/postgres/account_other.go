//go:build !linux

package postgres

import (
	"errors"
	"os/exec"
)

// inNamespace fails: only Linux has user namespaces.
func inNamespace(account) (account, error) { return account{}, errors.ErrUnsupported }

// reach returns the path at which cmd finds dir.
func (a account) reach(_ *exec.Cmd, dir string) (name string, release func(), err error) {
	return dir, func() {}, nil
}
