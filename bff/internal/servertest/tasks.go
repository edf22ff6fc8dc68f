package servertest

import (
	"cmp"
	"net/url"
	"os/exec"
	"testing"
)

// Tasks is a running task service.
type Tasks struct {
	// URL is its address, OpsURL that of its operations port.
	URL, OpsURL *url.URL
	// OwnerURL is the URL of its database as the owner of the tables.
	OwnerURL string

	*process

	auth    *Auth
	runtime *url.URL
	extra   []string // environment variables
}

// StartTasks starts a task service that accepts the JWTs of a Better Auth server, with a
// database on the same PostgreSQL server. env adds environment variables.
func StartTasks(t testing.TB, auth *Auth, env ...string) *Tasks {
	t.Helper()
	owner, role := newDatabase(t, auth.postgres)
	runtime := parse(t, owner)
	runtime.User = role
	s := &Tasks{OwnerURL: owner, auth: auth, runtime: runtime, extra: env}
	s.process = &process{t: t}
	s.Migrate()
	var port string
	auth.firstTasks.Do(func() { port = auth.tasksPort })
	return s.replica(port)
}

// Migrate migrates the schema while servers are running.
func (s *Tasks) Migrate() {
	t := s.t
	t.Helper()
	migrate := exec.Command(build(t, "services", "./tasks/cmd/tasks"), "migrate")
	migrate.Env = append(migrate.Environ(), "DATABASE_URL="+s.runtime.String(), "DATABASE_URL_UNPOOLED="+s.OwnerURL)
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("tasks migrate: %v\n%s", err, out)
	}
}

// Exec runs a statement as the owner of the schema.
func (s *Tasks) Exec(statement string) {
	s.t.Helper()
	run(s.t, s.OwnerURL, statement)
}

// Replica starts another task service on the same database.
func (s *Tasks) Replica() *Tasks {
	s.t.Helper()
	return s.replica("")
}

// replica starts a task service on a port; "" means a free one.
func (s *Tasks) replica(port string) *Tasks {
	t, route := s.t, s.auth.route
	t.Helper()
	ports := freePorts(t, 2)
	ports[0] = cmp.Or(port, ports[0])
	replica := &Tasks{
		URL: parse(t, "http://127.0.0.1:"+ports[0]), OpsURL: parse(t, "http://127.0.0.1:"+ports[1]),
		OwnerURL: s.OwnerURL, auth: s.auth, runtime: s.runtime, extra: s.extra,
	}
	replica.process = &process{
		t:       t,
		command: []string{build(t, "services", "./tasks/cmd/tasks"), "serve"},
		ready:   replica.OpsURL.JoinPath("/readyz").String(),
		env: append([]string{
			"DATABASE_URL=" + route.address("tasks", "postgres", s.runtime.String()),
			"BETTER_AUTH_URL=" + route.address("tasks", "auth", s.auth.URL.String()),
			"JWT_ISSUER=" + s.auth.issuer,
			"HOST=127.0.0.1",
			"PORT=" + ports[0],
			"OPS_PORT=" + ports[1],
		}, s.extra...),
	}
	replica.start()
	return replica
}
