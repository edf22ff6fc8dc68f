// Package version says which build a program is.
package version

import (
	"fmt"
	"runtime"
)

// Set when a program is built, by -ldflags "-X …/services/version.Number=1.2.3".
var (
	// Number is the release, "dev" outside one.
	Number = "dev"
	// Revision is the commit that the program was built from; empty if unknown.
	Revision = ""
)

// Line returns what "NAME version" prints.
func Line(name string) string {
	revision := ""
	if Revision != "" {
		revision = " (" + Revision + ")"
	}
	return fmt.Sprintf("%s %s%s %s %s/%s", name, Number, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
