// Package suite runs all tests of the repository and counts the results.
package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

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
	out  io.Writer
	env  []string
	temp string // a directory for the steps' reports
	// counts, unless nil, sums the counts that tests print.
	counts counts
	took   durations
}

// durations are the seconds that tests took: each Go test, and each file of the others.
type durations map[string]float64

// String returns the ten longest, one per line.
func (d durations) String() string {
	names := slices.SortedFunc(maps.Keys(d), func(a, b string) int { return cmp.Compare(d[b], d[a]) })
	var lines strings.Builder
	for _, name := range names[:min(10, len(names))] {
		fmt.Fprintf(&lines, "%8.1f s  %s\n", d[name], name)
	}
	return lines.String()
}

// Run runs all tests, one group after another, and writes failures, the slowest tests and,
// as the last line, the totals to out. A failing group does not stop the others.
//
// SKIP_E2E=1 leaves out the browser tests; nothing else can be left out.
// TEST_DATABASE_URL is the URL of an existing PostgreSQL server.
func Run(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, _ string) error { return r.runAll(ctx, steps()) })
}

// RunPooled runs, like [Run], all tests that need the task service's database, through
// PgBouncer in transaction mode, whose address is in TEST_POOLER.
func RunPooled(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, adminURL string) error {
		return pooler.Run(ctx, adminURL, func(ctx context.Context, address string) error {
			r.env = append(r.env, "TEST_POOLER="+address)
			return r.runAll(ctx, []step{goTests("services", "./tasks/...")})
		})
	})
}

// RunReplicas runs, like [Run], the browser tests and those that start replicas, against two
// task services and two bffs behind round-robin proxies.
func RunReplicas(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, _ string) error {
		r.env = append(r.env, "REPLICAS=2")
		return r.runAll(ctx, []step{
			goTests("services", "./tasks/internal/api", "-run=Replica"),
			goTests("bff", "./internal/faults", "-run=Rolling|Upgrade"),
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

	r := &runner{root: root, out: out, env: os.Environ(), temp: temp, took: durations{}}
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return run(r, given)
	}
	server, err := postgres.Start(ctx, postgres.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	adminURL := server.AdminURL(postgres.Superuser)
	r.env = append(r.env, "TEST_DATABASE_URL="+adminURL)
	return run(r, adminURL)
}

func steps() []step {
	all := []step{
		goTests("sdk", "./..."),
		goTests("services", "./..."),
		goTests("bff", "./..."),
		nodeTests("services/auth"),
		vitest("web-contract/client"),
		vitest("web-contract/demo"),
	}
	if os.Getenv("SKIP_E2E") != "1" {
		all = append(all, vitest("web-contract/e2e"))
	}
	return all
}

func (r *runner) runAll(ctx context.Context, steps []step) error {
	var sum tally
	for _, step := range steps {
		fmt.Fprintf(r.out, "\n== %s\n", step.name)
		start := time.Now()
		counted, err := step.run(ctx, r)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			fmt.Fprintf(r.out, "%s: %v\n", step.name, err)
			if counted.failed == 0 {
				counted.failed = 1 // a step that cannot run has failed
			}
		}
		fmt.Fprintf(r.out, "== %s: %s (%s)\n", step.name, counted, time.Since(start).Round(100*time.Millisecond))
		sum.add(counted)
	}
	if os.Getenv("SKIP_E2E") == "1" {
		fmt.Fprint(r.out, "\n"+strings.Repeat("*", 72)+"\n** SKIP_E2E=1: the tests in a browser did NOT run.\n"+strings.Repeat("*", 72)+"\n")
	}
	fmt.Fprintf(r.out, "\nthe slowest tests:\n%s\n%s\n", r.took, sum)
	if sum.failed > 0 {
		return ErrFailed
	}
	return nil
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

// print writes a line unchanged.
func (r *runner) print(line string) { fmt.Fprintln(r.out, line) }
