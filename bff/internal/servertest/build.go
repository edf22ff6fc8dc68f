package servertest

import (
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
	if built.dir == "" {
		temp, err := os.MkdirTemp("", "tasklane-bff-test-")
		if err != nil {
			t.Fatal(err)
		}
		pgtest.AtExit(func() error { return os.RemoveAll(temp) })
		built.dir, built.paths = temp, map[string]string{}
	}
	program := filepath.Join(built.dir, path.Base(pkg))
	command := exec.Command("go", "build", "-o", program, pkg)
	command.Dir = filepath.Join(repotest.Root(t), module)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	built.paths[pkg] = program
	return program
}
