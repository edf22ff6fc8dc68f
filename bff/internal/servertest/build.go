package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/stack/repotest"
)

// built are the programs that the test process has built.
var built struct {
	sync.Mutex
	dir   string
	paths map[string]string
}

// build builds a package of a module, once per test process, and returns the program's path.
func build(t testing.TB, module, pkg string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if program, ok := built.paths[pkg]; ok {
		return program
	}
	program, err := buildOnce(filepath.Join(repotest.Root(t), module), pkg)
	if err != nil {
		t.Fatalf("build %s: %v", pkg, err)
	}
	return program
}

func buildOnce(dir, pkg string) (string, error) {
	if built.dir == "" {
		temp, err := os.MkdirTemp("", "tasklane-bff-test-")
		if err != nil {
			return "", err
		}
		pgtest.AtExit(func() error { return os.RemoveAll(temp) })
		built.dir, built.paths = temp, map[string]string{}
	}
	program := filepath.Join(built.dir, path.Base(pkg))
	command := exec.Command("go", "build", "-o", program, pkg)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	built.paths[pkg] = program
	return program, nil
}
