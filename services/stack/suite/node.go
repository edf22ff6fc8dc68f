package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// nodeTests runs the tests in dir with Node's own runner.
func nodeTests(dir string) step {
	return step{name: "node --test " + dir, run: func(ctx context.Context, r *runner) (tally, error) {
		report := r.report(dir, "tap")
		err := r.command(ctx, dir, r.print, "node", "--test",
			"--test-reporter=dot", "--test-reporter-destination=stdout",
			"--test-reporter=tap", "--test-reporter-destination="+report)
		counted, readErr := readTAP(report)
		if readErr != nil {
			return counted, readErr
		}
		if err != nil {
			raw, _ := os.ReadFile(report) // readTAP has read it
			r.print(string(raw))
		}
		return counted, err
	}}
}

// tapCounts are the counts at the end of Node's TAP report.
var tapCounts = regexp.MustCompile(`(?m)^# (pass|fail|cancelled|skipped|todo) (\d+)$`)

func readTAP(path string) (tally, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return tally{}, fmt.Errorf("no report: %w", err)
	}
	var counted tally
	for _, match := range tapCounts.FindAllStringSubmatch(string(raw), -1) {
		count, err := strconv.Atoi(match[2])
		if err != nil {
			return tally{}, err
		}
		switch match[1] {
		case "pass":
			counted.passed += count
		case "fail", "cancelled":
			counted.failed += count
		case "skipped", "todo":
			counted.skipped += count
		}
	}
	if counted == (tally{}) {
		return tally{}, fmt.Errorf("no tests ran")
	}
	return counted, nil
}

// vitest runs the tests of a workspace of web-contract.
func vitest(workspace string) step {
	return step{name: "vitest " + workspace, run: func(ctx context.Context, r *runner) (tally, error) {
		report := r.report(workspace, "json")
		// Vitest itself, not npm, which would not forward our signals.
		program := filepath.Join(r.root, "web-contract", "node_modules", "vitest", "vitest.mjs")
		print := func(line string) {
			if !strings.HasPrefix(line, "JSON report written to ") {
				r.print(line)
			}
		}
		err := r.command(ctx, workspace, print, "node", program, "run",
			"--reporter=default", "--reporter=json", "--outputFile.json="+report)
		counted, readErr := r.readVitest(report)
		if readErr != nil {
			return counted, readErr
		}
		return counted, err
	}}
}

func (r *runner) readVitest(path string) (tally, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return tally{}, fmt.Errorf("no report: %w", err)
	}
	var report struct {
		NumPassedTests, NumFailedTests, NumPendingTests, NumTodoTests int
		TestResults                                                   []struct {
			Name               string
			StartTime, EndTime float64 // milliseconds
		}
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		return tally{}, fmt.Errorf("read the report: %w", err)
	}
	for _, file := range report.TestResults {
		r.took[strings.TrimPrefix(file.Name, r.root+"/")] = (file.EndTime - file.StartTime) / 1000
	}
	counted := tally{
		passed:  report.NumPassedTests,
		failed:  report.NumFailedTests,
		skipped: report.NumPendingTests + report.NumTodoTests,
	}
	if counted == (tally{}) {
		return tally{}, fmt.Errorf("no tests ran")
	}
	return counted, nil
}

// report returns the path of a step's report.
func (r *runner) report(step, kind string) string {
	return filepath.Join(r.temp, strings.ReplaceAll(step, "/", "-")+"."+kind)
}
