package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/checkout"
	"github.com/tasklane/tasklane/services/stack/port"
	"github.com/tasklane/tasklane/services/stack/postgres"
)

// waitTimeout bounds every wait of these tests; a passing one waits far less.
const waitTimeout = 60 * time.Second

// bin is the directory of the programs. They are built for these tests, because
// those of the last `make` could be old.
var bin string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tasklane-stack-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	root, err := checkout.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", bin+"/", "./services/stack/cmd/stack", "./services/tasks/cmd/tasks", "./bff/cmd/bff")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// settings is the environment of one stack.
type settings map[string]string

// newSettings gives a stack free ports and a data directory of its own.
func newSettings(t *testing.T) settings {
	t.Helper()
	variables := []string{"PORT", "TASKS_PORT", "TASKS_OPS_PORT", "BFF_OPS_PORT", "AUTH_PORT", "POSTGRES_PORT", "MAIL_PORT"}
	ports, err := port.Free(t.Context(), len(variables))
	if err != nil {
		t.Fatal(err)
	}
	s := settings{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	for i, variable := range variables {
		s[variable] = strconv.Itoa(ports[i])
	}
	return s
}

func (s settings) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !strings.HasPrefix(name, "DATABASE_URL") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	for name, value := range s {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// A stack is a running `stack up`.
type stack struct {
	settings
	cmd    *exec.Cmd
	stderr *log
	stdout chan string // lines, closed at the end
	pids   []int       // its processes when it was ready
}

// up starts a stack and waits for its ready line.
func up(t *testing.T, s settings) *stack {
	t.Helper()
	// If this process dies, so does the stack.
	return start(t, s, s.command(filepath.Join(bin, "stack"), "up", "--with-parent"))
}

func start(t *testing.T, s settings, cmd *exec.Cmd) *stack {
	t.Helper()
	r := &stack{settings: s, cmd: cmd, stderr: &log{}, stdout: make(chan string, 10)}
	cmd.Stderr = r.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
		}
		if t.Failed() {
			t.Logf("log of the stack:\n%s", r.stderr)
		}
	})
	go func() {
		defer close(r.stdout)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			r.stdout <- scanner.Text()
		}
	}()
	select {
	case line := <-r.stdout:
		if want := "ready http://localhost:" + s["PORT"]; line != want {
			t.Fatalf("first line = %q, want %q", line, want)
		}
	case <-time.After(waitTimeout):
		t.Fatal("the stack was not ready in time")
	}
	r.pids = descendants(t, cmd.Process.Pid)
	return r
}

// signal sends a signal to the launcher and returns its exit code, once all of its
// processes have ended.
func (s *stack) signal(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return s.wait(t)
}

// wait waits until the launcher and all of its processes have ended, and returns its exit
// code.
func (s *stack) wait(t *testing.T) int {
	t.Helper()
	for line := range s.stdout {
		t.Errorf("another line on standard output: %q", line)
	}
	err := s.cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	s.wantNoProcess(t)
	return s.cmd.ProcessState.ExitCode()
}

// wantNoProcess waits until all processes of the stack have ended.
func (s *stack) wantNoProcess(t *testing.T) {
	t.Helper()
	if len(s.pids) < 3 {
		t.Fatalf("the stack had %d processes, want auth, tasks, bff and more", len(s.pids))
	}
	deadline := time.Now().Add(waitTimeout)
	for _, pid := range s.pids {
		for running(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d is still there", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestEndsCompletelyAndKeepsTheData ends a stack in every way, on one data directory.
func TestEndsCompletelyAndKeepsTheData(t *testing.T) {
	t.Parallel()
	s := newSettings(t)
	r := up(t, s)
	ada := newVisitor(t, s)
	ada.signUp(t)
	ada.addTask(t, "Water the plants")
	info, err := os.Stat(filepath.Join(s["DATA_DIR"], "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of the secrets = %o, want 600", got)
	}

	for _, end := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 0}, {syscall.SIGTERM, 0}, {syscall.SIGKILL, -1}} {
		if code := r.signal(t, end.signal); code != end.code {
			t.Errorf("exit code after %s = %d, want %d", end.signal, code, end.code)
		}
		r = up(t, s)
		ada.wantTasks(t, "Water the plants")
	}
	r.signal(t, syscall.SIGTERM)

	// The shell stands in for make, which can be killed without a signal to its children.
	r = start(t, s, s.command("sh", "-c", `"$0" up --with-parent; exit`, filepath.Join(bin, "stack")))
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.wait(t)

	r = up(t, s)
	ada = newVisitor(t, s)
	ada.signIn(t)
	ada.wantTasks(t, "Water the plants")
	for _, pid := range r.pids {
		if strings.HasSuffix(commandOf(t, pid), "tasks serve") {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code := r.wait(t); code != 1 {
		t.Errorf("exit code after a child's death = %d, want 1", code)
	}
	if out := r.stderr.String(); !strings.Contains(out, "tasks ended: signal: killed; its last lines:") {
		t.Errorf("the log does not say which process ended:\n%s", out)
	}
}

func TestUsesAnExistingDatabase(t *testing.T) {
	t.Parallel()
	server, err := postgres.Start(t.Context(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	exec := func(url, sql string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(server.AdminURL("postgres"), "CREATE ROLE somebody LOGIN CREATEROLE")
	exec(server.AdminURL("postgres"), "CREATE DATABASE theirs OWNER somebody")

	s := newSettings(t)
	s["DATABASE_URL"] = server.URL("runtime", "runtime-password", "theirs")
	s["DATABASE_URL_UNPOOLED"] = server.URL("somebody", "", "theirs")
	r := up(t, s)
	newVisitor(t, s).signUp(t)
	if _, err := os.Stat(filepath.Join(s["DATA_DIR"], "postgres")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the stack made a data directory of its own: %v", err)
	}

	// While it runs, its directory is locked.
	second := newSettings(t)
	second["DATA_DIR"] = s["DATA_DIR"]
	if out := fails(t, second, "up"); !strings.Contains(out, "another stack is running") {
		t.Errorf("a second stack on the same data says:\n%s", out)
	}
	if out := fails(t, second, "clean-data"); !strings.Contains(out, "another stack is running") {
		t.Errorf("removing the data of a running stack says:\n%s", out)
	}
	if code := r.signal(t, syscall.SIGHUP); code != 0 {
		t.Errorf("exit code after a hang-up = %d, want 0", code)
	}
	exec(server.URL("somebody", "", "theirs"), `SELECT 1 / count(*) FROM auth."user"`)
}

// TestServersSurviveMalformedRequests expects that no request ends a server, and that no
// idle connection delays a stop.
func TestServersSurviveMalformedRequests(t *testing.T) {
	t.Parallel()
	s := newSettings(t)
	r := up(t, s)
	for _, tt := range []struct {
		name, port, request string
		want                int // 0: any status
	}{
		{"TRACE through the bff", "PORT", "TRACE /api/auth/ok HTTP/1.1\r\nHost: localhost\r\n", 0},
		{"TRACE", "AUTH_PORT", "TRACE /api/auth/ok HTTP/1.1\r\nHost: localhost\r\n", http.StatusMethodNotAllowed},
		{"an unknown method", "AUTH_PORT", "PROPFIND /api/auth/ok HTTP/1.1\r\nHost: localhost\r\n", http.StatusMethodNotAllowed},
		{"an incomplete IPv6 Host", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost: [\r\n", http.StatusBadRequest},
		{"two words as Host", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost: a b\r\n", http.StatusBadRequest},
		{"an empty Host", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost:\r\n", http.StatusBadRequest},
		{"a user in Host", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost: ada@localhost\r\n", http.StatusBadRequest},
		{"a path in Host", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost: localhost/x\r\n", http.StatusBadRequest},
		{"IPv6 in Host", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost: [::1]:3001\r\n", http.StatusOK},
		{"an invalid X-Forwarded-Proto", "AUTH_PORT", "GET /api/auth/ok HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: [\r\n", http.StatusOK},
		{"an invalid path", "AUTH_PORT", "GET /api/auth//[ HTTP/1.1\r\nHost: localhost\r\n", http.StatusNotFound},
	} {
		status := r.sendRaw(t, tt.port, tt.request)
		if tt.want != 0 && status != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, status, tt.want)
		}
		if got := r.sendRaw(t, "AUTH_PORT", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"); got != http.StatusOK {
			t.Fatalf("health of Better Auth after %s: status %d", tt.name, got)
		}
	}

	for _, name := range []string{"PORT", "BFF_OPS_PORT", "TASKS_PORT", "TASKS_OPS_PORT", "AUTH_PORT"} {
		r.dial(t, name) // an idle connection
	}
	if code := r.signal(t, syscall.SIGINT); code != 0 {
		t.Errorf("exit code with idle connections = %d, want 0", code)
	}
}

func TestCleanData_RemovesOnlyTheStacksFiles(t *testing.T) {
	t.Parallel()
	s := settings{"DATA_DIR": t.TempDir()}
	for _, name := range []string{"postgres/18/PG_VERSION", "secrets.json", "lock", "not-ours"} {
		path := filepath.Join(s["DATA_DIR"], name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := s.command(filepath.Join(bin, "stack"), "clean-data").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(s["DATA_DIR"])
	if err != nil || len(entries) != 1 || entries[0].Name() != "not-ours" {
		t.Errorf("left: %v, %v; want only not-ours", entries, err)
	}
}

func TestReportsATakenPort(t *testing.T) {
	t.Parallel()
	s := newSettings(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", s["TASKS_PORT"]))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	out := fails(t, s, "up")
	if want := fmt.Sprintf("port %s is taken: free it, or choose another with TASKS_PORT", s["TASKS_PORT"]); !strings.Contains(out, want) {
		t.Errorf("output lacks %q:\n%s", want, out)
	}
	if strings.Contains(out, "starting") {
		t.Errorf("processes were started before the check of the ports:\n%s", out)
	}
}

func TestReportsAllInvalidSettings(t *testing.T) {
	t.Parallel()
	s := newSettings(t)
	s["PORT"], s["BFF_OPS_PORT"], s["AUTH_PORT"], s["TASKS_PORT"] = "0", "web", "7000", "7000"
	s["DATABASE_URL"], s["RATE_LIMIT_ENABLED"] = "mysql://app:database-password@localhost/x", "no"
	out := fails(t, s, "up")
	const want = `stack: invalid environment:
  PORT must be a port from 1 to 65535
  BFF_OPS_PORT must be a port from 1 to 65535
  DATABASE_URL must be like postgres://user:password@host:5432/database
  RATE_LIMIT_ENABLED must be true or false
  TASKS_PORT and AUTH_PORT are both 7000
`
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

// fails runs a command that must fail and returns its output.
func fails(t *testing.T, s settings, command string) string {
	t.Helper()
	out, err := s.command(filepath.Join(bin, "stack"), command).CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("stack %s ended with %v, want exit code 1", command, err)
	}
	return string(out)
}

// dial connects to the server on the port that the variable names.
func (s *stack) dial(t *testing.T, variable string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", s.settings[variable]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// sendRaw sends a request's head unchanged and returns the status of the response.
func (s *stack) sendRaw(t *testing.T, variable, head string) int {
	t.Helper()
	conn := s.dial(t, variable)
	if err := conn.SetDeadline(time.Now().Add(waitTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, head+"Connection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
