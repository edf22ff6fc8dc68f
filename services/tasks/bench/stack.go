package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/stack/checkout"
	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/roles"
)

// The contenders' database, and the grown one.
const (
	mainDatabase  = roles.Database
	grownDatabase = roles.Database + "_grown"
)

// stack is the set of all running processes.
type stack struct {
	root, bin, node string
	postgres        *postgres.Server
	// publicURL is the bff's origin, also the tokens' issuer.
	publicURL string
	secret    string
	// password is the password of every role of the temporary server.
	password string
	issuer   *issuer
	// stops undo the steps of the start, in the order of the start.
	stops []func() error

	// auth is Better Auth; proxy is a httputil.ReverseProxy in place of the bff.
	auth, tasks, grown, bff, floor, wideFloor, proxy *process
}

// stop stops everything in reverse order of the start.
func (s *stack) stop() error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i]())
	}
	return errors.Join(errs...)
}

// clearLogs truncates the logs of all measured servers.
func (s *stack) clearLogs() error {
	var errs []error
	for _, p := range []*process{s.auth, s.tasks, s.grown, s.bff, s.floor, s.wideFloor, s.proxy} {
		errs = append(errs, p.clearLog())
	}
	return errors.Join(errs...)
}

// newStack starts PostgreSQL, with a schema in both databases, and Better Auth.
func newStack(ctx context.Context) (_ *stack, err error) {
	s := &stack{secret: rand.Text() + rand.Text(), password: rand.Text()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if s.root, err = checkout.Root(); err != nil {
		return nil, err
	}
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s.bin = filepath.Dir(executable)
	if s.node, err = checkout.Node(ctx); err != nil {
		return nil, err
	}
	if err := s.startPostgres(ctx); err != nil {
		return nil, err
	}
	public, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s.publicURL = "http://" + public
	if s.auth, err = s.startAuth(ctx); err != nil {
		return nil, err
	}
	s.issuer, err = newIssuer(ctx, s.publicURL, s.auth.url+"/api/auth/jwks")
	if err != nil {
		return nil, err
	}
	s.stops = append(s.stops, func() error { s.issuer.server.Close(); return nil })
	return s, nil
}

// startPostgres starts a durable server, whose commits wait for the disk, with the usual
// quarter of the memory for its cache.
func (s *stack) startPostgres(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "tasklane-bench-data-")
	if err != nil {
		return err
	}
	s.stops = append(s.stops, func() error { return os.RemoveAll(dir) })
	memory, err := memorySize()
	if err != nil {
		return err
	}
	s.postgres, err = postgres.Start(ctx, postgres.Options{
		DataDir: dir, Password: s.password,
		Settings: []string{fmt.Sprintf("shared_buffers=%dMB", memory/4>>20), "max_wal_size=8GB"},
	})
	if err != nil {
		return err
	}
	s.stops = append(s.stops, s.postgres.Stop)
	if err := roles.Create(ctx, s.postgres.AdminURL(postgres.Superuser), roles.Passwords{Owner: s.password, Auth: s.password}); err != nil {
		return err
	}
	if err := s.exec(ctx, mainDatabase, "CREATE DATABASE "+grownDatabase+" OWNER "+roles.Owner); err != nil {
		return err
	}
	for _, database := range []string{mainDatabase, grownDatabase} {
		migrate := exec.CommandContext(ctx, filepath.Join(s.bin, "tasks"), "migrate")
		migrate.Env = child.Environment(map[string]string{
			"DATABASE_URL":          s.postgres.URL(roles.App, s.password, database),
			"DATABASE_URL_UNPOOLED": s.postgres.URL(roles.Owner, s.password, database),
		})
		if out, err := migrate.CombinedOutput(); err != nil {
			return fmt.Errorf("migrate: %w\n%s", err, out)
		}
	}
	return nil
}

// exec runs a statement as the superuser.
func (s *stack) exec(ctx context.Context, database, sql string, args ...any) error {
	conn, err := pgx.Connect(ctx, s.postgres.AdminURL(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql, args...)
	return err
}

// startServers starts the measured servers, once there is data. probe is sent with readiness
// requests to the task service.
func (s *stack) startServers(ctx context.Context, probe http.Header) (err error) {
	if s.tasks, err = s.startTasks(ctx, mainDatabase, probe); err != nil {
		return err
	}
	if s.grown, err = s.startTasks(ctx, grownDatabase, probe); err != nil {
		return err
	}
	if s.bff, err = s.startBFF(ctx, strings.TrimPrefix(s.publicURL, "http://")); err != nil {
		return err
	}
	if s.floor, err = s.startSelf(ctx, "floor", s.postgres.AdminURL(mainDatabase)); err != nil {
		return err
	}
	wide := fmt.Sprintf("%s&pool_max_conns=%d", s.postgres.AdminURL(mainDatabase), loadWorkers)
	if s.wideFloor, err = s.startSelf(ctx, "floor", wide); err != nil {
		return err
	}
	s.proxy, err = s.startSelf(ctx, "proxy", s.tasks.url)
	return err
}

func (s *stack) startAuth(ctx context.Context) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	host, number, _ := strings.Cut(address, ":")
	return s.register(start(ctx, command{
		name: "auth", path: s.node, args: []string{filepath.Join(s.root, "services", "auth", "server.mjs")},
		env: map[string]string{
			"HOST": host, "PORT": number,
			"BETTER_AUTH_SECRET": s.secret, "BETTER_AUTH_URL": s.publicURL,
			"DATABASE_URL":       s.postgres.URL(roles.Auth, s.password, mainDatabase),
			"RATE_LIMIT_ENABLED": "false",
		},
		url: "http://" + address, ready: "http://" + address + "/readyz",
	}))
}

// unlimited returns an environment whose rate limits are far above the load.
func unlimited(env map[string]string) map[string]string {
	for _, name := range []string{"RATE_LIMIT", "RATE_BURST", "CLIENT_RATE_LIMIT", "CLIENT_RATE_BURST"} {
		env[name] = "1000000"
	}
	return env
}

func (s *stack) startTasks(ctx context.Context, database string, probe http.Header) (*process, error) {
	c, err := s.tasksCommand(ctx, database, probe)
	if err != nil {
		return nil, err
	}
	return s.register(start(ctx, c))
}

// tasksCommand returns the command of the task service as in production, but without
// traces.
func (s *stack) tasksCommand(ctx context.Context, database string, probe http.Header) (command, error) {
	ports, err := port.Free(ctx, 2)
	if err != nil {
		return command{}, err
	}
	const host = "http://127.0.0.1:"
	url := host + strconv.Itoa(ports[0])
	return command{
		name: "tasks", path: filepath.Join(s.bin, "tasks"), args: []string{"serve"},
		env: unlimited(map[string]string{
			"HOST": "127.0.0.1", "PORT": strconv.Itoa(ports[0]), "OPS_PORT": strconv.Itoa(ports[1]),
			"DATABASE_URL": s.postgres.URL(roles.App, s.password, database),
			"JWKS_URL":     s.issuer.url, "JWT_ISSUER": s.publicURL, "PPROF": "true",
		}),
		url: url, operations: host + strconv.Itoa(ports[1]), ready: url + "/api/tasks?limit=1", header: probe,
	}, nil
}

func (s *stack) startBFF(ctx context.Context, address string) (*process, error) {
	ports, err := port.Free(ctx, 1)
	if err != nil {
		return nil, err
	}
	host, number, _ := strings.Cut(address, ":")
	return s.register(start(ctx, command{
		name: "bff", path: filepath.Join(s.bin, "bff"), args: []string{"serve"},
		env: unlimited(map[string]string{
			"HOST": host, "PORT": number, "OPS_PORT": strconv.Itoa(ports[0]),
			"PUBLIC_URL": s.publicURL, "TASKS_URL": s.tasks.url,
			"BETTER_AUTH_URL": s.auth.url, "BETTER_AUTH_SECRET": s.secret,
		}),
		url: "http://" + address, ready: "http://127.0.0.1:" + strconv.Itoa(ports[0]) + "/readyz",
	}))
}

// startSelf starts this program with a command that serves.
func (s *stack) startSelf(ctx context.Context, name, upstream string) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return s.register(start(ctx, command{
		name: name, path: filepath.Join(s.bin, "bench"), args: []string{name, address},
		env: map[string]string{"UPSTREAM": upstream},
		url: "http://" + address, ready: "http://" + address + "/healthz",
	}))
}

// register stops a process with the stack.
func (s *stack) register(p *process, _ any, err error) (*process, error) {
	if err != nil {
		return nil, err
	}
	s.stops = append(s.stops, p.stop)
	return p, nil
}

func freeAddress(ctx context.Context) (string, error) {
	ports, err := port.Free(ctx, 1)
	if err != nil {
		return "", err
	}
	return "127.0.0.1:" + strconv.Itoa(ports[0]), nil
}
