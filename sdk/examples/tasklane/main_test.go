package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// user is a user at a terminal.
type user struct {
	t      *testing.T
	server *sdktest.Server
	env    map[string]string
	cache  string
	now    time.Time
}

func newUser(t *testing.T) *user {
	t.Helper()
	server := sdktest.NewServer(t)
	return &user{
		t:      t,
		server: server,
		env:    map[string]string{"TASKLANE_URL": server.URL, "TASKLANE_TOKEN": server.Token("ada")},
		cache:  t.TempDir(),
		now:    time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), // a Monday
	}
}

func (u *user) program(stdout, stderr io.Writer) program {
	return program{
		stdout: stdout, stderr: stderr, cacheDir: u.cache, configDir: filepath.Join(u.cache, "config"), wait: wait,
		getenv: func(name string) string { return u.env[name] },
		now:    func() time.Time { return u.now },
	}
}

// types runs a command and returns what it printed and its exit code.
func (u *user) types(args ...string) (stdout, stderr string, code int) {
	u.t.Helper()
	var out, errs bytes.Buffer
	code = u.program(&out, &errs).run(u.t.Context(), args)
	return out.String(), errs.String(), code
}

// sees runs a command that succeeds and checks what it prints, with ID in
// place of each id.
func (u *user) sees(want string, args ...string) {
	u.t.Helper()
	got, stderr, code := u.types(args...)
	if got = ids.ReplaceAllString(got, "ID"); got != want || code != exitDone {
		u.t.Errorf("tasklane %q printed\n%s%s(exit code %d), want\n%s", args, got, stderr, code, want)
	}
}

// fails runs a command that fails, and checks its message.
func (u *user) fails(code int, want string, args ...string) {
	u.t.Helper()
	stdout, got, gotCode := u.types(args...)
	if !strings.Contains(got, want) || gotCode != code || stdout != "" {
		u.t.Errorf("tasklane %q printed\n%s%s(exit code %d), want\n%s (exit code %d)", args, stdout, got, gotCode, want, code)
	}
}

var ids = regexp.MustCompile(`\b([0-9a-f]{8}-[0-9a-f-]{19}-?[0-9a-f]{8,12}|[0-9a-f]{8})\b`)

// id returns the short id of the task whose line contains the words.
func (u *user) id(words string) string {
	u.t.Helper()
	stdout, _, _ := u.types("list", "-all", words)
	lines := strings.Split(stdout, "\n")
	if len(lines) != 3 {
		u.t.Fatalf("there is not one task with %q:\n%s", words, stdout)
	}
	return lines[1][:shortID]
}

func TestCommands_ManageTasks(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.sees("added ID  Water the plants  #home  due tomorrow\n",
		"add", "Water", "the", "plants", "-due", "tomorrow", "-tag", "home", "-priority", "high")
	u.sees("added ID  Pay the bill  due Fri 20 Nov 17:00 (overdue)\n", "add", "--due", "2026-11-20 17:00", "Pay the bill")
	u.sees("added ID  -5 degrees\n", "add", "--", "-5", "degrees")
	u.sees(""+
		"ID        DUE                         PRIORITY  TASK\n"+
		"ID  Fri 20 Nov 17:00 (overdue)            Pay the bill\n"+
		"ID  tomorrow                    high      Water the plants  #home\n"+
		"ID                                        -5 degrees\n", "list")
	u.sees("ID        DUE       PRIORITY  TASK\nID  tomorrow  high      Water the plants  #home\n", "list", "water", "pla", "-tag", "home")
	u.sees("ID        DUE                         PRIORITY  TASK\nID  Fri 20 Nov 17:00 (overdue)            Pay the bill\n",
		"list", "-before", "today", "-n", "1")

	plants, bill := u.id("plants"), u.id("bill")
	u.sees("changed ID  Water all plants  #balcony  due today 18:30\n",
		"edit", plants, "-title", "Water all plants", "-untag", "home", "-tag", "balcony", "-due", "today 18:30", "-description", "Two liters.\nEach.")
	output, _, _ := u.types("show", plants)
	for _, want := range []string{"Water all plants  #balcony\n  Two liters.\n  Each.\n", "priority  high\n", "due       today 18:30\n"} {
		if !strings.Contains(output, want) {
			t.Errorf("show printed\n%s, want it to contain\n%s", output, want)
		}
	}
	u.sees("done ID  [x] Water all plants  #balcony  due today 18:30\ndone ID  [x] Pay the bill  due Fri 20 Nov 17:00\n", "done", plants, bill)
	u.sees("reopened ID  Pay the bill  due Fri 20 Nov 17:00 (overdue)\n", "reopen", strings.ToUpper(bill))
	u.sees("changed ID  Pay the bill\n", "edit", bill, "-due", "none")
	u.sees("ID        DUE          PRIORITY  TASK\nID  today 18:30  high      [x] Water all plants  #balcony\n", "list", "-done")
	for range 2 { // the second time, nothing changes
		u.sees("changed ID  Pay the bill  due tomorrow\n", "edit", bill, "-due", "tomorrow")
	}
	u.sees("changed ID  Pay the bill\n", "edit", bill, "-due", "none")
	u.sees("deleted ID  Pay the bill\n", "delete", bill)
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Pay the bill\n", "list", "-trash")
	u.sees("restored ID  Pay the bill\n", "restore", bill)
	u.fails(exitNotFound, `there is no task "`+bill+`" here`, "restore", bill)
}

func TestMove_ChangesTheManualOrder(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	for _, title := range []string{"one", "two", "three"} {
		u.types("add", title)
	}
	for _, step := range []struct{ want, id, flag, other string }{
		{"three one two", "three", "-first", ""},
		{"one two three", "three", "-last", ""},
		{"two one three", "one", "-after", "two"},
		{"two three one", "three", "-before", "one"},
	} {
		args := []string{"move", u.id(step.id), step.flag}
		if step.other != "" {
			args = append(args, u.id(step.other))
		}
		u.sees("moved ID  "+step.id+"\n", args...)
		want := "ID        DUE  PRIORITY  TASK\n"
		for title := range strings.FieldsSeq(step.want) {
			want += "ID                 " + title + "\n"
		}
		u.sees(want, "list", "-sort", "position")
	}
	for _, args := range [][]string{{"move", u.id("one")}, {"move", "-first"}, {"move", u.id("one"), "-first", "-last"}, {"move", u.id("one"), u.id("two"), "-last"}} {
		u.fails(exitUsage, "move takes a task", args...)
	}
}

func TestJSON_IsAnArrayOfTasks(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.sees("[]\n", "list", "-json")
	u.types("add", "Feed the cat & dog")
	for _, args := range [][]string{{"list", "-json"}, {"show", "-json", u.id("cat")}, {"done", u.id("cat"), "-json"}} {
		var tasks []taskapi.Task
		stdout, _, code := u.types(args...)
		if err := json.Unmarshal([]byte(stdout), &tasks); err != nil || len(tasks) != 1 || tasks[0].Title != "Feed the cat & dog" || code != exitDone {
			t.Errorf("tasklane %q printed %s (%v)", args, stdout, err)
		}
	}
}

func TestInvalidCommands_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.types("add", "Water the plants")
	plants := u.id("plants")
	for _, test := range []struct {
		want string
		code int
		args []string
	}{
		{"usage: tasklane COMMAND", exitUsage, nil},
		{`there is no command "frob"`, exitUsage, []string{"frob"}},
		{"which title? \"tasklane add TITLE\" adds a task", exitUsage, []string{"add"}},
		{"flag provided but not defined: -frob; \"tasklane add -h\" shows the flags", exitUsage, []string{"add", "x", "-frob"}},
		{`"someday" is not a date`, exitUsage, []string{"add", "x", "-due", "someday"}},
		{`"today 25:00" is not a date`, exitUsage, []string{"list", "-before", "today 25:00"}},
		{"priority must be one of none, low,", exitUsage, []string{"add", "x", "-priority", "hih"}},
		{"title must have at most 500 characters", exitUsage, []string{"add", strings.Repeat("x", 501)}},
		{"which task?", exitUsage, []string{"done"}},
		{"is too short for an id", exitUsage, []string{"done", "abc"}},
		{"there is no task", exitNotFound, []string{"done", plants, "nope1234"}},
		{"you have no such task", exitNotFound, []string{"show", "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"}},
		{"what should change?", exitUsage, []string{"edit", plants, "-json"}},
		{"one task at a time", exitUsage, []string{"edit", plants, plants, "-due", "today"}},
		{"takes no arguments", exitUsage, []string{"watch", plants}},
	} {
		u.fails(test.code, test.want, test.args...)
	}
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Water the plants\n", "list") // unchanged
}

func TestInvalidKey_IsNamed(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	delete(u.env, "TASKLANE_TOKEN")
	u.env["TASKLANE_KEY"] = "two words"
	u.fails(exitUsage, "TASKLANE_AUTH_URL or TASKLANE_KEY: the API key", "list")
}

func TestPick_MatchesTheEndOfAnID(t *testing.T) {
	t.Parallel()
	tasks := []taskapi.Task{{ID: "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"}, {ID: "019ac2f4-7b3c-7c1e-9a55-0d6f2b8f4c11"}}
	if task, err := pick(tasks, "2b8f4c11"); err != nil || task.ID != tasks[1].ID {
		t.Errorf("got %v, %v", task, err)
	}
	if _, err := pick(tasks, "4c11"); err == nil || err.Error() != `"4c11" is the end of 2 ids; "tasklane list -json" shows the full ids` {
		t.Errorf("got %v", err)
	}
}

func TestHelp_NeedsNoSignIn(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.env = nil // needs no sign-in
	for _, args := range [][]string{{"help"}, {"-h"}} {
		if stdout, _, code := u.types(args...); code != exitDone || !strings.Contains(stdout, "TASKLANE_PASSWORD") {
			t.Errorf("tasklane %q printed %s", args, stdout)
		}
	}
	for _, c := range commands {
		stdout, _, code := u.types(c.name, "-h")
		if code != exitDone || !strings.HasPrefix(stdout, "usage: tasklane "+c.name) || !strings.Contains(stdout, "-json") {
			t.Errorf("tasklane %s -h printed %s", c.name, stdout)
		}
	}
}

func TestServiceErrors(t *testing.T) {
	t.Parallel()
	t.Run("the service cannot be reached", func(t *testing.T) {
		t.Parallel()
		u := newUser(t)
		u.server.Inject(sdktest.Fault{Operation: "createTask", Cut: sdktest.CutBefore})
		u.fails(exitUnreachable, "It may still have taken effect", "add", "x")
		u.server.Inject(sdktest.Fault{Cut: sdktest.CutBefore})
		u.fails(exitUnreachable, "cannot reach the task service at "+u.server.URL, "list")
	})
	t.Run("a short outage is retried", func(t *testing.T) {
		t.Parallel()
		u := newUser(t)
		u.server.Inject(sdktest.Fault{Code: taskapi.CodeUnavailable, Times: 2})
		stdout, stderr, code := u.types("add", "x")
		if code != exitDone || !strings.HasPrefix(stdout, "added") || stderr != outage+"\n" {
			t.Errorf("got %s%s(exit code %d)", stdout, stderr, code)
		}
	})
	t.Run("the service fails", func(t *testing.T) {
		t.Parallel()
		u := newUser(t)
		u.server.Inject(sdktest.Fault{Code: taskapi.CodeInternal})
		u.fails(exitFailed, "The server logged it as request", "list")
	})
	t.Run("another server responds", func(t *testing.T) {
		t.Parallel()
		u := newUser(t)
		other := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(other.Close)
		u.env["TASKLANE_URL"] = other.URL
		u.fails(exitFailed, "the response is not from the task service", "list")
	})
	t.Run("no URL", func(t *testing.T) {
		t.Parallel()
		u := newUser(t)
		u.env["TASKLANE_URL"] = "localhost"
		u.fails(exitUsage, "TASKLANE_URL: the base URL must start with http://", "list")
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		u := newUser(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if code := u.program(io.Discard, io.Discard).run(ctx, []string{"list"}); code != exitInterrupted {
			t.Errorf("exit code %d", code)
		}
	})
}

func TestWatch_PrintsChangesAndOutages(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.server.Inject(sdktest.Fault{Operation: "watchChanges", Code: taskapi.CodeUnavailable, Times: 2})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout, stdoutWriter := io.Pipe()
	stderr, stderrWriter := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- u.program(stdoutWriter, stderrWriter).run(ctx, []string{"watch"})
		_ = stdoutWriter.Close()
		_ = stderrWriter.Close()
	}()
	readLine := func(from *io.PipeReader) string {
		t.Helper()
		var text []byte
		for one := make([]byte, 1); !bytes.HasSuffix(text, []byte("\n")); text = append(text, one...) {
			if _, err := from.Read(one); err != nil {
				t.Fatalf("watch ended after %q", text)
			}
		}
		return ids.ReplaceAllString(string(text), "ID")
	}
	for _, want := range []string{outage, "Watching. Press Ctrl-C to stop."} {
		if got := readLine(stderr); got != want+"\n" {
			t.Errorf("got %q, want %q", got, want)
		}
	}

	client := u.server.Client(t, "ada")
	// The escape sequence would clear the screen.
	task, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water\x1b[2J the plants"})
	if err != nil {
		t.Fatal(err)
	}
	if got := readLine(stdout); got != "12:00:00  added    ID  Water [2J the plants\n" {
		t.Errorf("got %q", got)
	}
	u.server.CutStreams()
	for _, want := range []string{outage, "tasklane: connected again"} {
		if got := readLine(stderr); got != want+"\n" {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, err := client.UpdateTask(t.Context(), task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}); err != nil {
		t.Fatal(err)
	}
	if got := readLine(stdout); got != "12:00:00  done     ID  [x] Water [2J the plants\n" {
		t.Errorf("got %q", got)
	}
	if _, err := client.DeleteTask(t.Context(), task.ID); err != nil {
		t.Fatal(err)
	}
	if got := readLine(stdout); got != "12:00:00  deleted  ID  [x] Water [2J the plants\n" {
		t.Errorf("got %q", got)
	}
	if _, err := client.EraseTask(t.Context(), task.ID); err != nil {
		t.Fatal(err)
	}
	if got := readLine(stdout); got != "12:00:00  erased   ID\n" {
		t.Errorf("got %q", got)
	}
	cancel()
	if got := <-code; got != exitDone {
		t.Errorf("exit code %d after Ctrl-C", got)
	}
}

// betterAuth is a fake Better Auth server whose only user is Ada.
func betterAuth(t *testing.T, tasks *sdktest.Server) (url string, signIns *atomic.Int32) {
	t.Helper()
	signIns = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/auth/sign-in/email":
			var body struct{ Email, Password string }
			if json.NewDecoder(r.Body).Decode(&body) != nil || body.Password != "hunter2" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			signIns.Add(1)
			http.SetCookie(w, &http.Cookie{Name: "better-auth.session_token", Value: "ada"})
		case "/api/auth/get-session":
			w.Header().Set("Set-Auth-Jwt", tasks.Token("ada"))
		}
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	return server.URL, signIns
}

func TestChangesOfUnknownKindsAreIgnored(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &session{program: newUser(t).program(&out, io.Discard)}
	change := taskapi.Change{Seq: 1, Kind: "plan", ID: "p", Data: json.RawMessage(`{"steps":[]}`)}
	if err := s.printChange(change); err != nil || out.Len() > 0 {
		t.Errorf("printed %q, %v", &out, err)
	}
	s.json = true
	if err := s.printChange(change); err != nil || !strings.Contains(out.String(), `"kind":"plan"`) {
		t.Errorf("printed %q as JSON, %v", &out, err)
	}
}

func TestPasswordSignIn_IsCachedForEachUser(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	url, signIns := betterAuth(t, u.server)
	u.env["TASKLANE_AUTH_URL"] = url
	delete(u.env, "TASKLANE_TOKEN")
	u.fails(exitSignIn, "run \"tasklane login\"", "list")
	u.env["TASKLANE_PASSWORD"] = "hunter1"
	u.fails(exitSignIn, "TASKLANE_EMAIL is not set", "list")
	u.env["TASKLANE_EMAIL"] = "ada@example.com"
	u.fails(exitSignIn, "does not accept TASKLANE_EMAIL and TASKLANE_PASSWORD", "list")
	u.env["TASKLANE_PASSWORD"] = "hunter2"
	for range 2 {
		u.sees("[]\n", "list", "-json")
	}
	if got := signIns.Load(); got != 1 {
		t.Errorf("signed in %d times for two commands", got)
	}

	u.server.Advance(2 * time.Hour) // the cached token expires
	for range 2 {
		u.sees("[]\n", "list", "-json")
	}
	if got := signIns.Load(); got != 2 {
		t.Errorf("signed in %d times, want once more", got)
	}

	cached, err := filepath.Glob(filepath.Join(u.cache, "tasklane", "*"))
	if err != nil || len(cached) != 1 {
		t.Fatalf("the cached tokens are %v, %v", cached, err)
	}
	if info, err := os.Stat(cached[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the token: %v, %v", info.Mode(), err)
	}
	u.env["TASKLANE_EMAIL"] = "eve@example.com" // does not share Ada's token
	u.env["TASKLANE_PASSWORD"] = "hunter1"
	u.fails(exitSignIn, "does not accept TASKLANE_EMAIL and TASKLANE_PASSWORD", "list")

	u.env["TASKLANE_AUTH_URL"] = u.server.URL
	u.fails(exitSignIn, "cannot sign in at "+u.server.URL, "list")
	u.env["TASKLANE_AUTH_URL"] = "http://127.0.0.1:1"
	u.fails(exitUnreachable, "cannot sign in at http://127.0.0.1:1 (TASKLANE_AUTH_URL): sign in: dial", "list")
	u.env["TASKLANE_TOKEN"] = u.server.TokenFor("ada", -time.Minute)
	u.fails(exitSignIn, "TASKLANE_TOKEN has expired", "list")
	u.env["TASKLANE_TOKEN"] = "x"
	u.fails(exitSignIn, "does not accept the token", "list")
}
