package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

// PurgeInTurn calls [Store.Purge] unless a replica has begun a purge within the last hour.
// The next purge removes the rows that a failed or interrupted one has left.
func (s *Store) PurgeInTurn(ctx context.Context) (began bool, removed int64, err error) {
	err = s.outage.retry(ctx, func(*retries) error {
		return mapError(s.pool.QueryRow(ctx, "SELECT tasklane.claim_purge()").Scan(&began))
	})
	if err != nil || !began {
		return began, 0, err
	}
	removed, err = s.Purge(ctx)
	return began, removed, err
}

// Purge removes expired rows in small steps, and returns their number: idempotency keys
// after a day; the trash, tombstones and the state of erased users after 30 days. It
// removes nothing while another purge is running.
func (s *Store) Purge(ctx context.Context) (removed int64, err error) {
	for {
		var n int64
		err := s.outage.retry(ctx, func(*retries) error {
			// A transaction, so that Citus passes settings on to its workers.
			return mapError(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return tx.QueryRow(ctx, "SELECT tasklane.purge()").Scan(&n) }))
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

// markErased marks a user's state as erased, so that nothing can be added. Earlier cursors
// expire.
const markErased = `INSERT INTO tasklane.user_state AS s (user_id, seq, purged_seq, erased_at) VALUES ($1, 1, 1, $2)
	ON CONFLICT (user_id) DO UPDATE SET seq = s.seq + 1, purged_seq = s.seq + 1, resources = 0, bytes = 0, erased_at = $2`

// TableSizes returns the size on disk of the tables with users' rows, indexes included, in
// bytes by name. It returns nothing on a Citus cluster, where they are on other servers.
func (s *Store) TableSizes(ctx context.Context) (map[string]int64, error) {
	if s.distributed.Load() {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, "SELECT name, pg_total_relation_size(name::regclass) FROM unnest($1::text[]) AS name", usersTables(s.kinds))
	if err != nil {
		return nil, fmt.Errorf("measure the tables: %w", mapError(err))
	}
	var (
		name  string
		size  int64
		sizes = map[string]int64{}
	)
	if _, err := pgx.ForEachRow(rows, []any{&name, &size}, func() error { sizes[name] = size; return nil }); err != nil {
		return nil, fmt.Errorf("measure the tables: %w", mapError(err))
	}
	return sizes, nil
}

// EraseUser erases everything of a user and returns the number of resources. From then on,
// writes of the user fail with [ErrUserErased] for 30 days, longer than any token is valid.
// After [ErrUnavailable] the user may have been erased; call it again.
func (s *Store) EraseUser(ctx context.Context, user string) (resources int64, err error) {
	batch := s.newBatch()
	setUser(user).queue(batch)
	// The user's state first, as in every change, because its row is the user's lock.
	batch.Queue(markErased, user, microseconds(s.now()))
	tables := usersTables(s.kinds)[1:]
	for i, table := range slices.Backward(tables) {
		batch.Queue("DELETE FROM "+table+" WHERE user_id = $1", user).Exec(func(done pgconn.CommandTag) error {
			if i >= len(tables)-len(s.kinds) {
				resources += done.RowsAffected()
			}
			return nil
		})
	}
	if err := s.send(ctx, new(retries), batch); err != nil {
		return 0, fmt.Errorf("erase user: %w", err)
	}
	return resources, nil
}

// exportPage is the number of resources that an export reads at a time, or fewer if they
// reach [pageBytes].
const exportPage = 100

// ExportUser calls each with every resource of a user, in the trash or outside
// it, kind by kind and in the order of their ids. Resources that change
// meanwhile may be in either state.
func (s *Store) ExportUser(ctx context.Context, user string, each func(taskapi.Resource) error) error {
	for _, k := range s.kinds {
		var after uuid.UUID
		for more := true; more; {
			var page []row
			err := s.run(ctx, setUser(user), func(batch *pgx.Batch) {
				page, more = nil, false
				size := 0
				batch.Queue(k.selectAfter, user, [16]byte(after), exportPage).Query(k.read(func(r row, bytes int) error {
					page = append(page, r)
					if size += bytes; size >= pageBytes || len(page) == exportPage {
						more = true
						return errEnough
					}
					return nil
				}))
			})
			if err != nil {
				return fmt.Errorf("export user: %w", err)
			}
			for _, r := range page {
				data, err := wirejson.Marshal(k.wire(r))
				if err == nil {
					err = each(taskapi.Resource{Kind: k.name, Data: data})
				}
				if err != nil {
					return fmt.Errorf("export user: %w", err)
				}
				after = r.shared().ID
			}
		}
	}
	return nil
}
