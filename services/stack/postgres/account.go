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

// PostgreSQL refuses to run as root or under a user id without a name. An
// account is the way around: who the server's processes are.
type account struct {
	attr syscall.SysProcAttr
	// other means that the server's files must belong to uid and gid. They
	// stay ours otherwise.
	other    bool
	uid, gid int
}

// apply makes cmd run under the account.
func (a account) apply(cmd *exec.Cmd) {
	attr := a.attr
	cmd.SysProcAttr = &attr
}

// own gives path and everything below it to the account.
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

// chooseAccount picks, in this order: ourselves; ourselves under another name
// inside a user namespace, which keeps all files ours; another account.
func chooseAccount(ctx context.Context, bin binaries) (account, error) {
	uid := os.Geteuid()
	if _, err := user.LookupId(strconv.Itoa(uid)); uid != 0 && err == nil {
		return account{}, nil
	}
	as, err := unprivileged()
	if err != nil {
		return account{}, err
	}
	namespaced, namespaceErr := inNamespace(as)
	if namespaceErr == nil {
		probe := exec.CommandContext(ctx, bin.path("postgres"), "--version")
		namespaced.apply(probe)
		if namespaceErr = probe.Run(); namespaceErr == nil {
			return namespaced, nil
		}
	}
	if uid != 0 {
		return account{}, fmt.Errorf("user id %d has no name, which PostgreSQL requires, and a user namespace cannot be had: %w", uid, namespaceErr)
	}
	return as, nil
}

// unprivileged is an account of this machine that is not root.
func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		// As 32 bits: macOS gives nobody the number -2.
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
	return account{}, errors.New("PostgreSQL does not run as root, and this machine has neither an account postgres nor nobody to run it as")
}
