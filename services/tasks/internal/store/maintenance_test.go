package store_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestOneReplicaPurges makes ten replicas offer to purge at once, in two periods.
func TestOneReplicaPurges(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	replicas := make([]*store.Store, 10)
	for i := range replicas {
		replicas[i] = storetest.Open(t, store.Config{URL: db.URL})
	}
	for period := range 2 {
		var began atomic.Int64
		var group errgroup.Group
		for _, s := range replicas {
			for range 3 {
				group.Go(func() error {
					purged, _, err := s.PurgeInTurn(t.Context())
					if purged {
						began.Add(1)
					}
					return err
				})
			}
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if n := began.Load(); n != 1 {
			t.Errorf("period %d: %d purges began, want 1", period, n)
		}
		asOwner(t, db, "UPDATE tasklane.timers SET begun_at = begun_at - interval '61 min'")
	}
}

// TestPurgeWaitsForASecond checks that the limit is set in an explicit transaction, in which
// Citus propagates it to the servers with the rows.
func TestPurgeWaitsForASecond(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	r := &recorder{texts: map[string][]any{}}
	s := storetest.Open(t, store.Config{URL: db.URL, Tracer: r})
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, begun := r.texts["begin"]; !begun {
		t.Errorf("Purge sent %q without a transaction", slices.Collect(maps.Keys(r.texts)))
	}
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var limit string
	err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT tasklane.purge()"); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "SHOW lock_timeout").Scan(&limit)
	})
	if err != nil || limit != "1s" {
		t.Errorf("the transaction waits %s for a lock, %v; want 1s", limit, err)
	}
}

// TestPurge_LocksUsersInOrder makes a purge wait for the first of two users. Meanwhile it must
// hold no lock that either of them needs.
func TestPurge_LocksUsersInOrder(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			// The second user's tombstone is the older one.
			asOwner(t, db, `
				INSERT INTO tasklane.user_state (user_id, seq) VALUES ('1', 3), ('2', 3);
				INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at) VALUES
					('1', 'task', gen_random_uuid(), 2, now() - interval '31 days'), ('1', 'task', gen_random_uuid(), 1, now() - interval '32 days'),
					('2', 'task', gen_random_uuid(), 3, now() - interval '33 days'), ('2', 'task', gen_random_uuid(), 2, now() - interval '1 day');
				INSERT INTO tasklane.idempotency_keys (user_id, key, place, request, resource, snapshot, created_at)
					SELECT n::text, 'k', 0, '', gen_random_uuid(), '', now() - interval '2 days' FROM generate_series(1, 2) n`)
			conn, err := pgx.Connect(t.Context(), db.OwnerURL)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
			exec := func(statement string) {
				t.Helper()
				if _, err := conn.Exec(t.Context(), statement); err != nil {
					t.Errorf("%s: %v", statement, err)
				}
			}
			exec("BEGIN; SELECT FROM tasklane.user_state WHERE user_id = '1' FOR UPDATE")
			s := storetest.Open(t, store.Config{URL: db.URL})
			var removed int64
			var purging errgroup.Group
			purging.Go(func() (err error) {
				removed, err = s.Purge(t.Context())
				return err
			})
			awaitWaiters(t, db, 1, 0)
			asOwner(t, db, "SELECT FROM tasklane.user_state WHERE user_id = '2' FOR UPDATE NOWAIT")
			exec("DELETE FROM tasklane.idempotency_keys WHERE user_id = '1'")
			exec("COMMIT")
			if err := purging.Wait(); err != nil || removed != 4 {
				t.Errorf("removed %d rows, %v; want three tombstones and a key", removed, err)
			}
			var purged string
			if err := conn.QueryRow(t.Context(), "SELECT string_agg(purged_seq::text, ' ' ORDER BY user_id) FROM tasklane.user_state").Scan(&purged); err != nil || purged != "2 3" {
				t.Errorf("purged up to %s, %v; want 2 and 3", purged, err)
			}
		})
	}
}

// TestPurge_KeepsARestoredTask purges deleted tasks of two users while one of them restores a
// task. That task stays, and each user's tombstones have the next numbers, in order of ids.
func TestPurge_KeepsARestoredTask(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			s := storetest.Open(t, store.Config{URL: db.URL})
			ids := map[string][]uuid.UUID{}
			for range 3 {
				for _, user := range []string{alice, bob} {
					ids[user] = append(ids[user], uuid.MustParse(mustCreate(t, s, user, full()).ID))
				}
			}
			for user, all := range ids {
				for _, id := range slices.Backward(all) {
					write(t, s, user, trash(id), nil)
				}
			}
			age(t, db, "0", "31 days")
			conn, err := pgx.Connect(t.Context(), db.OwnerURL)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
			var removed int64
			var purging errgroup.Group
			err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), "SELECT FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", alice); err != nil {
					return err
				}
				purging.Go(func() (err error) {
					removed, err = s.Purge(t.Context())
					return err
				})
				awaitWaiters(t, db, 1, 0)
				_, err := tx.Exec(t.Context(), "UPDATE tasklane.tasks SET deleted_at = NULL WHERE user_id = $1 AND id = $2", alice, ids[alice][1])
				return err
			})
			if err := errors.Join(err, purging.Wait()); err != nil || removed != 5 {
				t.Errorf("removed %d, %v; want all but the restored task", removed, err)
			}
			if left := checkUsage(t, db, "after the purge"); left.Resources != 1 {
				t.Errorf("%d of Alice's tasks are left, want 1", left.Resources)
			}
			for user, want := range map[string][]uuid.UUID{alice: {ids[alice][0], ids[alice][2]}, bob: ids[bob]} {
				page, err := s.Changes(t.Context(), user, after(6), 10)
				if err != nil {
					t.Fatal(err)
				}
				var got []uuid.UUID
				for i, change := range page.Changes {
					if change.Seq != int64(7+i) || change.Data != nil {
						t.Errorf("%s: change %d is %+v, want a tombstone", user, 7+i, change)
					}
					got = append(got, uuid.MustParse(change.ID))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: the tombstones (-want +got):\n%s", user, diff)
				}
			}
		})
	}
}
