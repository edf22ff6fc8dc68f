// Package supply_test checks our dependencies: that CONTRIBUTING.md has a reason for
// each, and that their licenses allow us to ship them.
package supply_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

// modules are the Go modules of our programs; checks are those with tests of
// documents and of services/deploy.
var (
	modules = []string{"sdk", "services", "bff"}
	checks  = []string{"web-contract/openapi/generators", "services/deploy/check"}
)

// find returns the repository's files with a name, except installed and built ones.
func find(t *testing.T, name string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(repotest.Root(t), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "dist" || strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.Name() == name:
			found = append(found, path)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("files named %s: %v, %v", name, found, err)
	}
	return found
}

// TestEveryDependencyHasAReason looks up each direct dependency in the tables of
// CONTRIBUTING.md.
func TestEveryDependencyHasAReason(t *testing.T) {
	t.Parallel()
	_, tables, found := strings.Cut(repotest.Read(t, repotest.Root(t), "CONTRIBUTING.md"), "## Dependencies")
	if !found {
		t.Fatal("CONTRIBUTING.md has no list of dependencies")
	}
	listed := func(name string) bool {
		return regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(name) + `($|[^\w-])`).MatchString(tables)
	}
	count := 0
	for _, module := range slices.Concat(modules, checks) {
		for _, name := range required(t, module) {
			count++
			if short := shortName(name); !listed(short) {
				t.Errorf("%s needs %s, but CONTRIBUTING.md has no reason for %q", module, name, short)
			}
		}
	}
	for _, file := range find(t, "package.json") {
		var pkg struct{ Dependencies, DevDependencies, OptionalDependencies map[string]string }
		if err := json.Unmarshal([]byte(repotest.Read(t, file)), &pkg); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, names := range []map[string]string{pkg.Dependencies, pkg.DevDependencies, pkg.OptionalDependencies} {
			for name := range names {
				count++
				if ours := strings.HasPrefix(name, "@tasklane/"); !ours && !listed(familyName(name)) {
					t.Errorf("%s needs %s, but CONTRIBUTING.md has no reason for it", file, name)
				}
			}
		}
	}
	t.Logf("%d dependencies are listed", count)
}

// required returns a module's direct dependencies.
func required(t *testing.T, module string) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(repotest.Read(t, repotest.Root(t), module, "go.mod")) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && strings.HasPrefix(fields[1], "v") && !strings.Contains(line, "// indirect") && !strings.HasPrefix(fields[0], "github.com/tasklane/") {
			names = append(names, fields[0])
		}
	}
	return names
}

// shortName returns the name of a module in the tables: its last part that is not a
// version.
func shortName(module string) string {
	if version := regexp.MustCompile(`^v\d+$`); version.MatchString(path.Base(module)) {
		module = path.Dir(module)
	}
	return path.Base(module)
}

// familyName returns the name of a package in the tables, which have one entry for
// all packages of types and one for those of a platform.
func familyName(name string) string {
	switch scope, _, _ := strings.Cut(name, "/"); scope {
	case "@types", "@embedded-postgres":
		return scope + "/…"
	}
	return name
}

// permissive are the licenses of dependencies that we may ship in programs under the
// MIT license.
var permissive = []string{"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "MIT-0", "(MIT OR CC0-1.0)"}

// licenseTexts identify the licenses of Go modules by their wording.
var licenseTexts = []struct{ license, text string }{
	{"GPL", "GNU GENERAL PUBLIC LICENSE"},
	{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE"},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
	{"MPL-2.0", "Mozilla Public License"},
	{"Apache-2.0", "Apache License"},
	{"BSD-3-Clause", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
}

// TestGoLicensesAllowShipping checks the license of every module that is linked into one of our
// programs.
func TestGoLicensesAllowShipping(t *testing.T) {
	t.Parallel()
	dirs := map[string]string{}
	for _, module := range modules {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./...")
		list.Dir = filepath.Join(repotest.Root(t), module)
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list in %s: %v", module, err)
		}
		for line := range strings.Lines(string(out)) {
			if name, dir, found := strings.Cut(strings.TrimSpace(line), " "); found && !strings.HasPrefix(name, "github.com/tasklane/") {
				dirs[name] = dir
			}
		}
	}
	counts := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		license := licenseIn(t, dirs[name])
		counts[license]++
		if !slices.Contains(permissive, license) {
			t.Errorf("%s has the license %q", name, license)
		}
	}
	t.Logf("%d modules: %v", len(dirs), counts)
	if len(dirs) < 20 {
		t.Errorf("found only %d modules", len(dirs))
	}
}

func licenseIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := strings.ToUpper(entry.Name()); !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		words := strings.Join(strings.Fields(repotest.Read(t, dir, entry.Name())), " ")
		for _, known := range licenseTexts {
			if strings.Contains(words, known.text) {
				return known.license
			}
		}
	}
	return ""
}

// TestActionsArePinned: CI uses actions by commit, so that their owners cannot change
// them.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	workflows, err := filepath.Glob(filepath.Join(repotest.Root(t), ".github", "workflows", "*.yml"))
	if err != nil || len(workflows) == 0 {
		t.Fatal(workflows, err)
	}
	pinned := regexp.MustCompile(`^\s*- uses: [\w/-]+@[0-9a-f]{40} # v[0-9.]+$`)
	for _, workflow := range workflows {
		for line := range strings.Lines(repotest.Read(t, workflow)) {
			if strings.Contains(line, "uses:") && !pinned.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: %q lacks a commit and its version", workflow, strings.TrimSpace(line))
			}
		}
	}
}

// TestImagesAreBuiltWithoutSecrets checks .dockerignore.
func TestImagesAreBuiltWithoutSecrets(t *testing.T) {
	t.Parallel()
	ignored := strings.Split(repotest.Read(t, repotest.Root(t), ".dockerignore"), "\n")
	for _, name := range []string{".git", ".env", ".data", ".build"} {
		if !slices.Contains(ignored, name) {
			t.Errorf(".dockerignore lacks %s", name)
		}
	}
}

// toolLicenses are further licenses, by lock file, of packages for building, checking and
// testing, which are not shipped.
var toolLicenses = map[string][]string{
	"web-contract/package-lock.json":              {"MPL-2.0", "BlueOak-1.0.0", "Python-2.0"},
	"web-contract/openapi/lint/package-lock.json": {"Unlicense", "BlueOak-1.0.0", ""},
	"web-contract/e2e/next/package-lock.json": {
		"CC-BY-4.0", "LGPL-3.0-or-later", "Apache-2.0 AND LGPL-3.0-or-later", "Apache-2.0 AND LGPL-3.0-or-later AND MIT",
	},
}

// TestNodeLicensesAreAllowed checks the licenses in the lock files.
func TestNodeLicensesAreAllowed(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, file := range find(t, "package-lock.json") {
		var lock struct {
			Packages map[string]struct {
				License string
				Link    bool
			}
		}
		if err := json.Unmarshal([]byte(repotest.Read(t, file)), &lock); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		relative, err := filepath.Rel(repotest.Root(t), file)
		if err != nil {
			t.Fatal(err)
		}
		allowed := append(slices.Clone(permissive), toolLicenses[filepath.ToSlash(relative)]...)
		for name, pkg := range lock.Packages {
			if pkg.Link || !strings.Contains(name, "node_modules/") {
				continue // our own
			}
			counts[pkg.License]++
			if !slices.Contains(allowed, pkg.License) {
				t.Errorf("%s: %s has the license %q", relative, name, pkg.License)
			}
		}
	}
	t.Logf("packages by license: %v", counts)
}
