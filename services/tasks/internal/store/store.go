// Package store keeps resources in PostgreSQL. It is the only package that
// knows the database.
//
// Each kind of resource has its own file, such as task.go, with its row, lists and
// statistics, a line in [kinds] and a migration. The rest of the package serves
// all kinds: versions, idempotency keys, trash, change numbers, paging, changes,
// export, erasure and purge.
//
// Every method takes the user first, and every statement names the user twice: in
// its WHERE clause, and in the transaction's app.user_id, with which row-level
// security checks the same condition again.
//
// There are three kinds of statements:
//   - Those that select, insert and update rows are built once from the columns of
//     a kind's row (kind.go).
//   - Lists with filters, which vary from call to call, are built by bun's query
//     builder, with placeholders for values (bound.go).
//   - Statistics, and statements without a kind's columns, are SQL text.
//
// Times come from this process, one for each transaction. Rows are not read again
// after a write: those in memory are what PostgreSQL would return.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// What a store's method can fail with, besides the end of its context. The
// errors are found with errors.Is.
var (
	// ErrNotFound: the user has no such resource, or it is in the trash. Each
	// kind has an error of its own that is one, such as [ErrTaskNotFound].
	ErrNotFound = errors.New("not found")
	// ErrInvalidCursor: the cursor was not made by this list.
	ErrInvalidCursor = errors.New("invalid cursor")
	// ErrVersionConflict: the resource has changed since the caller read it.
	// The error is a [ConflictError].
	ErrVersionConflict = errors.New("another version")
	// ErrKeyReused: the idempotency key belongs to a different request.
	ErrKeyReused = errors.New("idempotency key reused")
	// ErrInProgress: a request with the same idempotency key may still be
	// under way.
	ErrInProgress = errors.New("a request with this idempotency key is in progress")
	// ErrBusy: the user's other changes took too long to wait for.
	ErrBusy = errors.New("the user's resources are being changed")
	// ErrAborted: the transaction met another one, such as a migration's, and
	// was undone so that one of them could go on.
	ErrAborted = errors.New("aborted for another transaction")
	// ErrCursorExpired: changes since the cursor have been purged.
	ErrCursorExpired = errors.New("changes have been purged")
	// ErrFull: the user has as much as one may have. Deleting and erasing go on.
	ErrFull = errors.New("the user has no room left")
	// ErrUserErased: the user was erased, and can add nothing any more.
	ErrUserErased = errors.New("the user was erased")
	// ErrTooMany: the user has as many resources of a kind outside the trash as one
	// may have. Each kind with a bound has an error of its own that is one, such as
	// [ErrTooManyLists].
	ErrTooMany = errors.New("too many")
	// ErrBatchTooLarge: the resources of a batch are too much to deal with at
	// once.
	ErrBatchTooLarge = errors.New("the resources of the batch are too large together")
	// ErrUnavailable: the database cannot be reached or takes no more.
	ErrUnavailable = errors.New("database unavailable")
)

var (
	// errKeyTaken: the idempotency key is there already.
	errKeyTaken = errors.New("idempotency key taken")
	// errRefused: a check within a transaction failed, and undid it. Such a check
	// divides by zero, which nothing else does.
	errRefused = errors.New("refused by a check")
)

const (
	// cancelDelay is how long a cancelled query has to end by itself, and
	// closeDelay how long after that until its connection is given up.
	cancelDelay = 100 * time.Millisecond
	closeDelay  = 2 * time.Second
	// connectTimeout bounds one attempt to connect to one address, and pingTimeout the answer
	// of a connection that has not been used for a while.
	connectTimeout = 4 * time.Second
	pingTimeout    = time.Second
)

// Store is a pool of connections, safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	// reads are lanes for point reads and plain pages (see read.go), with
	// connections of their own; nil behind a pooler.
	reads  *readLanes
	bun    *bun.DB
	kinds  []*kind
	now    func() time.Time
	zones  zones
	outage outage
	// maxResources and maxBytes bound what one user may have, and full counts
	// the writes that were refused for it.
	maxResources, maxBytes int64
	full                   atomic.Int64
	// distributed says that users' rows are on several servers, by what
	// [Store.CheckVersion] found.
	distributed atomic.Bool
}

// Config says how a store reaches its database.
type Config struct {
	// URL is a PostgreSQL connection string of the runtime role. Its
	// parameter pool_max_conns bounds the connections of the pool; by default
	// there are four, or one for each processor if those are more. Point reads
	// and plain pages have two of their own.
	URL string
	// Pooled says that a pooler stands before the database which hands
	// connections from transaction to transaction. Statements then have no
	// names, which would belong to a connection.
	Pooled bool
	// Tracer, unless nil, is told of every query.
	Tracer pgx.QueryTracer
	// MaxResources and MaxBytes bound what one user may have; 0 is no bound.
	MaxResources, MaxBytes int64
	// Now, unless nil, is the clock in place of [time.Now].
	Now func() time.Time
}

// prepareConnection sets what all connections have in common. Text is UTF-8, whatever the
// default of the database is.
func prepareConnection(config *pgx.ConnConfig) {
	config.ConnectTimeout = connectTimeout
	config.RuntimeParams["client_encoding"] = "UTF8"
}

// Open makes a store. It connects when it is first used.
func Open(ctx context.Context, c Config) (*Store, error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	config.ConnConfig.Tracer = c.Tracer
	if c.Pooled {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	prepareConnection(config.ConnConfig)
	config.PingTimeout = pingTimeout
	// A client that goes away ends its query, not the connection.
	config.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{
			Conn: conn, CancelRequestDelay: cancelDelay, DeadlineDelay: closeDelay,
		}
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		// Times are in UTC, whatever the zone of the session or the machine.
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make the database's pool: %w", err)
	}
	s := &Store{
		pool: pool, bun: bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New()), kinds: kinds, now: time.Now, zones: newZones(),
		maxResources: cmp.Or(c.MaxResources, math.MaxInt64), maxBytes: cmp.Or(c.MaxBytes, math.MaxInt64),
	}
	if c.Now != nil {
		s.now = c.Now
	}
	if !c.Pooled {
		if s.reads, err = s.openLanes(ctx, config); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// PoolStat returns how many connections there are and how they are used, without
// those of lanes ([Store.LaneStat]).
func (s *Store) PoolStat() *pgxpool.Stat { return s.pool.Stat() }

// Close waits for queries under way and closes every connection.
func (s *Store) Close() {
	if s.reads != nil {
		s.reads.close()
	}
	s.pool.Close()
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return mapError(s.pool.Ping(ctx))
}

// setUserText makes the rows of the user $1, and no others, visible to the
// statements of the same transaction.
const setUserText = "SELECT tasklane.set_user($1)"

func setUser(user string) statement {
	return statement{text: setUserText, args: []any{user}}
}

// setUserAndPlan does the same for statements of which one plan is the best for
// everybody. PostgreSQL would else plan some of them anew each time, as soon as
// users differ a lot, and that takes longer than the statement.
func (s *Store) setUserAndPlan(user string) statement {
	if s.distributed.Load() {
		// Citus plans for the server that a user's rows are on.
		return setUser(user)
	}
	return statement{text: "SELECT tasklane.set_user($1), set_config('plan_cache_mode', 'force_generic_plan', true)", args: []any{user}}
}

// beginWrite does what setUser does and bounds how long the transaction waits
// for another change of the user's resources.
func beginWrite(user string) statement {
	return statement{text: "SELECT tasklane.begin_write($1)", args: []any{user}}
}

// run sends statements that change nothing as one round trip and one
// transaction, which begins with begin. queue adds the others to the batch, each
// with what reads its result. A connection that is lost costs another attempt,
// for which queue is called anew and has to forget what was read.
func (s *Store) run(ctx context.Context, begin statement, queue func(*pgx.Batch)) error {
	var p patience
	for {
		since := time.Now()
		batch := s.newBatch()
		begin.queue(batch)
		queue(batch)
		err := s.send(ctx, &p, batch)
		if err == nil || !s.outage.again(ctx, &p, err, since) {
			return err
		}
	}
}

// newBatch returns the beginning of a transaction that send ends. A batch is one
// by itself; only Citus has to be told, or the user would not reach the server
// that the rows are on.
func (s *Store) newBatch() *pgx.Batch {
	batch := &pgx.Batch{}
	if s.distributed.Load() {
		batch.Queue("BEGIN")
	}
	return batch
}

// send sends a batch over any connection.
func (s *Store) send(ctx context.Context, p *patience, batch *pgx.Batch) error {
	conn, err := s.acquire(ctx, p)
	if err != nil {
		return err
	}
	defer conn.Release()
	distributed := s.distributed.Load()
	if distributed {
		batch.Queue("COMMIT")
	}
	err = s.exchange(ctx, conn, batch)
	if distributed {
		rollBack(ctx, conn, err)
	}
	return err
}

// exchange sends a batch and reads all its results.
func (s *Store) exchange(ctx context.Context, conn *pgxpool.Conn, batch *pgx.Batch) error {
	err := mapError(conn.SendBatch(ctx, batch).Close())
	if err == nil {
		s.outage.over()
	}
	return err
}

// rollBack ends the transaction that a failure leaves open, or the pool would
// drop the connection.
func rollBack(ctx context.Context, conn *pgxpool.Conn, err error) {
	if err != nil && ctx.Err() == nil && !conn.Conn().IsClosed() {
		_, _ = conn.Exec(ctx, "ROLLBACK") // where this fails too, the pool drops the connection
	}
}

// mapError turns what the driver says into this package's errors.
func mapError(err error) error {
	var (
		fault   *pgconn.PgError
		connect *pgconn.ConnectError
		network net.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fault) && fault.Code == uniqueViolation:
		// Of a key, or of a user's settings. Which constraint it is, Citus does
		// not say.
		return errKeyTaken
	case errors.As(err, &fault) && fault.Code == notNullViolation:
		return fmt.Errorf("%w: %w", ErrFull, err) // no other column is written as null that must not be
	case errors.As(err, &fault) && fault.Code == checkViolation && strings.HasPrefix(fault.ConstraintName, "user_state_erased"):
		return fmt.Errorf("%w: %w", ErrUserErased, err) // Citus adds a number to the constraint's name
	case errors.As(err, &fault) && fault.Code == divisionByZero:
		return fmt.Errorf("%w: %w", errRefused, err)
	case errors.As(err, &fault) && fault.Code == lockNotAvailable:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.As(err, &fault) && (fault.Code == deadlockDetected || fault.Code == serializationFailure):
		return fmt.Errorf("%w: %w", ErrAborted, err)
	case errors.As(err, &fault) && fault.Code == queryCanceled:
		// The caller's context ended, and pgx had the server stop.
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	case errors.As(err, &connect):
		// Before what follows: an attempt has a deadline of its own.
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &fault) && (isUnavailable(fault.Code) || isLostWorker(fault)), pgconn.SafeToRetry(err),
		errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// SQLSTATEs (PostgreSQL's documentation, appendix A).
const (
	uniqueViolation  = "23505"
	notNullViolation = "23502"
	checkViolation   = "23514"
	divisionByZero   = "22012"
	// Row-level security refuses a row.
	insufficientPrivilege = "42501"
	// A lock was waited for too long.
	lockNotAvailable = "55P03"
	// A transaction was undone for another one.
	deadlockDetected     = "40P01"
	serializationFailure = "40001"
	internalError        = "XX000"
	// Citus could not reach a worker, or has lost it.
	connectionFailure = "08006"
	// A login with a wrong password.
	invalidPassword = "28P01"
	// The server was asked to stop.
	queryCanceled = "57014"
)

// isUnavailable reports whether a SQLSTATE means that the server, rather than
// the statement, is at fault.
func isUnavailable(code string) bool {
	return code != queryCanceled && (strings.HasPrefix(code, "08") || // connection exception
		strings.HasPrefix(code, "53") || // insufficient resources, too many connections among them
		strings.HasPrefix(code, "57")) // operator intervention: shutting down, starting up
}

// isLostWorker reports whether a server of a Citus cluster was lost while a
// transaction committed, for which Citus has no SQLSTATE of its own.
func isLostWorker(fault *pgconn.PgError) bool {
	return fault.Code == internalError && strings.HasPrefix(fault.Message, "could not commit transaction for shard ")
}
