package sdk_test

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/tasklane/tasklane/sdk"
)

// TestGoDoc_PrintsThePackage runs the command that the READMEs recommend.
func TestGoDoc_PrintsThePackage(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), "go", "doc", "-all", "./sdk")
	command.Dir = ".."
	output, err := command.CombinedOutput()
	if err != nil || !bytes.Contains(output, []byte("func NewPasswordSource(")) {
		t.Errorf("%v: %s", err, output)
	}
}

// TestEveryOperationHasAnExample checks that each method of Client has an example with
// output.
func TestEveryOperationHasAnExample(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	hasOutput := make(map[string]bool)
	for _, example := range doc.Examples(files...) {
		hasOutput[example.Name] = example.Output != ""
	}
	for method := range reflect.TypeFor[*sdk.Client]().Methods() {
		if !slices.Contains([]string{"Close", "String", "GoString"}, method.Name) && !hasOutput["Client_"+method.Name] {
			t.Errorf("Client.%s has no example with output", method.Name)
		}
	}
}
