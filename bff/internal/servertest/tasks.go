package servertest

import (
	"net/url"
	"os/exec"
	"testing"
)

// Tasks is a running task service.
type Tasks struct {
	// URL is where it is reached, OpsURL its operations port.
	URL, OpsURL *url.URL

	*process
}

// StartTasks starts a task service that takes the JWTs of a Better Auth server
// and keeps its data where that keeps its own. env adds to its variables.
func StartTasks(t testing.TB, auth *Auth, env ...string) *Tasks {
	t.Helper()
	program := build(t, "services", "./tasks/cmd/tasks")
	owner, role := newDatabase(t, auth.postgres)
	runtime := parse(t, owner)
	runtime.User = role
	ports := freePorts(t, 2)
	migrate := exec.Command(program, "migrate")
	migrate.Env = append(migrate.Environ(), "DATABASE_URL="+runtime.String(), "DATABASE_URL_UNPOOLED="+owner)
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("tasks migrate: %v\n%s", err, out)
	}
	service := &Tasks{URL: parse(t, "http://127.0.0.1:"+ports[0]), OpsURL: parse(t, "http://127.0.0.1:"+ports[1])}
	service.process = &process{
		t:       t,
		command: []string{program, "serve"},
		ready:   service.OpsURL.JoinPath("/readyz").String(),
		env: append([]string{
			"DATABASE_URL=" + auth.between.address("tasks", "postgres", runtime.String()),
			"BETTER_AUTH_URL=" + auth.between.address("tasks", "auth", auth.URL.String()),
			"JWT_ISSUER=" + auth.issuer,
			"HOST=127.0.0.1",
			"PORT=" + ports[0],
			"OPS_PORT=" + ports[1],
		}, env...),
	}
	service.start()
	return service
}
