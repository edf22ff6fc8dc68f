package servertest_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/checkout"
)

// commandLine uses sdk/examples/tasklane as a person does: against the real
// servers, with an email and a password.
func commandLine(t *testing.T, s servers) {
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	tasklane := filepath.Join(home, "tasklane")
	build := exec.Command("go", "build", "-o", tasklane, "./examples/tasklane")
	build.Dir = filepath.Join(root, "sdk")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := newProgram(t, s)
	command := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), tasklane, args...)
		cmd.Env = append(os.Environ(),
			"HOME="+home, "XDG_CACHE_HOME=", "TASKLANE_TOKEN=",
			"TASKLANE_URL="+s.tasks.URL.String(), "TASKLANE_AUTH_URL="+p.authTap.URL.String(),
			"TASKLANE_EMAIL="+p.email, "TASKLANE_PASSWORD="+servertest.Password)
		return cmd
	}
	types := func(args ...string) string {
		t.Helper()
		out, err := command(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("tasklane %q: %v\n%s", args, err, out)
		}
		return string(out)
	}

	watch := command("watch")
	notes, err := watch.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	changes, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(time.Minute, func() { _ = watch.Process.Kill() })
	defer stuck.Stop()
	noted := bufio.NewScanner(notes)
	if !noted.Scan() || !strings.HasPrefix(noted.Text(), "Watching") {
		t.Fatalf("watch says %q", noted.Text())
	}

	seen := bufio.NewScanner(changes)
	shows := func(what string) {
		t.Helper()
		if !seen.Scan() || !strings.Contains(seen.Text(), what) || !strings.HasSuffix(seen.Text(), "Water the plants  #home") {
			t.Errorf("watch shows %q, want that it is %s", seen.Text(), what)
		}
	}
	types("add", "Water", "the", "plants", "-due", "tomorrow", "-tag", "home")
	shows("added")
	var tasks []taskapi.Task
	if err := json.Unmarshal([]byte(types("list", "-json")), &tasks); err != nil || len(tasks) != 1 || tasks[0].Title != "Water the plants" {
		t.Fatalf("list: %v, %v", tasks, err)
	}
	types("done", tasks[0].ID[28:])
	shows("done")
	if got := types("list"); got != "No tasks.\n" {
		t.Errorf("list after done:\n%s", got)
	}
	if err := watch.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if noted.Scan() {
		t.Errorf("watch says %q at its end", noted.Text())
	}
	if err := watch.Wait(); err != nil {
		t.Errorf("watch after Ctrl-C: %v", err)
	}
	if got := p.authTap.Count(signInPath); got != 1 {
		t.Errorf("signed in %d times for five commands", got)
	}
}
