package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path"
	"strings"
)

// goTests are the tests of a Go module, with the race detector and further flags of go
// test.
func goTests(module, packages string, flags ...string) step {
	return step{name: "go test " + strings.TrimSuffix(path.Join(module, packages), "/..."), run: func(ctx context.Context, r *runner) (tally, error) {
		// go test's cache depends only on Go files, not on docker-compose.yml or
		// on programs that a test starts.
		args := []string{"test", "-json", "-count=1"}
		if hasCompiler(ctx) {
			args = append(args, "-race")
		} else {
			r.print("no C compiler: running without the race detector, which needs one")
		}
		report := &goReport{print: r.print, output: map[goTest][]string{}, counts: r.counts}
		err := r.command(ctx, module, report.line, "go", append(append(args, flags...), packages)...)
		return report.tally, err
	}}
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
