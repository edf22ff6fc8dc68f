// Package suite runs all tests of the repository and counts the results.
package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/stack/checkout"
	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/pooler"
	"github.com/tasklane/tasklane/services/stack/postgres"
)

// ErrFailed means that the tests ran and not all passed.
var ErrFailed = errors.New("there are failing tests")

// A tally counts tests.
type tally struct{ passed, failed, skipped int }

func (t *tally) add(other tally) {
	t.passed += other.passed
	t.failed += other.failed
	t.skipped += other.skipped
}

func (t tally) String() string {
	text := fmt.Sprintf("%d passed, %d failed", t.passed, t.failed)
	if t.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", t.skipped)
	}
	return text
}

// A step is a group of tests that one command runs.
type step struct {
	name string
	run  func(context.Context, *runner) (tally, error)
}

// A runner has the state that steps share.
type runner struct {
	root string
	out  io.Writer // tracks write to it concurrently, whole lines
	env  []string
	temp string // a directory for the steps' reports
	step string // the name of the running step
}

// Run runs all tests and writes failures and, as the last line, the totals to out. A failing
// group does not stop the others. Browser tests run beside the Go tests, which wait for
// much of their time.
//
// SKIP_E2E=1 leaves out the browser tests; nothing else can be left out.
// TEST_DATABASE_URL is the URL of an existing PostgreSQL server.
func Run(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, _ string) error { return r.runAll(ctx, tracks()...) })
}

// RunPooled runs, like [Run], all tests that need the task service's database, through
// PgBouncer in transaction mode. TEST_POOLER tells the tests.
func RunPooled(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, adminURL string) (err error) {
		p, err := pooler.Start(ctx, adminURL)
		if err != nil {
			return err
		}
		defer func() {
			if fault := p.Stop(); fault != nil {
				r.print(fault.Error())
				err = errors.Join(err, fault)
			}
		}()
		r.env = append(r.env, "TEST_POOLER="+p.Address)
		return r.runAll(ctx, []step{goTests("./services/tasks/...")})
	})
}

// RunReplicas runs, like [Run], the browser tests and those that start replicas, against two
// task services and two bffs behind round-robin proxies.
func RunReplicas(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, _ string) error {
		r.env = append(r.env, "REPLICAS=2")
		return r.runAll(ctx, []step{
			goTests("-run=Replica", "./services/tasks/internal/api"),
			goTests("-run=Rolling|Upgrade", "./bff/internal/faults"),
			vitest("web-contract/e2e"),
		})
	})
}

// onServer calls run with a runner and the administrator's URL of its server.
func onServer(ctx context.Context, out io.Writer, run func(r *runner, adminURL string) error) (err error) {
	root, err := checkout.Root()
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "tasklane-test-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()

	r := &runner{root: root, out: out, env: os.Environ(), temp: temp}
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return run(r, given)
	}
	server, err := postgres.Start(ctx, postgres.Options{NodeModules: checkout.PostgresModules(root)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	adminURL := server.AdminURL(postgres.Superuser)
	r.env = append(r.env, "TEST_DATABASE_URL="+adminURL)
	return run(r, adminURL)
}

// tracks are groups of steps that run side by side; the steps of each run one after another.
func tracks() [][]step {
	goTrack := []step{goTests("./sdk/...", "./services/...", "./bff/...")}
	nodeTrack := []step{nodeTests("services/auth"), vitest("web-contract/client"), vitest("web-contract/demo")}
	if os.Getenv("SKIP_E2E") != "1" {
		nodeTrack = append(nodeTrack, vitest("web-contract/e2e"))
	}
	return [][]step{goTrack, nodeTrack}
}

// runAll runs each track's steps one after another, and the tracks side by side.
func (r *runner) runAll(ctx context.Context, tracks ...[]step) error {
	sums := make([]tally, len(tracks))
	var group errgroup.Group
	for i, steps := range tracks {
		group.Go(func() error {
			for _, step := range steps {
				sums[i].add(r.runStep(ctx, step))
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var sum tally
	for _, part := range sums {
		sum.add(part)
	}
	if os.Getenv("SKIP_E2E") == "1" {
		fmt.Fprint(r.out, "\n"+strings.Repeat("*", 72)+"\n** SKIP_E2E=1: the tests in a browser did NOT run.\n"+strings.Repeat("*", 72)+"\n")
	}
	fmt.Fprintf(r.out, "\n%s\n", sum)
	if sum.failed > 0 {
		return ErrFailed
	}
	return nil
}

// runStep runs a step and prints its counts.
func (r *runner) runStep(ctx context.Context, step step) tally {
	own := *r
	own.step = step.name
	begin := time.Now()
	counted, err := step.run(ctx, &own)
	if err != nil {
		own.print(err.Error())
		if counted.failed == 0 {
			counted.failed = 1 // a step that cannot run has failed
		}
	}
	own.print(fmt.Sprintf("%s (%s)", counted, time.Since(begin).Round(100*time.Millisecond)))
	return counted
}

// command runs a program in a directory of the repository, and calls line with each line of
// its output. It stops all of the program's children at the end.
func (r *runner) command(ctx context.Context, dir string, line func(string), program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = filepath.Join(r.root, dir), r.env
	if cmd.Err != nil {
		return cmd.Err
	}
	process, err := child.Start(cmd, syscall.SIGTERM, line)
	if err != nil {
		return err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		process.Stop(child.Step{Signal: syscall.SIGINT, Wait: 10 * time.Second})
	}
	return process.Err()
}

// print writes text, of one or more lines, behind the name of the step.
func (r *runner) print(text string) { fmt.Fprintf(r.out, "%s: %s\n", r.step, text) }
