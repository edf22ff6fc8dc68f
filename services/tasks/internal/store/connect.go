package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/services/budget"
)

const (
	// wakeTime is how long callers wait for a database that wakes up.
	wakeTime = budget.Wake
	// probeTime bounds the wait for a connection once an outage is long. A
	// connection that is made later serves the next caller.
	probeTime = time.Second
	// forgetTime: after so long without a failure, an outage counts as over.
	forgetTime = 10 * time.Second
	// The pauses between two attempts grow from minPause to maxPause.
	minPause, maxPause = 20 * time.Millisecond, 300 * time.Millisecond
)

// outage is a period in which the database does not answer. While it is short,
// operations wait for its end. In a long one they fail at once, or ever more of them
// would wait. The zero value means that there is no outage.
type outage struct {
	period
	// worker is the outage of a Citus worker, as the coordinator reports it. Only time
	// ends it, because users without rows on that worker succeed meanwhile.
	worker period
}

// period is when operations have failed.
type period struct {
	lasts       atomic.Bool
	mu          sync.Mutex
	first, last time.Time // of the failures, when the first began and the last ended
}

// patience is how long one operation still retries. Its zero value is ready for use.
type patience struct {
	pause time.Duration
	until time.Time // set with the first failure
}

// again notes a failed attempt that began at since, pauses, and reports whether to
// try again.
func (o *outage) again(ctx context.Context, p *patience, err error, since time.Time) bool {
	if !errors.Is(err, ErrUnavailable) || isRefusal(err) {
		return false
	}
	failed := &o.period
	if isOfWorker(err) {
		failed = &o.worker
	}
	now := time.Now()
	end := failed.note(since, now)
	if p.until.IsZero() {
		p.until = since.Add(wakeTime)
	}
	if end.Before(p.until) {
		p.until = end
	}
	p.pause = min(max(2*p.pause, minPause), maxPause)
	pause := p.pause/2 + rand.N(p.pause/2)
	if now.Add(pause).After(p.until) {
		return false
	}
	wait := time.NewTimer(pause)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// note notes a failed attempt that began at since, and returns until when the outage
// counts as short.
func (p *period) note(since, now time.Time) (end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.known(now) {
		p.first = since
		p.lasts.Store(true)
	}
	p.last = now
	return p.first.Add(wakeTime)
}

// known reports whether there is an outage. The caller holds the lock.
func (p *period) known(now time.Time) bool {
	return p.lasts.Load() && now.Sub(p.last) < forgetTime
}

// limit returns the deadline of a wait for a connection that begins now.
func (o *outage) limit(now time.Time) time.Time {
	end := now.Add(wakeTime)
	if !o.lasts.Load() {
		return end
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known(now) {
		end = o.first.Add(wakeTime)
	}
	if probe := now.Add(probeTime); end.Before(probe) {
		return probe
	}
	return end
}

// over notes that the database has answered.
func (o *outage) over() {
	if o.lasts.Load() {
		o.lasts.Store(false)
	}
}

// repeat retries f while the database may be waking up.
func (o *outage) repeat(ctx context.Context, f func() error) error {
	var p patience
	for {
		since := time.Now()
		err := f()
		if err == nil {
			o.over()
		}
		if err == nil || !o.again(ctx, &p, err, since) {
			return err
		}
	}
}

// acquire returns a connection of the store's pool.
func (s *Store) acquire(ctx context.Context, p *patience) (*pgxpool.Conn, error) {
	return s.acquireFrom(ctx, s.pool, p)
}

// acquireFrom returns a connection of a pool. It waits for a database that is about
// to wake up, and for one of the connections where all are busy.
func (s *Store) acquireFrom(ctx context.Context, pool *pgxpool.Pool, p *patience) (*pgxpool.Conn, error) {
	for {
		since := time.Now()
		attempt, cancel := context.WithDeadline(ctx, s.outage.limit(since))
		conn, err := pool.Acquire(attempt)
		late := err != nil && attempt.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			return conn, nil
		case late && !s.outage.lasts.Load() && busy(pool):
			continue
		case late:
			s.outage.note(since, time.Now())
			return nil, fmt.Errorf("%w: no connection in time", ErrUnavailable)
		}
		if err = mapError(err); !s.outage.again(ctx, p, err, since) {
			return nil, err
		}
	}
}

// busy reports whether all connections are in use. A wait for one then says nothing
// about the database.
func busy(pool *pgxpool.Pool) bool {
	stat := pool.Stat()
	return stat.AcquiredConns() == stat.MaxConns() && stat.ConstructingConns() == 0
}

// isOfWorker reports whether the server that has answered could not reach another one:
// a connection that failed itself has no SQLSTATE.
func isOfWorker(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (fault.Code == connectionFailure || isLostWorker(fault))
}

// isRefusal reports whether the server refuses the connection for good: the role,
// the database or the password is wrong.
func isRefusal(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (strings.HasPrefix(fault.Code, "28") || strings.HasPrefix(fault.Code, "3D"))
}
