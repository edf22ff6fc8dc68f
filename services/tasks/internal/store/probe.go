package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrLeak: a user could access another user's rows.
var ErrLeak = errors.New("row-level security does not isolate users")

// ProbeIsolation inserts a row into each table for an invented user and tries to access it as
// another user. It returns [ErrLeak] if it succeeds. All changes are rolled back. The service
// runs it at start, so it takes few round trips.
func (s *Store) ProbeIsolation(ctx context.Context) error {
	owner, stranger := "probe-"+uuid.NewString(), "probe-"+uuid.NewString()
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return mapError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()

	batch := &pgx.Batch{}
	setUser(owner).queue(batch)
	probes := s.probes()
	for _, p := range probes {
		p.insert(owner).queue(batch)
	}
	setUser(stranger).queue(batch)
	batch.Queue("SAVEPOINT forgery")
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("insert the probe's rows: %w", mapError(err))
	}

	batch = &pgx.Batch{}
	for _, p := range probes {
		p.queueAttempts(batch, owner)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("try to access another user's rows: %w", mapError(err))
	}

	for _, p := range probes {
		if err := p.forge(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// probe is a table with users' rows.
type probe struct {
	table string
	// column is a column that can be updated.
	column string
	// insert returns the statement that inserts a user's row.
	insert func(user string) statement
}

// probes begin with user_state, which the other tables depend on.
func (s *Store) probes() []probe {
	text := func(insert string) func(string) statement {
		return func(user string) statement { return statement{insert, []any{user}} }
	}
	all := []probe{
		{"tasklane.user_state", "seq", text("INSERT INTO tasklane.user_state (user_id, seq) VALUES ($1, 1)")},
		{"tasklane.erased", "seq", text("INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at) VALUES ($1, 'probe', gen_random_uuid(), 1, now())")},
		{"tasklane.idempotency_keys", "key", text("INSERT INTO tasklane.idempotency_keys (user_id, key, place, request, resource, snapshot, created_at) VALUES ($1, 'probe', 0, '', gen_random_uuid(), '', now())")},
	}
	for _, k := range s.kinds {
		all = append(all, probe{k.table, "version", k.probe})
	}
	return all
}

// probe inserts the example. Unlike insert, it needs no row in user_state.
func (k *kind) probe(user string) statement {
	return k.write([]any{user}, k.create(uuid.New(), k.example, time.Now()), k.all()|probing, func(names, values []string) string {
		return fmt.Sprintf("INSERT INTO %s (user_id, id, seq, %s) VALUES ($1, $2, 1, %s)",
			k.table, strings.Join(names, ", "), strings.Join(values, ", "))
	})
}

// queueAttempts queues attempts to access the owner's row in the transaction of another user.
// Reading comes first: if the row is visible but not writable, the other attempts fail with an
// error of PostgreSQL, not with [ErrLeak].
func (p probe) queueAttempts(batch *pgx.Batch, owner string) {
	for _, attempt := range []struct{ verb, text string }{
		{"read", "SELECT count(*) FROM " + p.table + " WHERE user_id = $1"},
		{"change", "WITH done AS (UPDATE " + p.table + " SET " + p.column + " = " + p.column + " WHERE user_id = $1 RETURNING 1) SELECT count(*) FROM done"},
		{"delete", "WITH done AS (DELETE FROM " + p.table + " WHERE user_id = $1 RETURNING 1) SELECT count(*) FROM done"},
	} {
		batch.Queue(attempt.text, owner).QueryRow(func(row pgx.Row) error {
			var n int
			if err := row.Scan(&n); err != nil {
				return fmt.Errorf("%s a row of %s: %w", attempt.verb, p.table, err)
			}
			if n != 0 {
				return fmt.Errorf("%w: it could %s another user's row of %s", ErrLeak, attempt.verb, p.table)
			}
			return nil
		})
	}
}

// forge tries to write a row in the name of another user, and rolls back to the
// savepoint forgery.
func (p probe) forge(ctx context.Context, tx pgx.Tx) error {
	forged := p.insert("probe-" + uuid.NewString())
	_, err := tx.Exec(ctx, forged.text, forged.args...)
	if err == nil {
		return fmt.Errorf("%w: it could write a row of %s in another user's name", ErrLeak, p.table)
	}
	var rejected *pgconn.PgError
	if !errors.As(err, &rejected) || rejected.Code != insufficientPrivilege {
		return fmt.Errorf("try to write a row of %s in another user's name: %w", p.table, mapError(err))
	}
	_, err = tx.Exec(ctx, "ROLLBACK TO SAVEPOINT forgery")
	return mapError(err)
}

// Clock returns the database's time.
func (s *Store) Clock(ctx context.Context) (now time.Time, err error) {
	err = s.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, mapError(err)
}

// BehindTransactionPooler reports whether a pooler in transaction mode is in front of the
// database: then a session setting is lost between two statements while another transaction
// runs.
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
	// A transaction of another connection would get the server connection that was
	// just released.
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
