package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ErrLeak: a user could reach another one's rows.
var ErrLeak = errors.New("row-level security let a user through")

// ProbeIsolation makes a task for one invented user and tries to reach it as
// another, with statements that name no user at all. It returns [ErrLeak] where
// one succeeds. Nothing of it is kept.
func (s *Store) ProbeIsolation(ctx context.Context) error {
	owner, stranger := "probe-"+uuid.NewString(), "probe-"+uuid.NewString()
	id := uuid.New()
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return mapError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()

	insert, err := s.insertTask(owner, id, content{Title: "probe"})
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	setUser(owner).queue(batch)
	batch.Queue("INSERT INTO tasklane.user_state (user_id, seq) VALUES ($1, 1)", owner)
	insert.queue(batch)
	setUser(stranger).queue(batch)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("make the probe's task: %w", mapError(err))
	}
	for what, attempt := range map[string]string{
		"read":   "SELECT count(*) FROM tasklane.tasks WHERE id = $1",
		"change": "WITH done AS (UPDATE tasklane.tasks SET title = 'leaked' WHERE id = $1 RETURNING 1) SELECT count(*) FROM done",
		"delete": "WITH done AS (DELETE FROM tasklane.tasks WHERE id = $1 RETURNING 1) SELECT count(*) FROM done",
	} {
		var n int
		if err := tx.QueryRow(ctx, attempt, [16]byte(id)).Scan(&n); err != nil {
			return fmt.Errorf("try to %s another user's task: %w", what, mapError(err))
		}
		if n != 0 {
			return fmt.Errorf("%w: it could %s another user's task", ErrLeak, what)
		}
	}
	_, err = tx.Exec(ctx, "INSERT INTO tasklane.user_state (user_id, seq) VALUES ($1, 1)", "probe-"+uuid.NewString())
	if err == nil {
		return fmt.Errorf("%w: it could write a row in another user's name", ErrLeak)
	}
	return nil
}

// Clock returns the database's time.
func (s *Store) Clock(ctx context.Context) (now time.Time, err error) {
	err = s.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, mapError(err)
}

// BehindTransactionPooler reports whether the connections are handed from
// transaction to transaction by a pooler: what one statement sets for its
// session is not there in the next while another transaction runs.
func (s *Store) BehindTransactionPooler(ctx context.Context) (bool, error) {
	const setting = "tasklane.probe"
	mine, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, mapError(err)
	}
	defer mine.Release()
	if _, err := mine.Exec(ctx, "SELECT set_config($1, 'set', false)", setting); err != nil {
		return false, mapError(err)
	}
	// A transaction of another connection would be given the server that
	// was just released.
	other, err := s.pool.Begin(ctx)
	if err != nil {
		return false, mapError(err)
	}
	defer func() { _ = other.Rollback(context.WithoutCancel(ctx)) }()
	var theirs, ours string
	if err := other.QueryRow(ctx, "SELECT coalesce(current_setting($1, true), '')", setting).Scan(&theirs); err != nil {
		return false, mapError(err)
	}
	if err := mine.QueryRow(ctx, "SELECT coalesce(current_setting($1, true), '')", setting).Scan(&ours); err != nil {
		return false, mapError(err)
	}
	if _, err := mine.Exec(ctx, "SELECT set_config($1, '', false)", setting); err != nil {
		return false, mapError(err)
	}
	return theirs == "set" || ours != "set", nil
}
