// Package store keeps resources in PostgreSQL. It is the only package with access to
// the database.
//
// Each kind of resource has a file of its own with its row and its lists, such as task.go,
// a line in [kinds] and a migration. The rest of the package serves all kinds: versions,
// idempotency keys, trash, change numbers, paging, changes, export, erasure and purge.
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
	"github.com/maypok86/otter/v2"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/lanes"
)

// The errors of the store's methods, besides the context's. Find them with errors.Is.
var (
	// ErrNotFound: the user has no such resource, or it is in the trash. The error
	// is that of its kind (see [NotFound]).
	ErrNotFound = errors.New("not found")
	// ErrInvalidCursor: the cursor belongs to another list.
	ErrInvalidCursor = errors.New("invalid cursor")
	// ErrVersionConflict: the resource has changed since the caller read it.
	// The error is a [ConflictError].
	ErrVersionConflict = errors.New("version conflict")
	// ErrKeyReused: the idempotency key belongs to a different request.
	ErrKeyReused = errors.New("idempotency key reused")
	// ErrInProgress: a request with the same idempotency key may still be in
	// flight.
	ErrInProgress = errors.New("a request with this idempotency key is in progress")
	// ErrBusy: the wait for the user's other changes timed out.
	ErrBusy = errors.New("the user's resources are being changed")
	// ErrAborted: the transaction conflicted with another one, such as a
	// migration's, and was rolled back.
	ErrAborted = errors.New("aborted because of another transaction")
	// ErrCursorExpired: changes since the cursor have been purged.
	ErrCursorExpired = errors.New("changes have been purged")
	// ErrFull: the user's quota is used up. Deleting and erasing still work.
	ErrFull = errors.New("the user's quota is used up")
	// ErrUserErased: the user was erased, and cannot write any more.
	ErrUserErased = errors.New("the user was erased")
	// ErrTooMany: the user has the maximum number of resources of a kind outside the
	// trash. The error is that of the kind (see [TooMany]).
	ErrTooMany = errors.New("too many")
	// ErrBatchTooLarge: the resources of a batch exceed the limit.
	ErrBatchTooLarge = errors.New("the resources of the batch are too large together")
	// ErrUnavailable: the database cannot be reached or accepts no more connections.
	ErrUnavailable = errors.New("database unavailable")
)

// NotFound returns the [ErrNotFound] of a kind.
func NotFound(kind taskapi.Kind) error { return kindError{kind, ErrNotFound} }

// TooMany returns the [ErrTooMany] of a kind.
func TooMany(kind taskapi.Kind) error { return kindError{kind, ErrTooMany} }

// kindError is an error about resources of a kind.
type kindError struct {
	kind taskapi.Kind
	err  error
}

// Error names the kind.
func (e kindError) Error() string { return e.err.Error() + ": " + string(e.kind) }

// Unwrap returns the error that all kinds share.
func (e kindError) Unwrap() error { return e.err }

var (
	// errKeyTaken: the idempotency key already exists.
	errKeyTaken = errors.New("idempotency key taken")
	// errCheckFailed: a check within a transaction failed and rolled it back. Such a
	// check divides by zero, which no other statement does.
	errCheckFailed = errors.New("a check failed")
)

const (
	// cancelDelay is the time for a canceled query to end, and closeDelay the time
	// after that until its connection is closed.
	cancelDelay = 100 * time.Millisecond
	closeDelay  = 2 * time.Second
	// connectTimeout bounds one attempt to connect to one address, and pingTimeout the
	// response of a connection that has been idle.
	connectTimeout = 4 * time.Second
	pingTimeout    = time.Second
)

// Store is a pool of connections, safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	// reads are lanes: connections of their own, over which point reads and short pages
	// without filters are pipelined (see read.go); nil behind a pooler, like lanePool.
	reads    *lanes.Lanes
	lanePool *pgxpool.Pool
	// bun only builds statements; it has no database to send them to.
	bun    *bun.DB
	kinds  []*kind
	now    func() time.Time
	zones  zones
	outage outage
	// maxResources and maxBytes are a user's quota; full counts the writes that it
	// rejected.
	maxResources, maxBytes int64
	full                   atomic.Int64
	// distributed says whether users' rows are on several servers;
	// [Store.CheckVersion] sets it.
	distributed atomic.Bool
}

// Config has the address and the options of a store.
type Config struct {
	// URL is a PostgreSQL connection string of the runtime role. Its
	// parameter pool_max_conns bounds the connections of the pool; by default
	// there are four, or one for each processor if those are more. Two more are for
	// the lanes (see [Store.LaneStat]).
	URL string
	// Pooled says that connections go through a pooler in transaction mode.
	// Statements then have no names, because names would belong to a connection.
	Pooled bool
	// Tracer, unless nil, observes every query.
	Tracer pgx.QueryTracer
	// MaxResources and MaxBytes are a user's quota; 0 means no limit.
	MaxResources, MaxBytes int64
	// Now, unless nil, is the clock in place of [time.Now].
	Now func() time.Time
}

// prepareConnection sets the parameters of all connections. Text is UTF-8, whatever the
// default of the database.
func prepareConnection(config *pgx.ConnConfig) {
	config.ConnectTimeout = connectTimeout
	config.RuntimeParams["client_encoding"] = "UTF8"
}

// singleConfig reads the address of a connection outside the pool. PostgreSQL would reject
// the pool's parameters, such as pool_max_conns, which the address may have.
func singleConfig(address string) (*pgx.ConnConfig, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	prepareConnection(config.ConnConfig)
	return config.ConnConfig, nil
}

// Open returns a store. It connects on first use.
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
	// A client that disconnects cancels its query, but does not close the connection.
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
		pool: pool, bun: bun.NewDB(nil, pgdialect.New()), kinds: kinds, now: time.Now, zones: zones{otter.Must(&otter.Options[string, zone]{MaximumSize: maxZones})},
		maxResources: cmp.Or(c.MaxResources, math.MaxInt64), maxBytes: cmp.Or(c.MaxBytes, math.MaxInt64),
	}
	if c.Now != nil {
		s.now = c.Now
	}
	if !c.Pooled {
		if err := s.openLanes(ctx, config); err != nil {
			pool.Close()
			return nil, err
		}
	}
	return s, nil
}

// PoolStat returns statistics of the pool, without the connections of lanes
// ([Store.LaneStat]).
func (s *Store) PoolStat() *pgxpool.Stat { return s.pool.Stat() }

// Close waits for queries in flight and closes every connection.
func (s *Store) Close() {
	if s.reads != nil {
		s.reads.Close()
		s.lanePool.Close()
	}
	s.pool.Close()
}

// Ping reports whether the database responds.
func (s *Store) Ping(ctx context.Context) error {
	return mapError(s.pool.Ping(ctx))
}

// setUserText makes only the rows of the user $1 visible to the statements of the same
// transaction.
const setUserText = "SELECT tasklane.set_user($1)"

func setUser(user string) statement {
	return statement{text: setUserText, args: []any{user}}
}

// setUserAndPlan also makes PostgreSQL use the generic plan, for statements whose best plan
// is the same for all users. Otherwise PostgreSQL would plan some of them each time if users
// differ a lot, and that takes longer than the statement.
func (s *Store) setUserAndPlan(user string) statement {
	if s.distributed.Load() {
		// Citus plans for the server that has the user's rows.
		return setUser(user)
	}
	return statement{text: "SELECT tasklane.set_user($1), set_config('plan_cache_mode', 'force_generic_plan', true)", args: []any{user}}
}

// beginWrite calls setUser and bounds how long the transaction waits for other changes of
// the user's resources.
func beginWrite(user string) statement {
	return statement{text: "SELECT tasklane.begin_write($1)", args: []any{user}}
}

// run sends read-only statements as one round trip and one transaction, which starts with
// begin. queue adds the statements to the batch, with the functions that read their
// results. If the connection is lost, run retries: it calls queue again, which must reset
// the results.
func (s *Store) run(ctx context.Context, begin statement, queue func(*pgx.Batch)) error {
	return s.outage.retry(ctx, func(r *retries) error {
		batch := s.newBatch()
		begin.queue(batch)
		queue(batch)
		return s.send(ctx, r, batch)
	})
}

// newBatch returns the beginning of a transaction that send ends. A batch is a transaction
// by itself. Only Citus needs an explicit BEGIN; without it, the user would not be set on
// the server with the rows.
func (s *Store) newBatch() *pgx.Batch {
	batch := &pgx.Batch{}
	if s.distributed.Load() {
		batch.Queue("BEGIN")
	}
	return batch
}

// send sends a batch over any connection.
func (s *Store) send(ctx context.Context, r *retries, batch *pgx.Batch) error {
	conn, err := s.acquire(ctx, s.pool, r)
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
		s.outage.responded()
	}
	return err
}

// rollBack ends the transaction that a failure leaves open. Otherwise the pool would close
// the connection.
func rollBack(ctx context.Context, conn *pgxpool.Conn, err error) {
	if err != nil && ctx.Err() == nil && !conn.Conn().IsClosed() {
		_, _ = conn.Exec(ctx, "ROLLBACK") // if this fails too, the pool closes the connection
	}
}

// mapError converts errors of the driver to this package's errors.
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
		// An idempotency key, or the primary key of a user's settings. Citus does not name
		// the constraint.
		return errKeyTaken
	case errors.As(err, &fault) && fault.Code == notNullViolation:
		return fmt.Errorf("%w: %w", ErrFull, err) // beyond the quota, a write sets the usage to null (apply.go)
	case errors.As(err, &fault) && fault.Code == checkViolation && strings.HasPrefix(fault.ConstraintName, "user_state_erased"):
		return fmt.Errorf("%w: %w", ErrUserErased, err) // Citus appends a number to the constraint's name
	case errors.As(err, &fault) && fault.Code == divisionByZero:
		return fmt.Errorf("%w: %w", errCheckFailed, err)
	case errors.As(err, &fault) && fault.Code == lockNotAvailable:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.As(err, &fault) && (fault.Code == deadlockDetected || fault.Code == serializationFailure):
		return fmt.Errorf("%w: %w", ErrAborted, err)
	case errors.As(err, &fault) && fault.Code == queryCanceled:
		// The caller's context ended, and pgx canceled the query.
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	case errors.As(err, &connect):
		// Before the next case, because an attempt has its own deadline.
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
	// Row-level security rejected a row.
	insufficientPrivilege = "42501"
	// The wait for a lock timed out.
	lockNotAvailable = "55P03"
	// The transaction was rolled back because of another one.
	deadlockDetected     = "40P01"
	serializationFailure = "40001"
	internalError        = "XX000"
	// Citus could not reach a worker, or lost it.
	connectionFailure = "08006"
	// The password is wrong.
	invalidPassword = "28P01"
	// The query was canceled.
	queryCanceled = "57014"
	// The server accepts no writes: it is a standby, or its host has made it read-only,
	// for example because the disk is almost full.
	readOnly = "25006"
)

// isUnavailable reports whether a SQLSTATE means that the server, not the statement,
// failed.
func isUnavailable(code string) bool {
	return code == readOnly || code != queryCanceled && (strings.HasPrefix(code, "08") || // connection exception
		strings.HasPrefix(code, "53") || // insufficient resources, too many connections among them
		strings.HasPrefix(code, "57")) // operator intervention: shutting down, starting up
}

// isLostWorker reports whether a Citus worker was lost while a transaction committed. Citus
// has no SQLSTATE for that.
func isLostWorker(fault *pgconn.PgError) bool {
	return fault.Code == internalError && strings.HasPrefix(fault.Message, "could not commit transaction for shard ")
}
