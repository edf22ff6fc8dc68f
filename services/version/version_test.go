package version_test

import (
	"runtime"
	"testing"

	"github.com/tasklane/tasklane/services/version"
)

// TestVersion sets package variables, so it cannot run in parallel.
func TestVersion(t *testing.T) {
	for _, tc := range []struct{ number, revision, want string }{
		{"dev", "", "tasks dev"},
		{"1.2.3", "0123abc", "tasks 1.2.3 (0123abc)"},
	} {
		version.Number, version.Revision = tc.number, tc.revision
		if got, want := version.Line("tasks"), tc.want+" "+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	version.Number, version.Revision = "dev", ""
}
