// Package launch runs all of Tasklane on this machine: PostgreSQL, Better Auth, the
// task service, and the bff with the page.
package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tasklane/tasklane/services/stack/checkout"
	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/roles"
)

const (
	// readyTimeout bounds the start of a process.
	readyTimeout = 60 * time.Second
	// stopTimeout is how long a server may take to stop, in addition to
	// DRAIN_DELAY. It is longer than their own timeouts for requests in flight
	// and last traces, so that only a broken one is killed.
	stopTimeout = 12 * time.Second
)

// Run starts the stack, calls ready with its address, and keeps it running until ctx ends,
// which is not an error, or a process ends. It returns when all processes have ended. Progress
// and the processes' logs are written to out.
func Run(ctx context.Context, config Config, out io.Writer, ready func(url string)) error {
	dataDir, unlock, err := openDataDir(config.DataDir)
	if err != nil {
		return err
	}
	defer unlock()
	running, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &stack{config: config, dataDir: dataDir, console: &console{out: out}, fail: fail}

	err = s.start(running)
	if err == nil {
		ready(config.PublicURL())
		<-running.Done()
	}
	switch {
	case ctx.Err() != nil:
		err = nil // stopped on request
	case running.Err() != nil:
		err = context.Cause(running)
	}
	return errors.Join(err, s.stop())
}

// A stack is the set of running processes.
type stack struct {
	config  Config
	dataDir string
	console *console
	// fail ends the run because a process ended unexpectedly.
	fail context.CancelCauseFunc
	// stops are functions that undo the steps of the start, in order of the start.
	stops []func() error
}

func (s *stack) start(ctx context.Context) error {
	root, err := checkout.Root()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	node, err := checkout.Node(ctx)
	if err != nil {
		return err
	}
	// The last launcher may have been killed and have left its server running.
	if err := postgres.StopLeftover(ctx, s.postgresDir()); err != nil {
		return err
	}
	if err := waitForPorts(ctx, s.config.ports()); err != nil {
		return err
	}
	secrets, err := loadSecrets(s.dataDir)
	if err != nil {
		return err
	}
	urls, err := s.startDatabase(ctx, secrets)
	if err != nil {
		return err
	}
	p := plan{config: s.config, root: root, bin: filepath.Dir(program), node: node, urls: urls, secret: secrets.BetterAuth}
	if s.config.SMTPURL == "" {
		if p.smtp, err = s.startMailbox(ctx); err != nil {
			return err
		}
	}
	if err := s.migrate(ctx, p.migration()); err != nil {
		return err
	}
	for _, service := range p.services() {
		if err := s.startReplicas(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) postgresDir() string { return filepath.Join(s.dataDir, postgresData) }

func (s *stack) startDatabase(ctx context.Context, secrets secrets) (databaseURLs, error) {
	if !s.config.ownDatabase() {
		s.console.printf("using the PostgreSQL of DATABASE_URL")
		return givenURLs(ctx, s.config)
	}
	s.console.printf("starting PostgreSQL …")
	started := time.Now()
	server, err := postgres.Start(ctx, postgres.Options{
		DataDir:  s.postgresDir(),
		Password: secrets.Superuser,
		Port:     int(s.config.PostgresPort),
		Log:      s.console.lines("postgres"),
	})
	if err != nil {
		return databaseURLs{}, err
	}
	s.watch("postgres", server.Process(), server.Stop)
	passwords := roles.Passwords{Owner: secrets.Owner, Auth: secrets.Auth}
	if err := roles.Create(ctx, server.AdminURL(postgres.Superuser), passwords); err != nil {
		return databaseURLs{}, err
	}
	s.console.printf("PostgreSQL is ready on port %d (%s)", server.Port, since(started))
	return ownURLs(server, secrets), nil
}

func (s *stack) migrate(ctx context.Context, service service) error {
	s.console.printf("migrating the schema …")
	started := time.Now()
	process, err := s.spawn(service)
	if err != nil {
		return err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		process.Stop(child.Step{Signal: syscall.SIGTERM, Wait: stopTimeout})
		return context.Cause(ctx)
	}
	if process.Err() != nil {
		return process.Failed(service.name)
	}
	s.console.printf("the schema is up to date (%s)", since(started))
	return nil
}

func (s *stack) startService(ctx context.Context, service service) error {
	process, err := s.startProcess(ctx, service)
	if err != nil {
		return err
	}
	s.watch(service.name, process, func() error { return s.stopServer(service.name, process) })
	return nil
}

// startProcess starts a service and returns once it is ready.
func (s *stack) startProcess(ctx context.Context, service service) (*child.Child, error) {
	s.console.printf("starting %s …", service.name)
	started := time.Now()
	process, err := s.spawn(service)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := process.AwaitReady(ctx, service.name, service.ready, nil, pollInterval); err != nil {
		return nil, errors.Join(err, s.stopServer(service.name, process))
	}
	s.console.printf("%s is ready (%s) at %s", service.name, since(started), service.ready)
	return process, nil
}

func (s *stack) stopServer(name string, process *child.Child) error {
	if process.Stop(child.Step{Signal: syscall.SIGTERM, Wait: s.config.Drain.Delay + stopTimeout}) {
		return fmt.Errorf("%s did not stop and had to be killed", name)
	}
	return nil
}

func (s *stack) spawn(service service) (*child.Child, error) {
	cmd := exec.Command(service.path, service.args...)
	cmd.Env = childEnvironment(service.env)
	return child.Start(cmd, syscall.SIGKILL, s.console.lines(service.name))
}

// watch ends the run if the process ends before stop is called.
func (s *stack) watch(name string, process *child.Child, stop func() error) {
	stopping := make(chan struct{})
	go func() {
		<-process.Done()
		select {
		case <-stopping:
		default:
			s.fail(process.Failed(name))
		}
	}()
	s.stops = append(s.stops, func() error {
		close(stopping)
		return stop()
	})
}

// stop stops everything in reverse order of the start.
func (s *stack) stop() error {
	if len(s.stops) > 0 {
		s.console.printf("stopping …")
	}
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i]())
	}
	return errors.Join(errs...)
}

func since(started time.Time) string {
	return time.Since(started).Round(10 * time.Millisecond).String()
}
