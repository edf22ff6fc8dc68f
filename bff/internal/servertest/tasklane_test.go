package servertest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/repotest"
)

// newCommandLine builds sdk/examples/tasklane. command returns a command of it in a new home
// directory, with only these settings; run runs one, which must succeed, and returns its
// output.
func newCommandLine(t *testing.T, env ...string) (command func(args ...string) *exec.Cmd, run func(args ...string) string) {
	t.Helper()
	tasklane := filepath.Join(t.TempDir(), "tasklane")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", tasklane, "./examples/tasklane")
	build.Dir = filepath.Join(repotest.Root(t), "sdk")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	env = append([]string{
		"HOME=" + t.TempDir(), "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "TASKLANE_URL=", "TASKLANE_SITE=", "TASKLANE_AUTH_URL=",
		"TASKLANE_TOKEN=", "TASKLANE_KEY=", "TASKLANE_EMAIL=", "TASKLANE_PASSWORD=",
	}, env...)
	command = func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), tasklane, args...)
		cmd.Env = append(os.Environ(), env...)
		return cmd
	}
	run = func(args ...string) string {
		t.Helper()
		out, err := command(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("tasklane %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	return command, run
}

// commandLine runs sdk/examples/tasklane against the real servers, with an email and a
// password.
func commandLine(t *testing.T, s servers) {
	p := newProgram(t, s)
	command, run := newCommandLine(t, "TASKLANE_URL="+s.tasks.URL.String(), "TASKLANE_AUTH_URL="+p.authTap.URL.String(),
		"TASKLANE_EMAIL="+p.email, "TASKLANE_PASSWORD="+servertest.Password)

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
		t.Fatalf("watch printed %q", noted.Text())
	}

	seen := bufio.NewScanner(changes)
	shows := func(what string) {
		t.Helper()
		if !seen.Scan() || !strings.Contains(seen.Text(), what) || !strings.HasSuffix(seen.Text(), "Water the plants  #home") {
			t.Errorf("watch printed %q, want that the task is %s", seen.Text(), what)
		}
	}
	run("add", "Water", "the", "plants", "-due", "tomorrow", "-tag", "home")
	shows("added")
	var tasks []taskapi.Task
	if err := json.Unmarshal([]byte(run("list", "-json")), &tasks); err != nil || len(tasks) != 1 || tasks[0].Title != "Water the plants" {
		t.Fatalf("list: %v, %v", tasks, err)
	}
	run("done", tasks[0].ID[28:])
	shows("done")
	if got := run("list"); got != "No tasks.\n" {
		t.Errorf("list after done:\n%s", got)
	}
	if err := watch.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if noted.Scan() {
		t.Errorf("watch printed %q at its end", noted.Text())
	}
	if err := watch.Wait(); err != nil {
		t.Errorf("watch after Ctrl-C: %v", err)
	}
	if got := p.authTap.Count(signInPath); got != 1 {
		t.Errorf("signed in %d times for five commands", got)
	}
}

// TestTasklane_SignsInByDeviceCode signs in with a device code that is confirmed on the
// page, creates an API key, and signs out.
func TestTasklane_SignsInByDeviceCode(t *testing.T) {
	t.Parallel()
	public := "http://localhost:3000"
	auth := servertest.StartAuth(t, public)
	bff := servertest.StartBFF(t, auth, servertest.StartTasks(t, auth))
	command, run := newCommandLine(t, "TASKLANE_SITE="+bff.URL.String())
	if out, err := command("list").CombinedOutput(); err == nil || !strings.Contains(string(out), `run "tasklane login"`) {
		t.Errorf("list before the login: %v\n%s", err, out)
	}

	login := command("login")
	notes, err := login.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := login.Start(); err != nil {
		t.Fatal(err)
	}
	var page *url.URL
	for lines := bufio.NewScanner(notes); page == nil && lines.Scan(); {
		if text := strings.TrimSpace(lines.Text()); strings.HasPrefix(text, public) {
			page, err = url.Parse(text)
		}
	}
	if err != nil || page == nil || !page.Query().Has("device") || page.Query().Get("user_code") == "" {
		t.Fatalf("login names the page %v (%v)", page, err)
	}
	cookies := auth.SignUp()
	code := page.Query().Get("user_code")
	auth.Get("/api/auth/device?user_code="+code, cookies...)
	auth.Post("/api/auth/device/approve", map[string]any{"userCode": code}, cookies...)
	_, _ = io.Copy(io.Discard, notes) // until the program ends
	if err := login.Wait(); err != nil {
		t.Fatal(err)
	}

	run("add", "Water the plants")
	if got := run("list"); !strings.Contains(got, "Water the plants") {
		t.Errorf("list:\n%s", got)
	}
	key := strings.TrimSpace(run("keys", "-add", "report"))
	if source, err := sdk.NewKeySource(auth.URL.String(), key); err != nil {
		t.Error(err)
	} else if _, err := source.Token(t.Context()); err != nil {
		t.Error(err)
	}
	if got := run("keys"); !strings.Contains(got, "report") || strings.Contains(got, key) {
		t.Errorf("keys:\n%s", got)
	}
	run("keys", "-revoke", "report")
	if got := run("keys"); got != "" {
		t.Errorf("keys after the revocation:\n%s", got)
	}
	run("logout")
	if out, err := command("list").CombinedOutput(); err == nil {
		t.Errorf("list after logout:\n%s", out)
	}
}
