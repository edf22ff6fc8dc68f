package api_test

import (
	"testing"

	"github.com/tasklane/tasklane/services/httpapi/contracttest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestEveryFieldIsStored writes and reads every field of the document.
func TestEveryFieldIsStored(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	// It inserts every column, so its error names one that no migration adds.
	if err := storetest.Open(t, store.Config{URL: db.URL}).ProbeIsolation(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newReplica(t, db)
	document, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	contracttest.Fields(t, document, contracttest.User{Send: s.sender("alice")}, contracttest.FieldRules{
		Alternatives: [2]string{"dueAt", "dueOn"},
		Together:     []string{"dueAt", "dueOn", "recurrence"},
		Values:       map[string][2]any{"recurrence": {"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE"}},
	})
}

func TestRequestsAreStrictAndResponsesOpen(t *testing.T) {
	t.Parallel()
	document, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	contracttest.Openness(t, document)
}
