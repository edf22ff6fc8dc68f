// Package checkout locates the repository's directories and Node on this machine.
package checkout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Root returns the top directory of the checkout that contains the working directory.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "go.work"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside a checkout of Tasklane: no go.work above it", start)
		}
	}
}

// Node returns the path of Node itself. The one on PATH may be a version manager's script,
// which does not forward signals.
func Node(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "node", "-p", "process.execPath").Output()
	if err != nil {
		return "", fmt.Errorf("find Node: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
