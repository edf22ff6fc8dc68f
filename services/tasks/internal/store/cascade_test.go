package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// fillList inserts many tasks into a list of alice's, by one statement.
const fillList = `
	UPDATE tasklane.user_state SET seq = seq + %[2]d, resources = resources + %[2]d, bytes = bytes + 101 * %[2]d WHERE user_id = 'alice';
	INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, priority, tags, list_id, position, created_at, updated_at, title_key, words, size)
	SELECT 'alice', md5(n::text)::uuid, s.seq - %[2]d + n, 1, 'a', '', 0, '{}', '%[1]s', md5('p' || n) || 'V', now(), now(), '', '''#2'''::tsvector, 101
	FROM generate_series(1, %[2]d) AS n, tasklane.user_state AS s WHERE s.user_id = 'alice'`

// TestCascades_TakeFewStatements deletes, restores and erases a list of ten thousand
// tasks. The number of statements and round trips must not depend on the number of tasks.
func TestCascades_TakeFewStatements(t *testing.T) {
	t.Parallel()
	const many = 10_000
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			count := &batchCounter{recorder: recorder{texts: map[string][]any{}}}
			s := storetest.Open(t, store.Config{URL: db.URL, Tracer: count})
			list := makeList(t, s, alice, taskapi.CreateListRequest{Name: "Garden"})
			earlier := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "b", ListID: new(list.String())})
			write(t, s, alice, trash(uuid.MustParse(earlier.ID)), nil)
			asOwner(t, db, fmt.Sprintf(fillList, list, many))
			seq := int64(many + 3)
			for _, step := range []struct {
				op       taskapi.BatchOp
				trips    int
				changes  int64
				live     int64
				resource int64
			}{
				{taskapi.BatchDelete, 1, many + 1, 0, many + 2},
				{taskapi.BatchRestore, 2, many + 1, many, many + 2},
				{taskapi.BatchErase, 2, many + 2, 0, 0},
			} {
				if db.Pooled {
					step.trips = 2 // no writes without the lock
				}
				count.sent, count.texts = 0, map[string][]any{}
				began := time.Now()
				if _, err := s.Write(t.Context(), alice, store.Operation{Op: step.op, Kind: taskapi.KindList, ID: list}, nil); err != nil {
					t.Fatal(err)
				}
				t.Logf("%s of %d tasks took %v", step.op, many, time.Since(began))
				if count.sent != step.trips || len(count.texts) > 15 {
					t.Errorf("%s took %d round trips and %d statements, want %d and at most 15", step.op, count.sent, len(count.texts), step.trips)
				}
				stats, err := s.TaskStats(t.Context(), alice, time.UTC)
				if err != nil || stats.Open != step.live {
					t.Errorf("after %s there are %d tasks, %v; want %d", step.op, stats.Open, err, step.live)
				}
				if usage := checkUsage(t, db, string(step.op)); usage.Resources != step.resource {
					t.Errorf("after %s there are %d resources, want %d", step.op, usage.Resources, step.resource)
				}
				seen := map[int64]bool{}
				for from := after(seq); ; {
					page, err := s.Changes(t.Context(), alice, from, taskapi.MaxListLimit)
					if err != nil {
						t.Fatal(err)
					}
					for _, change := range page.Changes {
						seen[change.Seq] = true
					}
					if from = page.Next; !page.More {
						break
					}
				}
				for n := seq + 1; n <= seq+step.changes; n++ {
					if !seen[n] {
						t.Fatalf("%s: the change %d is missing", step.op, n)
					}
				}
				if seq += step.changes; int64(len(seen)) != step.changes {
					t.Errorf("%s made %d changes, want %d", step.op, len(seen), step.changes)
				}
			}
		})
	}
}
