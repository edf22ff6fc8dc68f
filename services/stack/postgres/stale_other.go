//go:build !linux

package postgres

import (
	"os/exec"
	"strconv"
	"strings"
)

// worksIn reports whether the process is a server that was started on dir.
func worksIn(pid int, dir string) (bool, error) {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return strings.Contains(string(out), "postgres -D "+dir+" "), err
}
