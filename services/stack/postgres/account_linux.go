package postgres

import (
	"os"
	"os/exec"
	"syscall"
)

// inNamespace returns our own user with the name of the other account in a user
// namespace.
func inNamespace(runAs account) (account, error) {
	return account{attr: syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: runAs.uid, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: runAs.gid, HostID: os.Getegid(), Size: 1}},
	}}, nil
}

// reach returns the path at which cmd finds dir. Another account may not have
// access to the path, such as below /root, so cmd inherits the open directory.
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
