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
	// wakeTime is how long callers wait for a sleeping database.
	wakeTime = budget.Wake
	// probeTime bounds the wait for a connection in a long outage. A connection
	// that is established later serves the next caller.
	probeTime = time.Second
	// endAfter is the time without a failure after which an outage has ended.
	endAfter = 10 * time.Second
	// The backoff between two attempts grows from minBackoff to maxBackoff.
	minBackoff, maxBackoff = 20 * time.Millisecond, 300 * time.Millisecond
)

// outage is a period in which the database does not respond. While it is short, operations
// wait for its end. In a long one they fail at once; otherwise more and more would wait.
// The zero value means that there is no outage.
type outage struct {
	period
	// worker is the outage of a Citus worker that the coordinator reports. Only time ends
	// it, because users without rows on that worker succeed meanwhile.
	worker period
}

// period is a period of failures.
type period struct {
	active      atomic.Bool
	mu          sync.Mutex
	first, last time.Time // the start of the first failure and the end of the last
}

// retries has the backoff of one operation and the end of its retries. Its zero value is ready
// for use.
type retries struct {
	backoff time.Duration
	until   time.Time // set by the first failure
}

// waitToRetry records an attempt that began at start and failed now, waits, and reports whether
// to retry.
func (o *outage) waitToRetry(ctx context.Context, r *retries, err error, start time.Time) bool {
	if !errors.Is(err, ErrUnavailable) || isRejection(err) {
		return false
	}
	failed := &o.period
	if isWorkerError(err) {
		failed = &o.worker
	}
	now := time.Now()
	end := failed.record(start, now)
	if r.until.IsZero() {
		r.until = start.Add(wakeTime)
	}
	if end.Before(r.until) {
		r.until = end
	}
	r.backoff = min(max(2*r.backoff, minBackoff), maxBackoff)
	delay := r.backoff/2 + rand.N(r.backoff/2)
	if now.Add(delay).After(r.until) {
		return false
	}
	wait := time.NewTimer(delay)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// record records an attempt that began at start and failed now, and returns the end of the time
// in which the outage counts as short.
func (p *period) record(start, now time.Time) (end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ongoing(now) {
		p.first = start
		p.active.Store(true)
	}
	p.last = now
	return p.first.Add(wakeTime)
}

// ongoing reports whether there is an outage. The caller holds the lock.
func (p *period) ongoing(now time.Time) bool {
	return p.active.Load() && now.Sub(p.last) < endAfter
}

// deadline returns the deadline of a wait for a connection that begins now.
func (o *outage) deadline(now time.Time) time.Time {
	end := now.Add(wakeTime)
	if !o.active.Load() {
		return end
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ongoing(now) {
		end = o.first.Add(wakeTime)
	}
	if probe := now.Add(probeTime); end.Before(probe) {
		return probe
	}
	return end
}

// responded records that the database has responded.
func (o *outage) responded() {
	if o.active.Load() {
		o.active.Store(false)
	}
}

// retry retries f while the database may be waking up. f passes r to acquire.
func (o *outage) retry(ctx context.Context, f func(r *retries) error) error {
	var r retries
	for {
		start := time.Now()
		err := f(&r)
		if err == nil {
			o.responded()
		}
		if err == nil || !o.waitToRetry(ctx, &r, err, start) {
			return err
		}
	}
}

// acquire returns a connection of a pool. It waits for a database that may wake up, and for a
// free connection if all are busy.
func (s *Store) acquire(ctx context.Context, pool *pgxpool.Pool, r *retries) (*pgxpool.Conn, error) {
	for {
		start := time.Now()
		attempt, cancel := context.WithDeadline(ctx, s.outage.deadline(start))
		conn, err := pool.Acquire(attempt)
		timedOut := err != nil && attempt.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			return conn, nil
		case timedOut && !s.outage.active.Load() && busy(pool):
			continue
		case timedOut:
			s.outage.record(start, time.Now())
			return nil, fmt.Errorf("%w: no connection in time", ErrUnavailable)
		}
		if err = mapError(err); !s.outage.waitToRetry(ctx, r, err, start) {
			return nil, err
		}
	}
}

// busy reports whether all connections are in use. Then a wait says nothing about the
// database.
func busy(pool *pgxpool.Pool) bool {
	stat := pool.Stat()
	return stat.AcquiredConns() == stat.MaxConns() && stat.ConstructingConns() == 0
}

// isWorkerError reports whether the server responded that it could not reach another server.
// If its own connection fails, there is no SQLSTATE.
func isWorkerError(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (fault.Code == connectionFailure || isLostWorker(fault))
}

// isRejection reports whether the server rejects the connection permanently: the role, the
// database or the password is wrong.
func isRejection(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (strings.HasPrefix(fault.Code, "28") || strings.HasPrefix(fault.Code, "3D"))
}
