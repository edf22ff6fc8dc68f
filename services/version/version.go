// Package version holds the version of the build.
package version

import (
	"fmt"
	"runtime"
)

// Set at build time by -ldflags "-X …/services/version.Number=1.2.3".
var (
	// Number is the release, or "dev".
	Number = "dev"
	// Revision is the commit, or empty if unknown.
	Revision = ""
)

// Line returns the output of "NAME version".
func Line(name string) string {
	revision := ""
	if Revision != "" {
		revision = " (" + Revision + ")"
	}
	return fmt.Sprintf("%s %s%s %s %s/%s", name, Number, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
