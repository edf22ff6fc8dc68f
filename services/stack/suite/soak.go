package suite

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fuzzTime is how long each parser is fuzzed.
const fuzzTime = 10 * time.Second

// soakTests are the stress and attack tests with a long version, by package.
var soakTests = []struct{ module, pkg, tests string }{
	{"services", "./tasks/internal/jwtauth", "Forged"},
	{"services", "./tasks/internal/store", "Each"},
	{"services", "./tasks/internal/api", "TestFuzz|TestIsolation"},
	{"services", "./tasks/internal/sdkfaults", "."},
	{"services", "./tasks/internal/modeltest", "TestTheModelIsLikeTheService"},
	{"bff", "./internal/web", "TestFuzz|TestIsolation|TestSite/malformed|TestSessionsOnTheSite|Outage|TestKeysChange"},
	{"bff", "./internal/faults", "."},
}

// Soak runs the long versions of the stress and attack tests, and then fuzzes each
// parser. It writes a table of the tests' counts to out.
func Soak(ctx context.Context, out io.Writer) error {
	return onServer(ctx, out, func(r *runner, _ string) error {
		r.env, r.counts = append(r.env, "TEST_SOAK=1"), counts{}
		var all []step
		for _, s := range soakTests {
			// One after another, so that they do not load each other.
			all = append(all, goTests(s.module, s.pkg, "-timeout=2h", "-parallel=1", "-run="+s.tests))
		}
		targets, err := fuzzTargets(r.root)
		if err != nil {
			return err
		}
		for _, target := range targets {
			all = append(all, target.step())
		}
		err = r.runAll(ctx, all)
		fmt.Fprint(out, "\n"+r.counts.String())
		return err
	})
}

// A fuzzTarget is a Go fuzz test.
type fuzzTarget struct{ module, pkg, name string }

var fuzzFunction = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// fuzzTargets returns the fuzz targets of all modules.
func fuzzTargets(root string) (all []fuzzTarget, err error) {
	for _, module := range []string{"sdk", "services", "bff"} {
		found, err := functions(filepath.Join(root, module), fuzzFunction)
		if err != nil {
			return nil, err
		}
		for _, test := range found {
			all = append(all, fuzzTarget{module, test.pkg, test.name})
		}
	}
	return all, nil
}

var execs = regexp.MustCompile(`execs: (\d+)`)

func (f fuzzTarget) step() step {
	return step{name: "fuzz " + f.module + " " + f.pkg + " " + f.name, run: func(ctx context.Context, r *runner) (tally, error) {
		var lines []string
		inputs := 0
		err := r.command(ctx, f.module, func(line string) {
			lines = append(lines, line)
			if match := execs.FindStringSubmatch(line); match != nil {
				inputs, _ = strconv.Atoi(match[1]) // digits
			}
		}, "go", "test", "-run", "^$", "-fuzz", "^"+f.name+"$", "-fuzztime", fuzzTime.String(), f.pkg)
		r.counts["inputs fuzzed"] += inputs
		if err != nil {
			r.print(strings.Join(lines, "\n"))
			return tally{failed: 1}, err
		}
		return tally{passed: 1}, nil
	}}
}

// counts are the tests' counts by name.
type counts map[string]int

var (
	countedLine = regexp.MustCompile(`\bcounted: (.*)`)
	countedItem = regexp.MustCompile(`([a-z][a-z ]*) (\d+)`)
)

// read adds the counts of a line such as "counted: requests sent 7, leaks 0", and
// ignores other lines.
func (c counts) read(line string) {
	found := countedLine.FindStringSubmatch(line)
	if c == nil || found == nil {
		return
	}
	for _, item := range countedItem.FindAllStringSubmatch(found[1], -1) {
		n, _ := strconv.Atoi(item[2]) // digits
		c[item[1]] += n
	}
}

// String returns a table of the counts.
func (c counts) String() string {
	var table strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&table, "%-24s %12d\n", name, c[name])
	}
	return table.String()
}
