package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

func TestRunAll(t *testing.T) {
	t.Parallel()
	fakeStep := func(name string, result tally, err error) step {
		return step{name: name, run: func(context.Context, *runner) (tally, error) { return result, err }}
	}
	for _, tt := range []struct {
		name  string
		steps []step
		sum   string
		err   error
	}{
		{"all pass", []step{fakeStep("a", tally{passed: 2}, nil), fakeStep("b", tally{passed: 3, skipped: 1}, nil)}, "5 passed, 0 failed, 1 skipped", nil},
		{"a failing step does not stop the next", []step{fakeStep("a", tally{failed: 2}, errors.New("exit 1")), fakeStep("b", tally{passed: 3}, nil)}, "3 passed, 2 failed", ErrFailed},
		{"a step that cannot run has failed", []step{fakeStep("a", tally{passed: 4}, errors.New("no browser"))}, "4 passed, 1 failed", ErrFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := (&runner{out: &out}).runAll(t.Context(), tt.steps)
			if !errors.Is(err, tt.err) {
				t.Errorf("error = %v, want %v", err, tt.err)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if got := lines[len(lines)-1]; got != tt.sum {
				t.Errorf("last line = %q, want %q", got, tt.sum)
			}
		})
	}
}

func TestGoReport_PrintsFailuresAndCounts(t *testing.T) {
	t.Parallel()
	var printed []string
	report := &goReport{print: func(line string) { printed = append(printed, line) }, output: map[goTest][]string{}, took: durations{}}
	for _, line := range []string{
		`{"Action":"output","Package":"p","Test":"TestGood","Output":"quiet\n"}`,
		`{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":0.1}`,
		`{"Action":"pass","Package":"p","Test":"TestGood/part","Elapsed":0.1}`,
		`{"Action":"output","Package":"p","Test":"TestBad","Output":"the reason\n"}`,
		`{"Action":"fail","Package":"p","Test":"TestBad","Elapsed":0.1}`,
		`{"Action":"output","Package":"p","Test":"TestSkipped","Output":"needs a thing\n"}`,
		`{"Action":"skip","Package":"p","Test":"TestSkipped","Elapsed":0}`,
		`{"Action":"output","Package":"p","Test":"TestPanics","Output":"panic: at the disco\n"}`,
		`{"Action":"output","Package":"p","Output":"FAIL\n"}`,
		`{"Action":"fail","Package":"p","Elapsed":0.3}`,
		`{"Action":"pass","Package":"q","Elapsed":1.25}`,
		`{"ImportPath":"r","Action":"build-output","Output":"r.go:1: undefined: x\n"}`,
		`go: not JSON`,
	} {
		report.line(line)
	}
	if diff := cmp.Diff(tally{passed: 2, failed: 1, skipped: 1}, report.tally, cmp.AllowUnexported(tally{})); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	want := []string{"the reason", "needs a thing", "FAIL", "panic: at the disco", "ok    q (1.2 s)", "r.go:1: undefined: x", "go: not JSON"}
	if diff := cmp.Diff(want, printed); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	took := durations{"p TestGood": 0.1, "p TestBad": 0.1, "p TestSkipped": 0}
	if diff := cmp.Diff(took, report.took); diff != "" {
		t.Errorf("durations (-want +got):\n%s", diff)
	}
}

func TestDurations_PrintsTheTenLongest(t *testing.T) {
	t.Parallel()
	took := durations{}
	for i := range 12 {
		took[fmt.Sprint("test ", i)] = float64(i)
	}
	lines := strings.Split(took.String(), "\n")
	if len(lines) != 11 || lines[0] != "    11.0 s  test 11" || lines[9] != "     2.0 s  test 2" {
		t.Errorf("durations:\n%s", took)
	}
}

// writeFiles writes files below a directory.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const goMod = "module example.com/module\n"

func TestGoTests_AreNotCached(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	writeFiles(t, root, map[string]string{"module/go.mod": goMod, "module/module_test.go": `package module

import (
	"os"
	"testing"
)

func TestFile(t *testing.T) {
	t.Log("counted: runs 1")
	if raw, err := os.ReadFile("../file"); err != nil || string(raw) != "good" {
		t.Fatal(string(raw), err)
	}
}
`})
	r := &runner{root: root, out: io.Discard, env: os.Environ(), counts: counts{}, took: durations{}}
	for _, step := range []struct {
		text string
		want tally
	}{
		{"good", tally{passed: 1}},
		{"bad", tally{failed: 1}},
	} {
		writeFiles(t, root, map[string]string{"file": step.text})
		got, err := goTests("module", "./...").run(t.Context(), r)
		if diff := cmp.Diff(step.want, got, cmp.AllowUnexported(tally{})); diff != "" {
			t.Errorf("counts with a %s file (-want +got):\n%s\n%v", step.text, diff, err)
		}
	}
	if diff := cmp.Diff(counts{"runs": 2}, r.counts); diff != "" {
		t.Errorf("counts that the tests print (-want +got):\n%s", diff)
	}
}

// TestGoTests_RunOnce checks that tests in withoutRace run without the race detector,
// all others with it, and each once.
func TestGoTests_RunOnce(t *testing.T) {
	t.Parallel()
	const dir = "services"
	name := withoutRace[dir][0]
	text := func(pkg, name, race string) string {
		return "package " + pkg + "\n\nimport \"testing\"\n\nfunc " + name + "(t *testing.T) {\n\tif race != " + race + " {\n\t\tt.Fatal(race)\n\t}\n}\n"
	}
	root := t.TempDir()
	files := map[string]string{
		"a/sequential_test.go": text("a", name, "false"), "a/other_test.go": text("a", name+"More", "true"), "b/other_test.go": text("b", "TestOther", "true"),
	}
	for _, pkg := range []string{"a", "b"} {
		files[pkg+"/with_test.go"] = "//go:build race\n\npackage " + pkg + "\n\nconst race = true\n"
		files[pkg+"/without_test.go"] = "//go:build !race\n\npackage " + pkg + "\n\nconst race = false\n"
	}
	files["go.mod"] = goMod
	writeFiles(t, filepath.Join(root, dir), files)
	var out strings.Builder
	got, err := goTests(dir, "./...").run(t.Context(), &runner{root: root, out: &out, env: os.Environ(), took: durations{}})
	want := tally{passed: 3}
	if !hasCompiler(t.Context()) {
		want = tally{passed: 1, failed: 2}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tally{})); diff != "" {
		t.Errorf("counts (-want +got):\n%s\n%v\n%s", diff, err, out.String())
	}
}

func TestWithoutRace_NamesExistingTests(t *testing.T) {
	t.Parallel()
	for module, names := range withoutRace {
		found, err := functions(filepath.Join(repotest.Root(t), module), testFunction)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !slices.ContainsFunc(found, func(test goTest) bool { return test.name == name }) {
				t.Errorf("%s has no test %s", module, name)
			}
		}
	}
}

func TestReadReports_CountsTests(t *testing.T) {
	t.Parallel()
	r := &runner{root: "/root", took: durations{}}
	t.Cleanup(func() {
		if diff := cmp.Diff(durations{"e2e/a.test.ts": 2.5}, r.took); diff != "" {
			t.Errorf("durations (-want +got):\n%s", diff)
		}
	})
	const noTests = "no tests ran"
	for _, tt := range []struct {
		name, text string
		read       func(string) (tally, error)
		want       tally
		err        string
	}{
		{"TAP", "ok 1 - x\n# tests 7\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n", readTAP, tally{passed: 3, failed: 2, skipped: 2}, ""},
		{"empty TAP", "# pass 0\n# fail 0\n", readTAP, tally{}, noTests},
		{"Vitest", `{"numPassedTests":3,"numFailedTests":1,"numPendingTests":1,"numTodoTests":1,"testResults":[{"name":"/root/e2e/a.test.ts","startTime":1000,"endTime":3500}]}`, r.readVitest, tally{passed: 3, failed: 1, skipped: 2}, ""},
		{"empty Vitest", `{"success":true}`, r.readVitest, tally{}, noTests},
		{"broken Vitest", `{`, r.readVitest, tally{}, "read the report"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := tt.read(path)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(tally{})); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error = %v, want %q", err, tt.err)
			}
		})
	}
}
