package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// withoutRace are tests, by module, that send thousands of requests or statements, or parse
// thousands of texts. They run without the race detector, which multiplies their processor
// time by 3, and by 40 with regular expressions: other tests call the same code with it.
var withoutRace = map[string][]string{
	"sdk": {"TestParse", "TestParse_RandomTexts", "TestRandomRules"},
	"services": {
		"TestIsolation_OtherUsersLearnNothing", "TestFuzz_CausesNoServerError",
		"TestEachUserClauseIsBackedByRowLevelSecurity",
		"TestConformance", // TestConformanceOnReplicas has the same cases
		"TestTheModelIsLikeTheService", "TestModelEnforcesTheQuota", "TestModelEqualsItself",
	},
	"bff": {"TestIsolation_OtherUsersLearnNothing", "TestFuzz_CausesNoServerError"},
}

// goTests are the tests of a Go module: those in withoutRace without the race detector, all
// others with it. With flags of go test, such as -run, all have it.
func goTests(module, packages string, flags ...string) step {
	return step{name: "go test " + strings.TrimSuffix(path.Join(module, packages), "/..."), run: func(ctx context.Context, r *runner) (tally, error) {
		report := &goReport{print: r.print, output: map[goTest][]string{}, counts: r.counts, took: r.took}
		// go test's cache depends only on Go files, not on docker-compose.yml or
		// on programs that a test starts.
		args := []string{"test", "-json", "-count=1"}
		race := append(slices.Clip(args), "-race")
		if !hasCompiler(ctx) {
			r.print("no C compiler: running without the race detector, which needs one")
			race = args
		}
		if len(flags) > 0 {
			err := r.command(ctx, module, report.line, "go", append(append(race, flags...), packages)...)
			return report.tally, err
		}

		found, err := functions(filepath.Join(r.root, module), testFunction)
		if err != nil {
			return report.tally, err
		}
		var pkgs []string
		for _, test := range found {
			below := strings.HasPrefix(test.pkg, strings.TrimSuffix(packages, "..."))
			if below && slices.Contains(withoutRace[module], test.name) && !slices.Contains(pkgs, test.pkg) {
				pkgs = append(pkgs, test.pkg)
			}
		}
		names := "^(" + strings.Join(withoutRace[module], "|") + ")$"
		err = r.command(ctx, module, report.line, "go", append(race, "-skip", names, packages)...)
		if len(pkgs) > 0 {
			// The packages have been vetted.
			args = append(args, "-vet=off", "-run", names)
			err = errors.Join(err, r.command(ctx, module, report.line, "go", append(args, pkgs...)...))
		}
		return report.tally, err
	}}
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// functions finds the functions in a module's tests that a pattern's first group matches.
func functions(module string, pattern *regexp.Regexp) (all []goTest, err error) {
	err = filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules":
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(module, filepath.Dir(path))
		for _, match := range pattern.FindAllSubmatch(text, -1) {
			all = append(all, goTest{"./" + pkg, string(match[1])})
		}
		return err
	})
	return all, err
}

func hasCompiler(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED").Output()
	return err == nil && strings.TrimSpace(string(out)) == "1"
}

// A goTest is a test, or a package if name is empty.
type goTest struct{ pkg, name string }

// goReport turns the events of go test -json into one line per package, and the output
// of failed tests.
type goReport struct {
	tally
	print  func(string)
	output map[goTest][]string
	// counts, unless nil, sums the counts that tests print.
	counts counts
	took   durations
}

func (g *goReport) line(line string) {
	var event struct {
		Action, Package, Test, Output, ImportPath string
		Elapsed                                   float64
	}
	if err := json.Unmarshal([]byte(line), &event); err != nil {
		g.print(line) // go's own text, such as about a missing package
		return
	}
	test := goTest{event.Package, event.Test}
	switch event.Action {
	case "build-output":
		g.print(strings.TrimSuffix(event.Output, "\n"))
	case "output":
		g.counts.read(event.Output)
		g.output[test] = append(g.output[test], event.Output)
	case "pass", "fail", "skip":
		if event.Test != "" {
			g.testEnded(test, event.Action)
			if !strings.Contains(event.Test, "/") {
				g.took[event.Package+" "+event.Test] = event.Elapsed
			}
		} else {
			g.packageEnded(test, event.Action, event.Elapsed)
		}
		delete(g.output, test)
	}
}

func (g *goReport) testEnded(test goTest, action string) {
	switch action {
	case "pass":
		g.passed++
		return
	case "skip":
		g.skipped++
	case "fail":
		g.failed++
	}
	g.print(strings.TrimSuffix(strings.Join(g.output[test], ""), "\n"))
}

func (g *goReport) packageEnded(test goTest, action string, seconds float64) {
	switch action {
	case "pass":
		g.print(fmt.Sprintf("ok    %s (%.1f s)", test.pkg, seconds))
	case "fail":
		// The output includes panics, data races and unfinished tests.
		g.print(strings.TrimSuffix(strings.Join(g.output[test], ""), "\n"))
		for unfinished, lines := range g.output {
			if unfinished.pkg == test.pkg && unfinished != test {
				g.print(strings.TrimSuffix(strings.Join(lines, ""), "\n"))
			}
		}
	}
}
