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

// TestDistributeWithoutCitus runs the command on a database without Citus.
func TestDistributeWithoutCitus(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "distribute")
	cmd.Env = append(cmd.Environ(), asProgram+"=1", "DATABASE_URL="+db.DirectURL, "DATABASE_URL_UNPOOLED="+db.OwnerURL)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	var ended *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("distribute ended with %v, want status 1", err)
	}
	if words := complaint.String(); !strings.HasPrefix(words, "tasks: ") || !strings.Contains(words, "install Citus") || !strings.Contains(words, "SCALING.md") {
		t.Errorf("%q does not say what to do", words)
	}
	if out.Len() > 0 {
		t.Errorf("distribute printed %q", out.String())
	}
}
