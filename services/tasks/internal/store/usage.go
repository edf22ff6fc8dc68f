package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrUnknownUser: the user has never stored anything, and was not erased.
var ErrUnknownUser = errors.New("no data of the user")

// Usage is a user's use of the quota.
type Usage struct {
	// Resources counts all resources, also in the trash.
	Resources int64
	// Bytes are those of the texts of resources and of outcomes stored for idempotency
	// keys, plus 100 for each of them and for each tombstone.
	Bytes int64
}

// Usage returns a user's usage, which every write keeps up to date, or [ErrUnknownUser].
func (s *Store) Usage(ctx context.Context, user string) (usage Usage, err error) {
	err = s.run(ctx, setUser(user), func(batch *pgx.Batch) {
		batch.Queue("SELECT resources, bytes FROM tasklane.user_state WHERE user_id = $1", user).QueryRow(func(row pgx.Row) error {
			return row.Scan(&usage.Resources, &usage.Bytes)
		})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrUnknownUser
	}
	if err != nil {
		return Usage{}, fmt.Errorf("read the user's usage: %w", err)
	}
	return usage, nil
}

// WritesRejected returns how many writes failed with [ErrFull].
func (s *Store) WritesRejected() int64 { return s.full.Load() }
