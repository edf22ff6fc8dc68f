package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestOneReplicaPurges has ten replicas offer to purge at the same time, in two
// periods.
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
					did, _, err := s.PurgeInTurn(t.Context(), time.Hour)
					if did {
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
