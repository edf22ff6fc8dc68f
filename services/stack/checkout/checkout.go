// Package checkout finds the parts of the repository on this machine.
package checkout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root is the top directory of the checkout around the working directory.
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

// PostgresModules is the npm installation with PostgreSQL's binaries.
func PostgresModules(root string) string {
	return filepath.Join(root, "services", "stack", "node_modules")
}
