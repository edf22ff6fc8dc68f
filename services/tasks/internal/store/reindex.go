package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// reindexStep is the number of tasks that one transaction reindexes, because the user's
// writes wait for it.
const reindexStep = 100

// unmarked is the condition of tasks that an older release indexed. It is the condition of
// the index tasks_unmarked.
const unmarked = "NOT words @@ '''" + wordsMark + "'''"

// reindex updates the words and the tag keys of tasks that an older release indexed, user
// by user. Each transaction holds one user's lock, as every change does, and no other lock.
// Reindexed tasks have the mark, so an interrupted run can be continued.
func reindex(ctx context.Context, ownerURL string) error {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	// Rows that a crash of the server rolls back have no mark. The wait for a user's lock is
	// longer than any write of the user.
	if _, err := conn.Exec(ctx, "SET synchronous_commit = off; SET lock_timeout = '10s'"); err != nil {
		return err
	}
	for user := ""; ; {
		err := conn.QueryRow(ctx, "SELECT user_id FROM tasklane.tasks WHERE user_id >= $1 AND "+unmarked+" ORDER BY user_id LIMIT 1", user).Scan(&user)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return reindexUser(ctx, tx, user) })
		}
		if err != nil {
			return fmt.Errorf("reindex tasks: %w", err)
		}
	}
}

// reindexUser reindexes some tasks of a user.
func reindexUser(ctx context.Context, tx pgx.Tx, user string) error {
	if _, err := tx.Exec(ctx, "SELECT FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", user); err != nil {
		return err
	}
	old, err := tx.Query(ctx, "SELECT "+tasks.columnNames+" FROM tasklane.tasks WHERE user_id = $1 AND "+unmarked+" LIMIT $2", user, reindexStep)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	err = tasks.read(func(r row, _ int) error {
		task := r.(*taskRow)
		batch.Queue("UPDATE tasklane.tasks SET words = $3, tag_keys = $4 WHERE user_id = $1 AND id = $2", user, [16]byte(task.ID), task.words(), task.tagKeys())
		return nil
	})(old)
	if err != nil {
		return err
	}
	return tx.SendBatch(ctx, batch).Close()
}
