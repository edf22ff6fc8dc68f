//go:build drill

package drill_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// clients returns the directory of the newest PostgreSQL client programs: in PG_BIN_DIR
// if it is set, else on PATH or in the directories that packages install to. The npm
// packages that have the server for tests do not have these programs.
func clients(t *testing.T) string {
	t.Helper()
	var dirs []string
	if dir := os.Getenv("PG_BIN_DIR"); dir != "" {
		dirs = []string{dir}
	} else {
		for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/opt/homebrew/opt/libpq/bin"} {
			found, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			dirs = append(dirs, found...)
		}
		if onPath, err := exec.LookPath("pg_dump"); err == nil {
			dirs = append(dirs, filepath.Dir(onPath))
		}
	}
	best, newest := "", 0
	for _, dir := range dirs {
		if major := majorOf(filepath.Join(dir, "pg_dump")); major > newest && majorOf(filepath.Join(dir, "pg_restore")) == major && majorOf(filepath.Join(dir, "psql")) > 0 {
			best, newest = dir, major
		}
	}
	if best == "" {
		t.Fatalf("this test needs pg_dump, pg_restore and psql, as in the package postgresql-client (looked in %s; set PG_BIN_DIR to their directory)", strings.Join(dirs, ", "))
	}
	// A server of the same version if there is one: pg_dump rejects newer ones.
	if slices.ContainsFunc([]string{"initdb", "postgres"}, func(name string) bool { return majorOf(filepath.Join(best, name)) != newest }) {
		t.Logf("the server comes from the npm package, pg_dump %d from %s", newest, best)
	} else {
		t.Setenv("PG_BIN_DIR", best)
	}
	return best
}

// majorOf returns a program's major version, or 0 if it is unknown.
func majorOf(program string) int {
	out, err := exec.Command(program, "--version").Output() //nolint:gosec // a PostgreSQL program
	if err != nil {
		return 0
	}
	match := regexp.MustCompile(`\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return 0
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return 0
	}
	return major
}
