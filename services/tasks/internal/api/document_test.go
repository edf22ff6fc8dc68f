package api_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/tasks/internal/api"
)

var update = flag.Bool("update", false, "write the golden files")

// TestDocument_IsCommitted compares the service's OpenAPI document with the committed one, from which
// the TypeScript types are generated.
func TestDocument_IsCommitted(t *testing.T) {
	t.Parallel()
	const golden = "../../../../web-contract/openapi/tasks.yaml"
	got, err := api.Document()
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
		t.Errorf("the document changed; \"make generate\" writes it (-committed +emitted):\n%s", diff)
	}
}
