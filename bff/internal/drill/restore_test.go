//go:build drill

// Package drill_test runs the commands of OPERATIONS.md, on servers that are set up as
// it says.
package drill_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/repotest"
	"github.com/tasklane/tasklane/services/stack/roles"
)

const public = "http://localhost:3000"

// site is PostgreSQL with its roles, Better Auth and the task service, on one machine.
type site struct {
	t        *testing.T
	root     string
	server   *postgres.Server
	password roles.Passwords
	app      string // the runtime role's password
	secret   string
	ports    []int // of auth, the task service, and its operations server
	programs string

	mu  sync.Mutex
	log strings.Builder
}

func TestRestore_BringsBackEveryUser(t *testing.T) {
	root, programs := prepare(t)
	first := newSite(t, root, programs)
	first.create()
	first.start()
	ada, eve := first.signUp("ada@example.com"), first.signUp("eve@example.com")
	for _, u := range []user{ada, eve} {
		first.fill(u)
	}
	adasExport, evesExport := first.sh("tasks export-user "+ada.id), first.sh("tasks export-user "+eve.id)
	if strings.Count(adasExport, "\n") != 4 { // three tasks and a list
		t.Fatalf("Ada has\n%s", adasExport)
	}
	dump := filepath.Join(t.TempDir(), "tasklane.dump")
	withDump := func(commands string) string { return strings.ReplaceAll(commands, "tasklane.dump", dump) }
	first.sh(withDump(block(t, root, "backup")))

	// The second server has other passwords and the same secret.
	second := newSite(t, root, programs)
	second.secret = first.secret
	begin := time.Now()
	// Better Auth can start once its schema is restored, and doctor needs it.
	restore, checks, found := strings.Cut(withDump(block(t, root, "restore")), "tasks doctor")
	if !found {
		t.Fatal("the commands of the restore do not run doctor")
	}
	second.sh(restore + ")")
	// No server has a connection, which would keep the database from being dropped.
	t.Run("an incomplete dump changes nothing", func(t *testing.T) {
		whole, err := os.ReadFile(dump)
		if err != nil {
			t.Fatal(err)
		}
		short := filepath.Join(t.TempDir(), "tasklane.dump")
		for _, missing := range []int{1, len(whole) / 20, len(whole) / 2, len(whole)} {
			if err := os.WriteFile(short, whole[:len(whole)-missing], 0o600); err != nil {
				t.Fatal(err)
			}
			// As pasted into a terminal, where a command that fails does not end the shell.
			second.sh("set +e\n" + strings.ReplaceAll(block(t, root, "restore"), "tasklane.dump", short) + "[ $? != 0 ]")
			if diff := cmp.Diff(adasExport, second.sh("tasks export-user "+ada.id)); diff != "" {
				t.Errorf("after a dump without %d of %d bytes, a user's resources (-before +after):\n%s", missing, len(whole), diff)
			}
		}
	})
	second.startAuth()
	out := second.sh("(tasks doctor" + checks)
	if strings.Contains(out, "FAIL") {
		t.Errorf("doctor printed\n%s", out)
	}
	if !regexp.MustCompile(`\n +2 \| +6\n`).MatchString(out) {
		t.Errorf("the restore ends with\n%s\nnot with the number of users and tasks", out)
	}
	second.startTasks()
	t.Logf("restored and serving after %s", time.Since(begin).Round(time.Second))
	for id, want := range map[string]string{ada.id: adasExport, eve.id: evesExport} {
		if diff := cmp.Diff(want, second.sh("tasks export-user "+id)); diff != "" {
			t.Errorf("a user's resources (-backup +restored):\n%s", diff)
		}
	}
	if again := second.signIn("ada@example.com"); again.id != ada.id {
		t.Errorf("Ada is %s, was %s", again.id, ada.id)
	}

	t.Run("the commands find the user of a log line, and the lines of a user", func(t *testing.T) {
		match := regexp.MustCompile(`"operation":"createTask","user":"([0-9a-f]+)"`).FindStringSubmatch(first.logged())
		if match == nil {
			t.Fatalf("no log line has a user:\n%s", first.logged())
		}
		if got, want := second.sh("LOGGED="+match[1]+"\n"+block(t, root, "user-of-line")), ada.id+"|ada@example.com\n"; got != want {
			t.Errorf("the line is of %q, want %q", got, want)
		}
		if got := second.sh("EMAIL=Ada@Example.com\n" + block(t, root, "id-of-email") + "echo $ID"); got != ada.id+"\n" {
			t.Errorf("Ada's id is %q, want %q", got, ada.id)
		}
		if got := second.sh("EMAIL=Ada@Example.com\n" + block(t, root, "line-of-user")); got != match[1]+"\n" {
			t.Errorf("Ada's lines have %q, want %q", got, match[1])
		}
	})
	t.Run("the filter counts the lines of each user", func(t *testing.T) {
		logFile := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(logFile, []byte(first.logged()), 0o600); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(second.sh("cat "+logFile+" | "+block(t, root, "who-sends-most"))), "\n")
		// Each user creates three tasks and a list, and deletes a task.
		if len(lines) != 2 || !strings.HasPrefix(strings.TrimSpace(lines[0]), "5 ") || !strings.HasPrefix(strings.TrimSpace(lines[1]), "5 ") {
			t.Errorf("the users are %q", lines)
		}
	})
	t.Run("the list of the heaviest users has both", func(t *testing.T) {
		if out := second.sh(block(t, root, "who-uses-most")); !strings.Contains(out, ada.id) || !strings.Contains(out, eve.id) {
			t.Errorf("the list is\n%s", out)
		}
	})
	t.Run("an erased user is gone", func(t *testing.T) {
		export := filepath.Join(t.TempDir(), "export.jsonl")
		second.sh("ID=" + ada.id + "\n" + strings.ReplaceAll(block(t, root, "export"), "export.jsonl", export) + block(t, root, "erase"))
		if copied, err := os.ReadFile(export); err != nil || string(copied) != adasExport {
			t.Errorf("the export is %q, %v", copied, err)
		}
		if left := second.sh("tasks export-user " + ada.id); left != "" {
			t.Errorf("resources are left:\n%s", left)
		}
		if got := second.sh("tasks export-user " + eve.id); got != evesExport {
			t.Errorf("Eve has\n%s", got)
		}
		if status, _ := second.post("/api/auth/sign-in/email", credentials("ada@example.com")); status != http.StatusUnauthorized {
			t.Errorf("Ada's sign-in: status %d", status)
		}
	})
	t.Run("the account of a user who stored nothing stays until the id was checked", func(t *testing.T) {
		mia := second.signUp("mia@example.com")
		// A terminal has no -e, so the block itself must stop.
		if got := second.sh("set +e\nID=" + mia.id + "\n" + block(t, root, "erase") + "echo $?"); !strings.HasSuffix(got, "1\n") {
			t.Errorf("the block printed %q", got)
		}
		if got := second.sh("EMAIL=mia@example.com\n" + block(t, root, "id-of-email") + "echo $ID"); got != mia.id+"\n" {
			t.Errorf("the account's id is %q, want %q", got, mia.id)
		}
	})
	t.Run("a user who was erased by mistake can write again", func(t *testing.T) {
		eve := second.signIn("eve@example.com")
		create := func() error {
			_, err := second.client(eve).CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Again"})
			return err
		}
		second.sh("tasks erase-user " + eve.id)
		if err := create(); !errors.Is(err, sdk.ErrAccountDeleted) {
			t.Errorf("a write of the erased user: %v", err)
		}
		second.sh("ID=" + eve.id + "\n" + block(t, root, "allow-writes"))
		if err := create(); err != nil {
			t.Errorf("a write after the block: %v", err)
		}
	})
}

// prepare builds the task service, puts it and PostgreSQL's client programs on PATH, and
// returns the top of the repository and the directory of the service.
func prepare(t *testing.T) (root, programs string) {
	t.Helper()
	bin := clients(t)
	root = repotest.Root(t)
	programs = t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", programs+"/", "./tasks/cmd/tasks")
	build.Dir = filepath.Join(root, "services")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("PATH", strings.Join([]string{bin, programs, os.Getenv("PATH")}, ":"))
	return root, programs
}

// create creates the roles and the tables.
func (s *site) create() {
	s.t.Helper()
	if err := roles.Create(s.t.Context(), s.server.AdminURL(postgres.Superuser), s.password); err != nil {
		s.t.Fatal(err)
	}
	s.sh("tasks migrate")
}

// block returns the commands of the block of OPERATIONS.md that follows a comment with this
// name.
func block(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "OPERATIONS.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- test: "+name+" -->\n```sh\n")
	commands, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatalf("OPERATIONS.md has no block %s", name)
	}
	return commands
}

func newSite(t *testing.T, root, programs string) *site {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Options{DataDir: t.TempDir(), Password: rand.Text()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	ports, err := port.Free(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	return &site{
		t: t, root: root, programs: programs, server: server, ports: ports,
		password: roles.Passwords{Owner: rand.Text(), Auth: rand.Text()}, app: rand.Text(), secret: rand.Text() + rand.Text(),
	}
}

// environment returns the environment of the programs and of OPERATIONS.md's commands.
func (s *site) environment() []string {
	admin, err := url.Parse(s.server.AdminURL(postgres.Superuser))
	if err != nil {
		s.t.Fatal(err)
	}
	admin.Path, admin.RawQuery = "", ""
	return append(os.Environ(),
		"SERVER_URL="+admin.String(), "ADMIN_URL="+admin.String()+"/"+roles.Database,
		"OWNER_PASSWORD="+s.password.Owner, "AUTH_PASSWORD="+s.password.Auth,
		"DATABASE_URL="+s.server.URL(roles.App, s.app, roles.Database),
		"DATABASE_URL_UNPOOLED="+s.server.URL(roles.Owner, s.password.Owner, roles.Database),
		fmt.Sprintf("BETTER_AUTH_URL=http://127.0.0.1:%d", s.ports[0]), "JWT_ISSUER="+public,
		"HOST=127.0.0.1", fmt.Sprintf("PORT=%d", s.ports[1]), fmt.Sprintf("OPS_PORT=%d", s.ports[2]),
	)
}

// sh runs commands at the top of the repository, and returns what they print.
func (s *site) sh(commands string) string {
	s.t.Helper()
	shell := exec.CommandContext(s.t.Context(), "sh", "-eu", "-c", commands) //nolint:gosec // of OPERATIONS.md
	shell.Dir, shell.Env = s.root, s.environment()
	var out, errs bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &errs
	if err := shell.Run(); err != nil {
		s.t.Fatalf("%v:\n%s\n%s%s", err, commands, out.String(), errs.String())
	}
	return out.String()
}

func (s *site) start() { s.startAuth(); s.startTasks() }

func (s *site) startAuth() (stop func()) {
	s.t.Helper()
	auth := exec.Command("node", "server.mjs")
	auth.Dir = filepath.Join(s.root, "services", "auth")
	auth.Env = append(s.environment(),
		"DATABASE_URL="+s.server.URL(roles.Auth, s.password.Auth, roles.Database), "BETTER_AUTH_SECRET="+s.secret,
		"BETTER_AUTH_URL="+public, fmt.Sprintf("PORT=%d", s.ports[0]))
	return s.await(auth, fmt.Sprintf("http://127.0.0.1:%d/readyz", s.ports[0]))
}

func (s *site) startTasks() (stop func()) {
	s.t.Helper()
	tasks := exec.Command(filepath.Join(s.programs, "tasks"), "serve") //nolint:gosec // ours
	tasks.Env = s.environment()
	return s.await(tasks, fmt.Sprintf("http://127.0.0.1:%d/readyz", s.ports[2]))
}

// await starts a server and waits until it is ready. Call stop to stop it before the test
// ends.
func (s *site) await(command *exec.Cmd, ready string) (stop func()) {
	s.t.Helper()
	process, err := child.Start(command, syscall.SIGKILL, s.record)
	if err != nil {
		s.t.Fatal(err)
	}
	stop = func() { process.Stop(child.Step{Signal: syscall.SIGTERM, Wait: 10 * time.Second}) }
	s.t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if err := process.AwaitReady(ctx, command.Path, ready, nil, 50*time.Millisecond); err != nil {
		s.t.Fatalf("%v\n%s", err, s.logged())
	}
	return stop
}

func (s *site) record(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.WriteString(line + "\n")
}

func (s *site) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// user is a signed-in user.
type user struct{ id, jwt string }

func credentials(email string) map[string]string {
	return map[string]string{"name": "A User", "email": email, "password": "correct horse battery"}
}

func (s *site) signUp(email string) user {
	s.t.Helper()
	return s.authenticate("/api/auth/sign-up/email", email)
}

func (s *site) signIn(email string) user {
	s.t.Helper()
	return s.authenticate("/api/auth/sign-in/email", email)
}

// authenticate sends a user's credentials and gets the session.
func (s *site) authenticate(path, email string) user {
	s.t.Helper()
	status, response := s.post(path, credentials(email))
	if status != http.StatusOK {
		s.t.Fatalf("%s: %d", path, status)
	}
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/api/auth/get-session", s.ports[0]), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, cookie := range response.Cookies() {
		request.AddCookie(cookie)
	}
	session, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer session.Body.Close()
	var body struct{ User struct{ ID string } }
	if err := json.NewDecoder(session.Body).Decode(&body); err != nil {
		s.t.Fatal(err)
	}
	return user{body.User.ID, session.Header.Get("Set-Auth-Jwt")}
}

func (s *site) post(path string, body any) (int, *http.Response) {
	s.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d%s", s.ports[0], path), "application/json", bytes.NewReader(encoded)) //nolint:noctx // of a test
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response
}

// client returns a client of the task service for a user.
func (s *site) client(u user) *sdk.Client {
	s.t.Helper()
	client, err := sdk.New(fmt.Sprintf("http://127.0.0.1:%d", s.ports[1]), sdk.WithTokenSource(sdk.StaticToken(u.jwt)))
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// fill creates two tasks, a deleted task and a list for a user.
func (s *site) fill(u user) {
	s.t.Helper()
	client, ctx := s.client(u), s.t.Context()
	for _, title := range []string{"Water the plants", "Łódź — 🎉 “quotes” and 'apostrophes'", "Deleted"} {
		task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: title, Description: "of " + u.id, Tags: []string{"home"}})
		if err == nil && title == "Deleted" {
			_, err = client.DeleteTask(ctx, task.ID)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := client.CreateList(ctx, taskapi.CreateListRequest{Name: "Garden"}); err != nil {
		s.t.Fatal(err)
	}
}
