package store

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestStatementsHoldNoValues builds the statements with two sets of values: a
// value in a text would make the texts differ.
func TestStatementsHoldNoValues(t *testing.T) {
	t.Parallel()
	s := &Store{bun: bun.NewDB(nil, pgdialect.New())}
	texts := func(user, title string, limit int) []string {
		t.Helper()
		id := uuid.New()
		c := content{Title: title, Description: title, Tags: []string{title}, Priority: taskapi.Low}
		after := cursor{Filter: "completed=true", ID: id}.String()
		var texts []string
		for _, build := range []func() (statement, error){
			func() (statement, error) { return s.bumpOrBegin(user) },
			func() (statement, error) { return s.insertTask(user, id, c) },
			func() (statement, error) { return s.selectTask(user, id) },
			func() (statement, error) {
				return s.selectPage(user, taskapi.ListTasksOptions{Limit: limit, Completed: new(true), Cursor: after})
			},
			func() (statement, error) {
				var b bound
				return s.build(ofTask(s.setContent(&b, c), &b, user, id), &b)
			},
		} {
			st, err := build()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(st.text, "user_id = $") && !strings.Contains(st.text, `"user_id"`) {
				t.Errorf("does not name the user: %s", st.text)
			}
			texts = append(texts, st.text)
		}
		return texts
	}
	one, other := texts("alice", "Water", 50), texts("bob", "Rest'; --", 51)
	for i := range one {
		if one[i] != other[i] {
			t.Errorf("a value is in the text:\n%s\n%s", one[i], other[i])
		}
	}
}
