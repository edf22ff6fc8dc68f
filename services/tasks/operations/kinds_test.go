package operations

import (
	"slices"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestDocumentsEveryKind(t *testing.T) {
	t.Parallel()
	var names []taskapi.Kind
	for _, k := range kinds {
		names = append(names, k.name)
	}
	if !slices.Equal(names, taskapi.Kinds()) {
		t.Errorf("kinds (operations/resources.go) has %q, taskapi.Kinds %q", names, taskapi.Kinds())
	}
}
