package postgres

import (
	"os"
	"os/exec"
	"syscall"
)

// inNamespace is ourselves, known inside a user namespace as the other account.
func inNamespace(as account) (account, error) {
	return account{attr: syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: as.uid, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: as.gid, HostID: os.Getegid(), Size: 1}},
	}}, nil
}

// reach returns the name under which cmd finds dir. Another account may not be
// allowed to walk the path to it, as below /root, so it inherits the directory.
func (a account) reach(cmd *exec.Cmd, dir string) (name string, release func(), err error) {
	if !a.other {
		return dir, func() {}, nil
	}
	file, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	cmd.ExtraFiles = []*os.File{file}
	return "/proc/self/fd/3", func() { file.Close() }, nil
}
