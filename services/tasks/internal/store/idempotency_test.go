package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestIdempotency(t *testing.T) {
	t.Parallel()
	key := func(name string, request byte) *store.IdempotencyKey {
		return &store.IdempotencyKey{Key: name, Request: [32]byte{request}}
	}

	t.Run("200 concurrent requests with one key create one task", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		outcomes := make([]store.Outcome, 200)
		var group errgroup.Group
		for i := range outcomes {
			group.Go(func() (err error) {
				outcomes[i], err = s.Write(t.Context(), alice, create(full()), key("k", 1))
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		executed := 0
		for _, out := range outcomes {
			if !out.Replayed {
				executed++
			}
			if diff := cmp.Diff(outcomes[0].Resources, out.Resources); diff != "" {
				t.Fatalf("responses differ:\n%s", diff)
			}
		}
		if n := len(mustList(t, s, alice, taskapi.ListTasksOptions{}).Tasks); n != 1 || executed != 1 {
			t.Errorf("%d requests created %d tasks, want one and one", executed, n)
		}
	})

	t.Run("every write can be repeated", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := uuid.MustParse(mustCreate(t, s, alice, full()).ID)
		for _, step := range []struct {
			name       string
			operations []store.Operation
		}{
			{"update", []store.Operation{update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")})}},
			{"replace", []store.Operation{replace(id, taskapi.ReplaceTaskRequest{Title: "Newer", DueAt: full().DueAt, Tags: full().Tags})}},
			{"delete", []store.Operation{trash(id)}},
			{"restore", []store.Operation{restore(id)}},
			{"several", []store.Operation{create(full()), update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})}},
			{"create and erase", []store.Operation{erase(id), create(full())}},
		} {
			first, err := s.Batch(t.Context(), alice, step.operations, key(step.name, 1))
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			again, err := s.Batch(t.Context(), alice, step.operations, key(step.name, 1))
			if err != nil {
				t.Fatalf("%s again: %v", step.name, err)
			}
			first.Replayed = true
			if step.name == "create and erase" {
				first.Erased = true
				first.Resources[0].Data = again.Resources[0].Data // without content
			}
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("%s again (-first +again):\n%s", step.name, diff)
			}
			if _, err := s.Batch(t.Context(), alice, step.operations, key(step.name, 2)); !errors.Is(err, store.ErrKeyReused) {
				t.Errorf("%s with the key of another request: %v, want ErrKeyReused", step.name, err)
			}
		}
	})

	t.Run("a key belongs to its user", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		ours := write(t, s, alice, create(full()), key("k", 1))
		theirs := write(t, s, bob, create(full()), key("k", 1))
		if ours.ID == theirs.ID {
			t.Error("bob's response has alice's task")
		}
	})

	t.Run("a failed write stores no snapshot", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := uuid.MustParse(mustCreate(t, s, alice, full()).ID)
		if err := errorOf(s.Write(t.Context(), alice, ifVersion(trash(id), 9), key("k", 1))); !errors.Is(err, store.ErrVersionConflict) {
			t.Fatalf("delete: %v, want a conflict", err)
		}
		if err := errorOf(s.Write(t.Context(), alice, trash(id), key("k", 1))); err != nil {
			t.Errorf("delete without the condition: %v", err)
		}
	})
}

// TestStoredOutcome_IsAsLongAsItsTexts checks that characters which HTML escapes take no more
// room than others: the quota counts them as one byte each.
func TestStoredOutcome_IsAsLongAsItsTexts(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	key := &store.IdempotencyKey{Key: "k"}
	request := taskapi.CreateTaskRequest{Title: "<a & b>", Description: strings.Repeat("<", taskapi.MaxDescriptionLength)}
	created := write(t, s, alice, create(request), key)
	asOwner(t, db, fmt.Sprintf("DO $$ BEGIN ASSERT (SELECT max(octet_length(snapshot)) FROM tasklane.idempotency_keys) < %d; END $$", taskapi.MaxDescriptionLength+1000))
	if diff := cmp.Diff(created, write(t, s, alice, create(request), key)); diff != "" {
		t.Errorf("the replayed task (-created +replayed):\n%s", diff)
	}
}

// TestErasedTextIsNotKept searches the whole database for the text of an erased task, after
// all kinds of writes.
func TestErasedTextIsNotKept(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	const secret = "zebratext"
	content := full()
	content.Description = secret
	content.Recurrence = nil // its next task would have the text, too
	id := uuid.MustParse(write(t, s, alice, create(content), &store.IdempotencyKey{Key: "create"}).ID)
	write(t, s, alice, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some(secret)}), &store.IdempotencyKey{Key: "update"})
	write(t, s, alice, create(content), &store.IdempotencyKey{Key: "other"})
	batches := [][]store.Operation{
		{create(full()), update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)})},
		{update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}), erase(id)},
	}
	for i, batch := range batches {
		if _, err := s.Batch(t.Context(), alice, batch, &store.IdempotencyKey{Key: fmt.Sprint("batch", i)}); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for table, want := range map[string]int{"idempotency_keys": 1, "tasks": 1, "erased": 0, "user_state": 0} {
		var n int
		query := "SELECT count(*) FROM tasklane." + table + " r WHERE r::text LIKE '%" + secret + "%'"
		if table == "idempotency_keys" {
			query = "SELECT count(*) FROM tasklane.idempotency_keys WHERE convert_from(snapshot, 'UTF8') LIKE '%" + secret + "%'"
		}
		if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil || n != want {
			t.Errorf("%s contains the text %d times, %v; want %d, of the other task", table, n, err, want)
		}
	}
	again, err := s.Batch(t.Context(), alice, batches[0], &store.IdempotencyKey{Key: "batch0"})
	if err != nil || !again.Replayed || !again.Erased || again.Resources[1].ID != id || again.Resources[0].Data.(taskapi.Task).Title != full().Title {
		t.Errorf("the batch again: %+v, %v", again, err)
	}
}
