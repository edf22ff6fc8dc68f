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

// ProbeIsolation makes a row of each table for one invented user and tries to
// reach it as another. It returns [ErrLeak] where it succeeds. Nothing of it is
// kept.
func (s *Store) ProbeIsolation(ctx context.Context) error {
	owner, stranger := "probe-"+uuid.NewString(), "probe-"+uuid.NewString()
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return mapError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()

	batch := &pgx.Batch{}
	setUser(owner).queue(batch)
	for _, p := range probes {
		batch.Queue(p.insert, owner)
	}
	setUser(stranger).queue(batch)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("make the probe's rows: %w", mapError(err))
	}
	for _, p := range probes {
		if err := p.try(ctx, tx, owner); err != nil {
			return err
		}
	}
	return nil
}

// probe is a table with users' rows.
type probe struct {
	table string
	// insert makes a row of the user in its one argument.
	insert string
	// column is one to write to.
	column string
}

// probes begin with the table that the others count on.
var probes = []probe{
	{"user_state", "INSERT INTO tasklane.user_state (user_id, seq) VALUES ($1, 1)", "seq"},
	{"tasks", `INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, priority, tags, created_at, updated_at, title_key, words)
		VALUES ($1, gen_random_uuid(), 1, 1, 'probe', '', 0, '{}', now(), now(), '', '')`, "title"},
	{"erased", "INSERT INTO tasklane.erased (user_id, id, seq, erased_at) VALUES ($1, gen_random_uuid(), 1, now())", "seq"},
	{"idempotency_keys", "INSERT INTO tasklane.idempotency_keys (user_id, key, request, answer, created_at) VALUES ($1, 'probe', '', '[]', now())", "key"},
}

// try reaches for the owner's row, in the transaction of somebody else.
func (p probe) try(ctx context.Context, tx pgx.Tx, owner string) error {
	// Reading first: the others fail where a row is seen and not theirs.
	for _, attempt := range []struct{ what, text string }{
		{"read", "SELECT count(*) FROM tasklane." + p.table + " WHERE user_id = $1"},
		{"change", "WITH done AS (UPDATE tasklane." + p.table + " SET " + p.column + " = " + p.column + " WHERE user_id = $1 RETURNING 1) SELECT count(*) FROM done"},
		{"delete", "WITH done AS (DELETE FROM tasklane." + p.table + " WHERE user_id = $1 RETURNING 1) SELECT count(*) FROM done"},
	} {
		var n int
		if err := tx.QueryRow(ctx, attempt.text, owner).Scan(&n); err != nil {
			return fmt.Errorf("try to %s another user's row of %s: %w", attempt.what, p.table, mapError(err))
		}
		if n != 0 {
			return fmt.Errorf("%w: it could %s another user's row of %s", ErrLeak, attempt.what, p.table)
		}
	}
	inner, err := tx.Begin(ctx)
	if err != nil {
		return mapError(err)
	}
	_, err = inner.Exec(ctx, p.insert, "probe-"+uuid.NewString())
	if err == nil {
		return fmt.Errorf("%w: it could write a row of %s in another user's name", ErrLeak, p.table)
	}
	return mapError(inner.Rollback(ctx))
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
