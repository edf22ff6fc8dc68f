// Package pgtest gives tests a real PostgreSQL server.
//
// TEST_DATABASE_URL is the URL of an existing server, as a role that may create databases
// and roles. Without it, a temporary server is started for the test process. A test fails
// if there is no server.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/tasklane/tasklane/services/stack/postgres"
)

// One server serves all tests of the process, so it is package state.
var shared struct {
	sync.Mutex
	running bool // Main runs and will stop the server
	atExit  []func() error
	server  *postgres.Server
	err     error
}

// Main runs the tests, stops the server if one was started, and exits, also when
// the tests are interrupted; their databases then remain on an existing server.
// Every test package that calls [URL] has
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
func Main(m *testing.M) {
	shared.Lock()
	shared.running = true
	shared.Unlock()

	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		signal.Stop(interrupted) // a second one ends it at once
		os.Exit(max(finish(), 1))
	}()
	os.Exit(max(m.Run(), finish()))
}

// finish cleans up and returns the exit status.
func finish() (code int) {
	shared.Lock() // never unlocked: the process exits
	steps := shared.atExit
	if shared.server != nil {
		steps = append(steps, shared.server.Stop)
	}
	for _, f := range steps {
		if err := f(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			code = 1
		}
	}
	return code
}

// AtExit registers f to be called when all tests of the process are done, before the server
// stops.
func AtExit(f func() error) {
	shared.Lock()
	defer shared.Unlock()
	shared.atExit = append(shared.atExit, f)
}

// URL is the administrator's URL of the server. The server is shared: each test creates its
// own database and drops it.
func URL(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		return url
	}
	server, err := start()
	if err != nil {
		t.Fatalf("tests need a PostgreSQL server (run `make test` once to install it, or set TEST_DATABASE_URL): %v", err)
	}
	return server.AdminURL("postgres")
}

// NewServer starts a server for one test. Unlike the shared one, which accepts any
// password, it checks passwords.
func NewServer(t testing.TB) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Options{DataDir: t.TempDir(), Password: "superuser"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// start starts the shared server on the first call.
func start() (*postgres.Server, error) {
	shared.Lock()
	defer shared.Unlock()
	if !shared.running {
		return nil, fmt.Errorf("TestMain of the package must call pgtest.Main")
	}
	if shared.server == nil && shared.err == nil {
		// Not a test's context, because the server outlives the test that starts it.
		shared.server, shared.err = postgres.Start(context.Background(), postgres.Options{})
	}
	return shared.server, shared.err
}
