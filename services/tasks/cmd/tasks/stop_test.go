package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// stopTestTimeout bounds every wait for the program on a busy machine.
const stopTestTimeout = 30 * time.Second

// TestServe_StopsWithItsLog stops "tasks serve" right after a request.
func TestServe_StopsWithItsLog(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), stopTestTimeout)
	defer cancel()
	db := storetest.NewDatabase(t)
	ports, err := port.Free(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "serve")
	cmd.Env = append(cmd.Environ(), asProgram+"=1", "HOST=127.0.0.1", "PORT="+strconv.Itoa(ports[0]), "OPS_PORT="+strconv.Itoa(ports[1]),
		"DATABASE_URL="+db.DirectURL, "JWKS_URL="+issuertest.New(t).URL, "JWT_ISSUER="+issuertest.Name)
	var log []string // read once the program has ended
	program, err := child.Start(cmd, syscall.SIGKILL, func(line string) { log = append(log, line) })
	if err != nil {
		t.Fatal(err)
	}
	defer program.Stop()
	if err := program.AwaitReady(ctx, "the program", "http://127.0.0.1:"+strconv.Itoa(ports[1])+"/healthz", nil, 20*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+strconv.Itoa(ports[0])+"/api/tasks", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()

	program.Stop(child.Step{Signal: syscall.SIGTERM, Wait: stopTestTimeout})
	if err := program.Err(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if !slices.ContainsFunc(log, func(line string) bool { return strings.Contains(line, `"msg":"request"`) }) {
		t.Errorf("the log does not contain the request:\n%s", strings.Join(log, "\n"))
	}
}
