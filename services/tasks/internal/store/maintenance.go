package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

const (
	// KeyAge is how long the outcome of a write is kept with its idempotency
	// key.
	KeyAge = 24 * time.Hour
	// Retention is how long a resource stays in the trash, and after that the
	// note for readers of the changes that it is gone.
	Retention = 30 * 24 * time.Hour
	// purgeStep is the number of rows of each table that one transaction
	// removes: few enough to be in nobody's way.
	purgeStep = 500
)

// PurgeInTurn does what [Store.Purge] does, unless somebody has begun to do so
// within the period. What one that failed or was cut off has left waits until the
// period is over.
func (s *Store) PurgeInTurn(ctx context.Context, period time.Duration) (began bool, removed int64, err error) {
	err = s.outage.repeat(ctx, func() error {
		return mapError(s.pool.QueryRow(ctx, "SELECT tasklane.claim('purge', $1)", period).Scan(&began))
	})
	if err != nil || !began {
		return began, 0, err
	}
	removed, err = s.Purge(ctx)
	return began, removed, err
}

// Purge removes what has expired, in small steps, and returns the number of
// rows it removed. Where another purge is running it removes nothing.
func (s *Store) Purge(ctx context.Context) (removed int64, err error) {
	for {
		var n int64
		err := s.outage.repeat(ctx, func() error {
			return mapError(s.pool.QueryRow(ctx, "SELECT tasklane.purge($1, $2, $3)", KeyAge, Retention, purgeStep).Scan(&n))
		})
		if err != nil {
			return removed, fmt.Errorf("purge: %w", err)
		}
		if n == 0 {
			return removed, nil
		}
		removed += n
	}
}

// EraseUser removes everything there is of a user and returns the number of
// resources it removed. With [ErrUnavailable] it may have done so; it can be
// called again.
func (s *Store) EraseUser(ctx context.Context, user string) (resources int64, err error) {
	batch := s.newBatch()
	setUser(user).queue(batch)
	// The user's lock first, as in every change, and the row last.
	batch.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", user)
	tables := usersTables(s.kinds)
	for i, table := range slices.Backward(tables) {
		batch.Queue("DELETE FROM "+table+" WHERE user_id = $1", user).Exec(func(done pgconn.CommandTag) error {
			if i >= len(tables)-len(s.kinds) {
				resources += done.RowsAffected()
			}
			return nil
		})
	}
	if err := s.send(ctx, new(patience), batch); err != nil {
		return 0, fmt.Errorf("erase user: %w", err)
	}
	return resources, nil
}

// exportPage is the number of resources that an export reads at a time.
const exportPage = 500

// ExportUser calls each with every resource of a user, in the trash or outside
// it, kind by kind and in the order of their ids. Resources that change
// meanwhile may be in either state.
func (s *Store) ExportUser(ctx context.Context, user string, each func(taskapi.Resource) error) error {
	for _, k := range s.kinds {
		var after uuid.UUID
		for more := true; more; {
			var rows []row
			err := s.run(ctx, setUser(user), func(batch *pgx.Batch) {
				rows = nil
				batch.Queue(k.selectBehind, user, [16]byte(after), exportPage).
					Query(k.read(func(r row) error { rows = append(rows, r); return nil }))
			})
			if err != nil {
				return fmt.Errorf("export user: %w", err)
			}
			for _, r := range rows {
				data, err := wirejson.Marshal(k.wire(r))
				if err == nil {
					err = each(taskapi.Resource{Kind: k.name, Data: data})
				}
				if err != nil {
					return fmt.Errorf("export user: %w", err)
				}
				after = r.shared().ID
			}
			more = len(rows) == exportPage
		}
	}
	return nil
}
