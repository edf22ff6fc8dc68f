package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/tasks/internal/lanes"
)

const (
	// laneCount is the number of lanes. With one, all reads would wait while PostgreSQL's
	// process waits for a processor; four or more would each keep a core of the database
	// busy.
	laneCount = 2
	// maxLanePage is the largest page that uses a lane, because later reads wait for
	// all of it.
	maxLanePage = taskapi.DefaultListLimit
)

// LaneStat counts the reads of lanes.
type LaneStat struct {
	lanes.Stat
	// Connections are those of the lanes.
	Connections int
}

// LaneStat returns statistics of the lanes, or zero without lanes.
func (s *Store) LaneStat() LaneStat {
	if s.reads == nil {
		return LaneStat{}
	}
	return LaneStat{s.reads.Stat(), int(s.lanePool.Stat().TotalConns())}
}

// openLanes opens lanes with the settings of the store's pool, and connections of their own,
// so that reads do not wait for searches and writes.
func (s *Store) openLanes(ctx context.Context, config *pgxpool.Config) (err error) {
	config = config.Copy()
	config.MinConns, config.MinIdleConns, config.MaxConns = 0, 0, laneCount
	// A cancellation could hit another caller's read. Abandoned statements end by
	// themselves.
	config.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
	}
	parameters := config.ConnConfig.RuntimeParams
	parameters["statement_timeout"] = fmt.Sprint(budget.Service.Milliseconds())
	// See setUserAndPlan.
	parameters["plan_cache_mode"] = "force_generic_plan"
	if s.lanePool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("make the lanes' pool: %w", err)
	}
	s.reads = lanes.New(lanes.Config{
		Lanes: laneCount,
		Acquire: func(ctx context.Context) (*pgxpool.Conn, error) {
			var r retries
			return s.acquire(ctx, s.lanePool, &r)
		},
		SetUser: setUserText,
		Timeout: budget.Service + closeDelay,
		Tracer:  config.ConnConfig.Tracer,
	})
	return nil
}

// direct reports whether the store has direct connections to a single server, without a
// pooler or Citus.
func (s *Store) direct() bool { return s.reads != nil && !s.distributed.Load() }

// read sends one statement, whose best plan is the same for all users, and returns the
// result of decode. The statement must be served by an index, because it shares a lane with
// other reads if possible. If the connection is lost, read retries like [Store.run]. decode
// must keep the rules of [lanes.Do].
func read[T any](ctx context.Context, s *Store, user string, st statement, decode func(pgx.Rows) (T, error)) (result T, err error) {
	if s.direct() {
		err = s.outage.retry(ctx, func(*retries) error {
			result, err = lanes.Do(ctx, s.reads, user, st.text, st.args, decode)
			switch {
			case errors.Is(err, lanes.ErrLost):
				return fmt.Errorf("%w: %w", ErrUnavailable, err)
			case errors.Is(err, ErrUnavailable): // acquire has already mapped that
				return err
			}
			return mapError(err)
		})
		if !errors.Is(err, lanes.ErrFull) {
			return result, err
		}
	}
	err = s.run(ctx, s.setUserAndPlan(user), func(batch *pgx.Batch) {
		st.queue(batch).Query(func(rows pgx.Rows) (err error) { result, err = decode(rows); return err })
	})
	return result, err
}
