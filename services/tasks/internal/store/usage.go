package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Usage is a user's use of the quota.
type Usage struct {
	// Resources counts all resources, also in the trash.
	Resources int64
	// Bytes are those of the texts of resources and of outcomes stored for idempotency
	// keys, plus 100 for each of them and for each tombstone.
	Bytes int64
}

// Usage returns a user's usage, which every write keeps up to date.
func (s *Store) Usage(ctx context.Context, user string) (usage Usage, err error) {
	err = s.run(ctx, setUser(user), func(batch *pgx.Batch) {
		usage = Usage{}
		batch.Queue("SELECT resources, bytes FROM tasklane.user_state WHERE user_id = $1", user).
			Query(readOptional(&usage.Resources, &usage.Bytes))
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
