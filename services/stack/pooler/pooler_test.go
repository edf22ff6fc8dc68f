package pooler_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/stack/pooler"
)

// imitate is the variable with the version of the PgBouncer that this test binary imitates.
const imitate = "TEST_PGBOUNCER"

func TestMain(m *testing.M) {
	if version := os.Getenv(imitate); version != "" {
		if err := pgBouncer(version); err != nil {
			fmt.Fprintln(os.Stderr, "FATAL", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// pgBouncer prints its version, or listens as its settings say and ends with an error at the
// second connection.
func pgBouncer(version string) error {
	last := os.Args[len(os.Args)-1]
	if last == "--version" {
		fmt.Println("PgBouncer " + version)
		return nil
	}
	settings, err := os.ReadFile(last)
	if err != nil {
		return err
	}
	port := regexp.MustCompile(`(?m)^listen_port = (\d+)$`).FindSubmatch(settings)
	if port == nil {
		return fmt.Errorf("no port in\n%s", settings)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+string(port[1])) //nolint:noctx // ends with the process
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := listener.Accept(); err != nil {
			return err
		}
	}
	return fmt.Errorf("bad client state")
}

// install puts an imitation of PgBouncer on PATH.
func install(t *testing.T, version string) {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=%s exec %s \"$@\"\n", imitate, version, os.Args[0])
	if err := os.WriteFile(filepath.Join(dir, "pgbouncer"), []byte(script), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestRun_EndsWithPgBouncer(t *testing.T) {
	install(t, "1.20.0")
	err := pooler.Run(t.Context(), "postgres://admin:secret@127.0.0.1:1", func(ctx context.Context, address string) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		<-ctx.Done()
		return nil
	})
	if err == nil || !strings.HasPrefix(err.Error(), "PgBouncer ended: exit status 1") || !strings.Contains(err.Error(), "bad client state") {
		t.Errorf("error = %v", err)
	}
}

func TestRun_RejectsAnOldPgBouncer(t *testing.T) {
	install(t, "1.18.0")
	err := pooler.Run(t.Context(), "postgres://admin:secret@127.0.0.1:1", func(context.Context, string) error {
		t.Error("it was started")
		return nil
	})
	if err == nil || !strings.HasSuffix(err.Error(), "is PgBouncer 1.18: install pgbouncer 1.20 or later") {
		t.Errorf("error = %v", err)
	}
}
