package sdk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSDKHasNoDependencies builds the README's program in another module with the SDK,
// offline, and checks that no other module is needed.
func TestSDKHasNoDependencies(t *testing.T) {
	t.Parallel()
	sdkDir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(start, end string) string {
		t.Helper()
		_, text, _ := strings.Cut(string(readme), start)
		text, _, found := strings.Cut(text, end)
		if !found {
			t.Fatalf("README.md has no text between %q and %q", start, end)
		}
		return text
	}
	write("go.mod", "module example.com/planner\n\ngo 1.26.0\n")
	write("planner.go", block("```go\n", "```"))
	write("planner_test.go", `package main

import (
	"testing"

	"github.com/tasklane/tasklane/sdk/sdktest"
)

func TestPlanner(t *testing.T) {
	sdktest.NewServer(t).Client(t, "alice")
}
`)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	edit := strings.ReplaceAll(block("\ngo mod edit ", "\n"), "../tasklane/sdk", sdkDir)
	run(append([]string{"mod", "edit"}, strings.Fields(edit)...)...)
	var modules []string
	for line := range strings.Lines(run("mod", "graph")) {
		// go mod graph lists the versions of Go, too.
		if !strings.Contains(line, "go@") && !strings.Contains(line, "toolchain@") {
			modules = append(modules, strings.TrimSpace(line))
		}
	}
	if got, want := strings.Join(modules, "\n"), "example.com/planner github.com/tasklane/tasklane/sdk@v0.0.0"; got != want {
		t.Errorf("go mod graph printed\n%s\nwant\n%s", got, want)
	}
	run("vet", "./...")
	if _, err := os.Stat(filepath.Join(dir, "go.sum")); !os.IsNotExist(err) {
		t.Errorf("go.sum exists (%v), so the SDK has a dependency", err)
	}
}
