package generators

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedClientsAcceptNewFields generates a client of each document with each
// generator, in a module outside the repository, and runs the test of the clients there. `make verify`
// compares the output of openapi-typescript, which generates the types of the TypeScript
// client.
func TestGeneratedClientsAcceptNewFields(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for from, to := range map[string]string{
		"go.mod": "go.mod", "go.sum": "go.sum", "testdata/clients_test.go": "clients_test.go", "testdata/ogen.yml": "ogen.yml",
		"../tasks.yaml": "tasks.yaml", "../bff.yaml": "bff.yaml",
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GOWORK=off")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, output)
		}
	}
	for _, document := range []string{"tasks", "bff"} {
		if err := os.MkdirAll(filepath.Join(dir, "oapi", document), 0o700); err != nil {
			t.Fatal(err)
		}
		run("tool", "oapi-codegen", "-generate", "types,client", "-package", document, "-o", "oapi/"+document+"/client.go", document+".yaml")
		run("tool", "ogen", "--config", "ogen.yml", "--package", document, "--target", "ogen/"+document, document+".yaml")
	}
	run("test", "-trimpath", "./...")
}
