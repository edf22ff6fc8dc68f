package postgres

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
)

// TestRunsWithoutRoot: an ordinary user runs the server as itself; root runs it in a user
// namespace, or as another account where the system has no user namespaces.
func TestRunsWithoutRoot(t *testing.T) {
	t.Parallel()
	bin, err := find(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := chooseAccount(t.Context(), bin)
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		if chosen.other {
			t.Errorf("an ordinary user runs the server as user id %d", chosen.uid)
		}
		return
	}
	another, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	for name, runAs := range map[string]account{"runs as the chosen account": chosen, "runs as another account": another} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Server{}
			t.Cleanup(func() {
				if err := s.removeAll(); err != nil {
					t.Error(err)
				}
			})
			reachable, err := s.copyTree(bin, runAs)
			if err != nil {
				t.Fatal(err)
			}
			// Only the owner may enter the directories of the test framework.
			dir := filepath.Join(t.TempDir(), "private", "postgres")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
				t.Fatal(err)
			}
			c := &cluster{bin: reachable, runAs: runAs, dir: filepath.Join(dir, "18")}
			if err := c.prepare(t.Context(), "password"); err != nil {
				t.Fatal(err)
			}
			ports, err := port.Free(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			process, err := c.serve(context.WithoutCancel(t.Context()), ports[0], func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			defer process.Stop(child.Step{Signal: syscall.SIGQUIT, Wait: 10 * time.Second})
			// Stop it like a launcher that finds it running, not as its parent.
			if err := stopStale(t.Context(), c.dir); err != nil {
				t.Fatal(err)
			}
			<-process.Done()
		})
	}
}
