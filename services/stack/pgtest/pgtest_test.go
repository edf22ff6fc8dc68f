package pgtest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// waits is the variable that makes TestURL_IsAnAdministrators print a line once it has a server, and wait.
const waits = "TEST_WAITS"

func TestURL_IsAnAdministrators(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)

	var mayCreateDatabases, mayCreateRoles bool
	const query = `SELECT rolcreatedb OR rolsuper, rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user`
	if err := conn.QueryRow(ctx, query).Scan(&mayCreateDatabases, &mayCreateRoles); err != nil {
		t.Fatal(err)
	}
	if !mayCreateDatabases || !mayCreateRoles {
		t.Errorf("may create databases: %t, roles: %t; want both", mayCreateDatabases, mayCreateRoles)
	}
	if os.Getenv(waits) != "" {
		fmt.Println("waits")
		<-ctx.Done()
	}
}

// TestInterruptedTestsLeaveNoFiles interrupts another process of this program in its test.
func TestInterruptedTestsLeaveNoFiles(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	other := exec.CommandContext(t.Context(), self, "-test.run=^TestURL_IsAnAdministrators$")
	other.Env = append(other.Environ(), waits+"=1", "TMPDIR="+folder, "TEST_DATABASE_URL=")
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "waits\n" {
		t.Errorf("its first line is %q, %v", line, err)
	}
	if err := other.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); other.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v, want status 1", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v are left", left, err)
	}
}
