package taskapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	t.Run("every constant is in the catalog", func(t *testing.T) {
		t.Parallel()
		want := constants(t, "ErrorCode")
		got := texts(taskapi.ErrorCodes())
		slices.Sort(got)
		for _, code := range want {
			if !slices.Contains(got, code) {
				t.Errorf("%s has no status: add it to codes in error.go", code)
			}
		}
		if len(got) != len(want) {
			t.Errorf("ErrorCodes() has\n%q, the constants are\n%q", got, want)
		}
	})
	t.Run("every code is in snake case and has an error status", func(t *testing.T) {
		t.Parallel()
		name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
		previous := 0
		for _, code := range taskapi.ErrorCodes() {
			if !name.MatchString(string(code)) {
				t.Errorf("%q is not in snake case", code)
			}
			status := code.Status()
			if status < 400 || status > 599 {
				t.Errorf("%s has status %d", code, status)
			}
			if status < previous {
				t.Errorf("%s (%d) comes after a code of status %d", code, status, previous)
			}
			previous = status
		}
	})
	t.Run("an unknown code has status 500", func(t *testing.T) {
		t.Parallel()
		if got := taskapi.ErrorCode("from_the_future").Status(); got != 500 {
			t.Errorf("status %d, want 500", got)
		}
	})
	t.Run("a caller cannot change the catalog", func(t *testing.T) {
		t.Parallel()
		first := taskapi.ErrorCodes()[0]
		taskapi.ErrorCodes()[0] = "changed"
		if got := taskapi.ErrorCodes()[0]; got != first {
			t.Errorf("the first code is now %q", got)
		}
	})
}

func TestFieldErrorCodes_HasEveryConstant(t *testing.T) {
	t.Parallel()
	want := constants(t, "FieldErrorCode")
	got := texts(taskapi.FieldErrorCodes())
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("FieldErrorCodes() has\n%q, the constants are\n%q", got, want)
	}
}

func texts[S ~string](values []S) []string {
	var all []string
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}

// constants returns the values of the constants of a type in error.go, sorted. It reads
// the source, because only that has constants missing in the lists.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typeName {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, text)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("error.go has no constants of type %s", typeName)
	}
	slices.Sort(values)
	return values
}
