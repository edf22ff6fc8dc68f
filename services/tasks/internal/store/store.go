// Package store keeps tasks in PostgreSQL. It is the only package that knows
// the database.
//
// Every method takes the user first, and every statement names it: in its
// WHERE clause, and in the transaction's app.user_id, by which row-level
// security checks the same thing a second time.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// What a store's method can fail with, besides the end of its context. The
// errors are found with errors.Is.
var (
	// ErrNotFound: the user has no such task, or it is in the trash.
	ErrNotFound = errors.New("task not found")
	// ErrInvalidCursor: the cursor was not made by this list.
	ErrInvalidCursor = errors.New("invalid cursor")
	// ErrUnavailable: the database cannot be reached or takes no more.
	ErrUnavailable = errors.New("database unavailable")
)

const (
	// cancelDelay is how long a cancelled query has to end by itself, and
	// closeDelay how long after that until its connection is given up.
	cancelDelay = 100 * time.Millisecond
	closeDelay  = 2 * time.Second
	// connectTimeout bounds one attempt to connect.
	connectTimeout = 5 * time.Second
)

// Store is a pool of connections, safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	bun  *bun.DB
}

// Open makes a store of the database at url, a PostgreSQL connection string of
// the runtime role. It connects when it is first used.
func Open(ctx context.Context, url string) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	config.ConnConfig.ConnectTimeout = connectTimeout
	// A client that goes away ends its query, not the connection.
	config.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{
			Conn: conn, CancelRequestDelay: cancelDelay, DeadlineDelay: closeDelay,
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make the database's pool: %w", err)
	}
	return &Store{pool: pool, bun: bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New())}, nil
}

// Close waits for queries under way and closes every connection.
func (s *Store) Close() {
	s.pool.Close()
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return mapError(s.pool.Ping(ctx))
}

// setUser makes the rows of user, and no others, visible to the statements of
// the same transaction.
func setUser(user string) statement {
	return statement{text: "SELECT tasklane.set_user($1)", args: []any{user}}
}

// run sends statements for user as one round trip and one transaction. queue
// adds them to the batch, each with what reads its result.
func (s *Store) run(ctx context.Context, user string, queue func(*pgx.Batch)) error {
	batch := &pgx.Batch{}
	setUser(user).queue(batch)
	queue(batch)
	return mapError(s.pool.SendBatch(ctx, batch).Close())
}

// mapError turns what the driver says into this package's errors.
func mapError(err error) error {
	var (
		fault   *pgconn.PgError
		connect *pgconn.ConnectError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &fault) && isUnavailable(fault.Code), errors.As(err, &connect), pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// isUnavailable reports whether a SQLSTATE means that the server, rather than
// the statement, is at fault (PostgreSQL's documentation, appendix A).
func isUnavailable(code string) bool {
	switch code[:2] {
	case "08", // connection exception
		"53", // insufficient resources, too many connections among them
		"57": // operator intervention: shutting down, starting up
		return code != "57014" // a query that was cancelled
	}
	return false
}
