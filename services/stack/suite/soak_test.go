package suite

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

func TestCounts_SumPrintedLines(t *testing.T) {
	t.Parallel()
	c := counts{}
	for _, line := range []string{
		"    x_test.go:7: counted: requests sent 20, leaks 0\n",
		"    x_test.go:8: counted: requests sent 5, writes lost 1\n",
		"    x_test.go:9: requests sent 100\n",
	} {
		c.read(line)
	}
	if diff := cmp.Diff(counts{"requests sent": 25, "leaks": 0, "writes lost": 1}, c); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	const want = "leaks                               0\nrequests sent                      25\nwrites lost                         1\n"
	if diff := cmp.Diff(want, c.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	counts(nil).read("counted: leaks 1") // ignored
}

func TestFuzzTargets_IncludeEveryModule(t *testing.T) {
	t.Parallel()
	targets, err := fuzzTargets(repotest.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []fuzzTarget{
		{"sdk", "./.", "FuzzEvents"},
		{"services", "./wirejson", "FuzzUnmarshal"},
		{"services", "./httpapi", "FuzzParsePreconditions"},
		{"services", "./tasks/operations", "FuzzHeaders"},
		{"services", "./tasks/operations", "FuzzListQuery"},
		{"services", "./tasks/internal/api", "FuzzMergePatch"},
		{"services", "./tasks/internal/jwtauth", "FuzzVerify"},
		{"services", "./tasks/internal/store", "FuzzCursor"},
		{"bff", "./internal/session", "FuzzCookies"},
		{"bff", "./internal/web", "FuzzClientAddress"},
	} {
		if !slices.Contains(targets, want) {
			t.Errorf("%v was not found", want)
		}
	}
}
