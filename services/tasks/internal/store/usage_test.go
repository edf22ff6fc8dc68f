package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// checkUsage compares the usage in a user's state with that of the rows.
func checkUsage(t *testing.T, db storetest.Database, when string) store.Usage {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var stored, actual store.Usage
	err = conn.QueryRow(t.Context(), `
		SELECT resources, bytes,
			(SELECT count(*) FROM tasklane.tasks t WHERE t.user_id = s.user_id) + (SELECT count(*) FROM tasklane.lists l WHERE l.user_id = s.user_id),
			(SELECT coalesce(sum(100 + octet_length(title) + octet_length(description) + octet_length(array_to_string(tags, '')) + octet_length(recurrence)), 0)
				FROM tasklane.tasks t WHERE t.user_id = s.user_id)
			+ (SELECT coalesce(sum(100 + octet_length(name)), 0) FROM tasklane.lists l WHERE l.user_id = s.user_id)
			+ (SELECT 100 * count(*) FROM tasklane.erased e WHERE e.user_id = s.user_id)
			+ (SELECT coalesce(sum(size), 0) FROM tasklane.idempotency_keys k WHERE k.user_id = s.user_id)
		FROM tasklane.user_state s WHERE user_id = $1`, alice).Scan(&stored.Resources, &stored.Bytes, &actual.Resources, &actual.Bytes)
	if err != nil || stored != actual {
		t.Errorf("%s: the stored usage is %+v, that of the rows %+v, %v", when, stored, actual, err)
	}
	return actual
}

// TestUsage_EqualsTheRows creates, changes, deletes, erases and purges, alone and in batches, with
// keys and without, in both forms of the schema.
func TestUsage_EqualsTheRows(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			s := storetest.Open(t, store.Config{URL: db.URL})
			random := rand.New(rand.NewPCG(1, 2))
			text := func() string { return strings.Repeat("ä", 1+random.IntN(300)) }
			var ids []uuid.UUID
			operation := func() store.Operation {
				if len(ids) == 0 || random.IntN(3) == 0 {
					return create(taskapi.CreateTaskRequest{Title: text(), Description: text(), Tags: []string{"home", text()[:2]}})
				}
				id := ids[random.IntN(len(ids))]
				return []store.Operation{
					update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some(text())}),
					update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
					replace(id, taskapi.ReplaceTaskRequest{Title: text()}),
					trash(id), restore(id), erase(id),
				}[random.IntN(6)]
			}
			for n := range 200 {
				var key *store.IdempotencyKey
				if n%2 == 0 {
					key = &store.IdempotencyKey{Key: fmt.Sprint(n)}
				}
				operations := []store.Operation{operation()}
				for range random.IntN(3) {
					operations = append(operations, operation())
				}
				for range 1 + n%3/2 { // some are repeated
					out, err := s.Batch(t.Context(), alice, operations, key)
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						t.Fatal(err)
					}
					for _, r := range out.Resources {
						ids = append(ids, r.ID)
					}
				}
				if n%40 == 39 {
					checkUsage(t, db, fmt.Sprintf("after %d batches", n+1))
				}
				if n == 150 {
					age(t, db, "2 days", "31 days")
					if _, err := s.Purge(t.Context()); err != nil {
						t.Fatal(err)
					}
					checkUsage(t, db, "after a purge")
				}
			}
			for _, days := range []string{"31 days", "31 days"} { // the trash, then its tombstones
				age(t, db, days, days)
				if _, err := s.Purge(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			want := checkUsage(t, db, "after all purges")
			if usage, err := s.Usage(t.Context(), alice); err != nil || usage != want {
				t.Errorf("Usage: %+v, %v; want %+v", usage, err, want)
			}
			if _, err := s.EraseUser(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
			if usage, err := s.Usage(t.Context(), alice); err != nil || usage != (store.Usage{}) {
				t.Errorf("Usage of an erased user: %+v, %v", usage, err)
			}
		})
	}
}

// TestQuota checks that writes beyond the quota are rejected.
func TestQuota(t *testing.T) {
	t.Parallel()
	isFull := func(t *testing.T, s *store.Store, what string, op store.Operation, key *store.IdempotencyKey) {
		t.Helper()
		before, err := s.Usage(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), alice, op, key); !errors.Is(err, store.ErrFull) {
			t.Errorf("%s: %v, want ErrFull", what, err)
		}
		if after, err := s.Usage(t.Context(), alice); err != nil || after != before {
			t.Errorf("%s: %+v before, %+v after, %v", what, before, after, err)
		}
	}
	t.Run("bounds resources", func(t *testing.T) {
		t.Parallel()
		s := storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, MaxResources: 2})
		key := &store.IdempotencyKey{Key: "first"}
		first := write(t, s, alice, create(full()), key)
		second := uuid.MustParse(mustCreate(t, s, alice, full()).ID)
		isFull(t, s, "a third task", create(full()), nil)
		isFull(t, s, "a third task with a key", create(full()), &store.IdempotencyKey{Key: "third"})
		mustCreate(t, s, bob, full())
		if again := write(t, s, alice, create(full()), key); again.ID != first.ID {
			t.Error("the stored response of a used key is not replayed")
		}
		write(t, s, alice, update(second, taskapi.UpdateTaskRequest{Title: taskapi.Some("New")}), nil)
		write(t, s, alice, trash(second), nil)
		isFull(t, s, "a task in place of one in the trash", create(full()), nil)
		write(t, s, alice, erase(second), nil)
		mustCreate(t, s, alice, full())
		_, err := s.Batch(t.Context(), "carol", []store.Operation{create(full()), create(full()), create(full())}, nil)
		if usage, failed := s.Usage(t.Context(), "carol"); !errors.Is(err, store.ErrFull) || !errors.Is(failed, store.ErrUnknownUser) {
			t.Errorf("a batch of three: %v, %+v, %v", err, usage, failed)
		}
		if n := s.WritesRejected(); n != 4 {
			t.Errorf("%d writes were counted as rejected, want 4", n)
		}
	})
	t.Run("bounds bytes", func(t *testing.T) {
		t.Parallel()
		const room = 2000
		s := storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, MaxBytes: room})
		id := uuid.MustParse(mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: strings.Repeat("a", 400)}).ID)
		larger := update(id, taskapi.UpdateTaskRequest{Description: taskapi.Some(strings.Repeat("b", room))})
		isFull(t, s, "a longer description", larger, nil)
		// Responses stored for keys count too, also of writes that change nothing.
		complete := func(key string) {
			t.Helper()
			write(t, s, alice, update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}), &store.IdempotencyKey{Key: key})
		}
		complete("1")
		complete("2")
		complete("3") // 500 bytes for the task and for each response
		isFull(t, s, "a change with a key", update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}), &store.IdempotencyKey{Key: "4"})
		isFull(t, s, "nothing with a key", update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}), &store.IdempotencyKey{Key: "5"})
		write(t, s, alice, update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}), nil)
		write(t, s, alice, trash(id), &store.IdempotencyKey{Key: "6"})
		write(t, s, alice, erase(id), &store.IdempotencyKey{Key: "7"})
		// Five stored outcomes and the tombstone remain, without texts.
		if usage, err := s.Usage(t.Context(), alice); err != nil || usage != (store.Usage{Bytes: 6 * 100}) {
			t.Errorf("after erasing, the usage is %+v, %v", usage, err)
		}
	})
}
