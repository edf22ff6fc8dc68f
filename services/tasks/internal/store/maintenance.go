package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// KeyAge is how long the answer of a write is kept with its idempotency
	// key.
	KeyAge = 24 * time.Hour
	// Retention is how long a task stays in the trash, and after that what
	// tells readers of the changes that it is gone.
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
// tasks it removed. With [ErrUnavailable] it may have done so; it can be called
// again.
func (s *Store) EraseUser(ctx context.Context, user string) (tasks int64, err error) {
	batch := s.newBatch()
	setUser(user).queue(batch)
	// The user's lock first, as in every change.
	batch.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", user)
	batch.Queue("WITH gone AS (DELETE FROM tasklane.tasks WHERE user_id = $1 RETURNING 1) SELECT count(*) FROM gone", user).
		QueryRow(func(row pgx.Row) error { return row.Scan(&tasks) })
	batch.Queue("DELETE FROM tasklane.erased WHERE user_id = $1", user)
	batch.Queue("DELETE FROM tasklane.idempotency_keys WHERE user_id = $1", user)
	batch.Queue("DELETE FROM tasklane.user_state WHERE user_id = $1", user)
	if err := s.send(ctx, new(patience), batch); err != nil {
		return 0, fmt.Errorf("erase user: %w", err)
	}
	return tasks, nil
}

// exportPage is the number of tasks that an export reads at a time.
const exportPage = 500

// ExportUser calls each with every task of a user, in the trash or outside it,
// in the order of their ids. Tasks that change meanwhile may be in either state.
func (s *Store) ExportUser(ctx context.Context, user string, each func(taskapi.Task) error) error {
	after := [16]byte{}
	for {
		var rows []taskRow
		err := s.run(ctx, setUser(user), func(batch *pgx.Batch) {
			batch.Queue("SELECT "+taskColumns+" FROM tasklane.tasks WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3",
				user, after, exportPage).Query(readRows(&rows))
		})
		if err != nil {
			return fmt.Errorf("export user: %w", err)
		}
		for i := range rows {
			if err := each(rows[i].task()); err != nil {
				return fmt.Errorf("export user: %w", err)
			}
		}
		if len(rows) < exportPage {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}
