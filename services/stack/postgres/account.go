package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An account is the user of the server's processes. PostgreSQL does not run as
// root or with a user id that has no name.
type account struct {
	attr syscall.SysProcAttr
	// other means that uid and gid must own the server's files. Otherwise this
	// process's user owns them.
	other    bool
	uid, gid int
}

// apply makes cmd run under the account.
func (a account) apply(cmd *exec.Cmd) {
	attr := a.attr
	cmd.SysProcAttr = &attr
}

// own makes the account the owner of path and everything below it.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
}

// chooseAccount chooses, in this order: our own user; our own user with another
// name in a user namespace, so that we own all files; another account.
func chooseAccount(ctx context.Context, bin binaries) (account, error) {
	uid := os.Geteuid()
	if _, err := user.LookupId(strconv.Itoa(uid)); uid != 0 && err == nil {
		return account{}, nil
	}
	runAs, err := unprivileged()
	if err != nil {
		return account{}, err
	}
	namespaced, namespaceErr := inNamespace(runAs)
	if namespaceErr == nil {
		probe := exec.CommandContext(ctx, bin.path("postgres"), "--version")
		namespaced.apply(probe)
		if namespaceErr = probe.Run(); namespaceErr == nil {
			return namespaced, nil
		}
	}
	if uid != 0 {
		return account{}, fmt.Errorf("user id %d has no name, which PostgreSQL requires, and a user namespace cannot be created: %w", uid, namespaceErr)
	}
	return runAs, nil
}

// unprivileged returns an account of this machine that is not root.
func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		// 32 bits: on macOS, nobody has the id -2.
		uid, uidErr := strconv.ParseInt(found.Uid, 10, 64)
		gid, gidErr := strconv.ParseInt(found.Gid, 10, 64)
		if uidErr == nil && gidErr == nil && uid != 0 {
			credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return account{
				attr:  syscall.SysProcAttr{Credential: credential},
				other: true, uid: int(credential.Uid), gid: int(credential.Gid),
			}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and this machine has no account postgres or nobody to run it as")
}
