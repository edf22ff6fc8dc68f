package httpapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestUsesNoResource checks that this package imports nothing of the task service and uses
// only the wire types of errors.
func TestUsesNoResource(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^(Problem|ErrorCodes?|Code[A-Z]\w*|FieldErrorCodes?|FieldError|Field[A-Z]\w*)$`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range source.Imports {
			if strings.Contains(imported.Path.Value, "tasklane/services/tasks") {
				t.Errorf("%s imports %s", file.Name(), imported.Path.Value)
			}
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "taskapi" && !allowed.MatchString(selector.Sel.Name) {
					t.Errorf("%s uses taskapi.%s", file.Name(), selector.Sel.Name)
				}
			}
			return true
		})
	}
}
