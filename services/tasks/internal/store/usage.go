package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Usage is what a user takes up.
type Usage struct {
	// Resources counts them all, also in the trash.
	Resources int64
	// Bytes are those of the texts of resources and of outcomes that are kept for
	// idempotency keys, and 100 for each of them and for each tombstone.
	Bytes int64
}

// Usage returns what a user takes up, which every write keeps count of.
func (s *Store) Usage(ctx context.Context, user string) (usage Usage, err error) {
	err = s.run(ctx, setUser(user), func(batch *pgx.Batch) {
		usage = Usage{}
		batch.Queue("SELECT resources, bytes FROM tasklane.user_state WHERE user_id = $1", user).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&usage.Resources, &usage.Bytes}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		return Usage{}, fmt.Errorf("read the user's usage: %w", err)
	}
	return usage, nil
}

// KnowsUser reports whether the user has ever stored anything, or was erased.
func (s *Store) KnowsUser(ctx context.Context, user string) (known bool, err error) {
	err = s.run(ctx, setUser(user), func(batch *pgx.Batch) {
		batch.Queue("SELECT EXISTS (SELECT FROM tasklane.user_state WHERE user_id = $1)", user).QueryRow(func(row pgx.Row) error {
			return row.Scan(&known)
		})
	})
	if err != nil {
		return false, fmt.Errorf("look for the user: %w", err)
	}
	return known, nil
}

// WritesRejected returns how many writes failed with [ErrFull].
func (s *Store) WritesRejected() int64 { return s.full.Load() }
