package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDistribute_FailsWithoutCitus checks that the error says what to do.
func TestDistribute_FailsWithoutCitus(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "distribute")
	cmd.Env = append(cmd.Environ(), asProgram+"=1", "DATABASE_URL="+db.DirectURL, "DATABASE_URL_UNPOOLED="+db.OwnerURL)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var ended *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("distribute ended with %v, want status 1", err)
	}
	if text := stderr.String(); !strings.HasPrefix(text, "tasks: ") || !strings.Contains(text, "install Citus") || !strings.Contains(text, "SCALING.md") {
		t.Errorf("%q does not say what to do", text)
	}
	if stdout.Len() > 0 {
		t.Errorf("distribute printed %q", stdout.String())
	}
}
