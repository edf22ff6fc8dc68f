package web_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/web"
)

var update = flag.Bool("update", false, "write the golden files")

func TestDocument_IsCommitted(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("..", "..", "..", "web-contract", "openapi", "bff.yaml")
	got, err := web.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the document has changed; run `make generate` (-file +code):\n%s", diff)
	}
}
