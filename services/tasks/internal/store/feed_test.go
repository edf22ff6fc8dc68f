package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestChanges_OfSeveralKindsLeadToTheStateOfTheDatabase makes writers change tasks and samples while a reader follows the
// changes. The reader must end with the state of the database.
func TestChanges_OfSeveralKindsLeadToTheStateOfTheDatabase(t *testing.T) {
	t.Parallel()
	const writers, writesEach = 6, 150
	s := store.AddSamples(storetest.Open(t, store.Config{URL: withSamples(t).URL}))
	var writing errgroup.Group
	for w := range writers {
		writing.Go(func() error {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			var mine []store.Resource
			for i := range writesEach {
				op := create(taskapi.CreateTaskRequest{Title: fmt.Sprint(w, i)})
				if random.IntN(2) == 0 {
					op = sample(taskapi.BatchCreate, uuid.Nil, store.SampleContent{Text: fmt.Sprint(w, i)})
				}
				if len(mine) > 20 {
					at := random.IntN(len(mine))
					op = store.Operation{Op: taskapi.BatchErase, Kind: mine[at].Kind, ID: mine[at].ID}
					mine = slices.Delete(mine, at, at+1)
				}
				out, err := s.Write(t.Context(), alice, op, nil)
				if err != nil {
					return err
				}
				if op.Op == taskapi.BatchCreate {
					mine = append(mine, out.Resources[0])
				}
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- writing.Wait() }()

	state := map[string]string{}
	var cursor int64
	for finished := false; ; {
		page, err := s.Changes(t.Context(), alice, after(cursor), 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range page.Changes {
			if change.Seq <= cursor {
				t.Fatalf("change %d came after %d", change.Seq, cursor)
			}
			cursor = change.Seq
			if state[change.ID] = string(change.Data); change.Erased() {
				delete(state, change.ID)
			}
		}
		if len(page.Changes) > 0 {
			continue
		}
		if finished {
			break
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			finished = true // then read once more
		default:
		}
	}
	want := map[string]string{}
	err := s.ExportUser(t.Context(), alice, func(r taskapi.Resource) error {
		var named struct{ ID string }
		err := json.Unmarshal(r.Data, &named)
		want[named.ID] = string(r.Data)
		return err
	})
	if diff := cmp.Diff(want, state); err != nil || diff != "" {
		t.Errorf("the state of the changes: %v (-database +changes):\n%s", err, diff)
	}
}

// TestChangesWhileOthersCommit makes a transaction commit between two statements of
// Changes, which then see different states of the database.
func TestChangesWhileOthersCommit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, lock, meanwhile string
		want                  error
	}{
		{
			"a change between two statements is on the next page", "tasklane.samples",
			"UPDATE tasklane.tasks SET seq = 3; UPDATE tasklane.samples SET seq = 4; UPDATE tasklane.user_state SET seq = 4", nil,
		},
		{
			"a purge between two statements is detected", "tasklane.erased",
			"UPDATE tasklane.user_state SET seq = 4, purged_seq = 3", store.ErrCursorExpired,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := withSamples(t)
			s := store.AddSamples(storetest.Open(t, store.Config{URL: db.URL + "&pool_max_conns=1"}))
			_, err := s.Batch(t.Context(), alice, []store.Operation{
				create(full()), sample(taskapi.BatchCreate, uuid.Nil, store.SampleContent{Text: "sample"}),
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Changes(t.Context(), alice, after(2), 10); err != nil { // prepares the statements
				t.Fatal(err)
			}
			owner, err := pgx.Connect(t.Context(), db.OwnerURL)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
			if _, err := owner.Exec(t.Context(), "BEGIN; LOCK TABLE "+tc.lock); err != nil {
				t.Fatal(err)
			}
			var page store.ChangePage
			var reading errgroup.Group
			reading.Go(func() (err error) {
				page, err = s.Changes(t.Context(), alice, after(2), 10)
				return err
			})
			awaitWaiters(t, db, 1, 0)
			if _, err := owner.Exec(t.Context(), tc.meanwhile+"; COMMIT"); err != nil {
				t.Fatal(err)
			}
			if err := reading.Wait(); !errors.Is(err, tc.want) {
				t.Fatalf("Changes: %v, want %v", err, tc.want)
			}
			if tc.want != nil {
				return
			}
			next, err := s.Changes(t.Context(), alice, page.Next, 10)
			if err != nil || len(page.Changes) != 0 || len(next.Changes) != 2 {
				t.Errorf("%v, then %v, %v; want none and two", page.Changes, next.Changes, err)
			}
		})
	}
}
