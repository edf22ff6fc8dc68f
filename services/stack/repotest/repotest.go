// Package repotest gives tests the files of the repository.
package repotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/stack/checkout"
)

// Root returns the repository's top directory.
func Root(t testing.TB) string {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Read returns the text of a file, whose path may be given in parts.
func Read(t testing.TB, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Source returns the text of a directory's Go and JavaScript files, without tests
// and subdirectories.
func Source(t testing.TB, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"*.go", "*.mjs"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".test.mjs") {
				all.WriteString(Read(t, path))
			}
		}
	}
	return all.String()
}
