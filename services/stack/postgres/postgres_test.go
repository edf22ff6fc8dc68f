package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/repotest"
)

const password = "it's a \"password\""

// TestStartsOnExistingData starts a server on a data directory in every state in which a
// killed launcher may leave it.
func TestStartsOnExistingData(t *testing.T) {
	t.Parallel()
	opts := postgres.Options{DataDir: t.TempDir(), Password: password, Settings: []string{"max_connections=17"}}
	server := start(t, opts)
	query(t, server, "CREATE TABLE kept AS SELECT 42 AS n")
	if got := query(t, server, "SELECT current_setting('max_connections')::int"); got != 17 {
		t.Errorf("max_connections = %d, want 17", got)
	}

	conn, err := pgx.Connect(t.Context(), server.URL(postgres.Superuser, "wrong", "postgres"))
	if err == nil {
		conn.Close(t.Context())
		t.Error("connected with a wrong password")
	}
	dirs, err := filepath.Glob(filepath.Join(opts.DataDir, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("data directories: %v, %v; want one, named for the major version", dirs, err)
	}
	dir := dirs[0]
	if _, err := strconv.Atoi(filepath.Base(dir)); err != nil {
		t.Errorf("data directory %s is not named for the major version", dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("mode of the data directory = %o, want 700", got)
	}

	lockFile := filepath.Join(dir, "postmaster.pid")
	for _, previous := range []struct {
		name string
		end  func()
	}{
		{"a clean stop", func() { stop(t, server) }},
		{"a server that still runs", func() {}},
		{"a lock file with the id of another process", func() {
			text := read(t, lockFile)
			stop(t, server)
			_, rest, _ := strings.Cut(text, "\n")
			write(t, lockFile, strconv.Itoa(os.Getpid())+"\n"+rest)
		}},
		{"a lock file that a crash emptied", func() {
			stop(t, server)
			write(t, lockFile, "")
		}},
	} {
		previous.end()
		next := start(t, opts)
		if got := query(t, next, "SELECT n FROM kept"); got != 42 {
			t.Errorf("after %s: n = %d, want 42", previous.name, got)
		}
		select {
		case <-server.Process().Done():
		default:
			t.Errorf("after %s: the former server still runs", previous.name)
		}
		server = next
	}

	if err := postgres.StopLeftover(t.Context(), opts.DataDir); err != nil {
		t.Fatal(err)
	}
	<-server.Process().Done()
}

func TestTemporaryServerIsRemovedAndLogsNoValues(t *testing.T) {
	t.Parallel()
	var log []string // read once the server has stopped
	server := start(t, postgres.Options{Log: func(line string) { log = append(log, line) }})
	conn, err := pgx.Connect(t.Context(), server.AdminURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var dir string
	if err := conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}

	const address = "ada@example.com"
	_, err = conn.Exec(t.Context(), "CREATE TABLE people (email text UNIQUE); INSERT INTO people VALUES ('"+address+"')")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO people VALUES ($1)", address); err == nil {
		t.Error("a unique address was inserted twice")
	}

	// The open connection must not delay the stop.
	stop(t, server)
	lines := strings.Join(log, "\n")
	if !strings.Contains(lines, "unique constraint") || strings.Contains(lines, address) {
		t.Errorf("the log lacks the failure, or has the address:\n%s", lines)
	}
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data is still there: %v", err)
	}
}

func TestStart_Fails(t *testing.T) {
	t.Parallel()
	t.Run("data without a password", func(t *testing.T) {
		t.Parallel()
		fails(t, postgres.Options{DataDir: t.TempDir()}, "password")
	})
	t.Run("a taken port", func(t *testing.T) {
		t.Parallel()
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		fails(t, postgres.Options{Port: listener.Addr().(*net.TCPAddr).Port}, "already in use")
	})
	t.Run("data of a version that is not installed", func(t *testing.T) {
		t.Parallel()
		opts := postgres.Options{DataDir: t.TempDir(), Password: password}
		if err := os.Mkdir(filepath.Join(opts.DataDir, "99"), 0o700); err != nil {
			t.Fatal(err)
		}
		fails(t, opts, "PostgreSQL 99", "npm package in "+filepath.Join(repotest.Root(t), "services", "stack", "node_modules"), "initdb on PATH", "/usr/pgsql-*/bin")
	})
}

// TestStartsAfterAnInterruptedInitdb: initdb leaves an incomplete data directory under
// another name.
func TestStartsAfterAnInterruptedInitdb(t *testing.T) {
	t.Parallel()
	opts := postgres.Options{DataDir: t.TempDir(), Password: password}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() {
		_, err := postgres.Start(ctx, opts)
		stopped <- err
	}()
	for {
		half, err := filepath.Glob(filepath.Join(opts.DataDir, "*.new", "PG_VERSION"))
		if err != nil {
			t.Fatal(err)
		}
		if len(half) > 0 {
			break
		}
		select {
		case err := <-stopped:
			t.Fatalf("the start ended before it was interrupted: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-stopped; !errors.Is(err, context.Canceled) {
		t.Fatalf("error of the interrupted start = %v, want context.Canceled", err)
	}
	query(t, start(t, opts), "SELECT 1")
}

func TestPGBinDirIsRequired(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PG_BIN_DIR", dir)
	fails(t, postgres.Options{}, "PG_BIN_DIR "+dir)
}

func fails(t *testing.T, opts postgres.Options, words ...string) {
	t.Helper()
	server, err := postgres.Start(t.Context(), opts)
	if err == nil {
		stop(t, server)
		t.Fatal("the server started")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error lacks %q: %v", word, err)
		}
	}
}

// start starts a server that ends with the test.
func start(t *testing.T, opts postgres.Options) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *postgres.Server) {
	t.Helper()
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
}

// query runs a statement and returns the number that it selects, if any.
func query(t *testing.T, server *postgres.Server, sql string) (number int) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, server.AdminURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := conn.QueryRow(ctx, sql).Scan(&number); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return number
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
