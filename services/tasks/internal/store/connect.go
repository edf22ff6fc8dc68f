package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// wakeTime is how long a database may take to wake up: for so long after
	// the first failure, who needs a connection waits for it. It is less than
	// the bff gives an operation, so that its users are told what is wrong.
	wakeTime = 5500 * time.Millisecond
	// forgetTime without a failure ends an outage that nobody has seen end.
	forgetTime = 10 * time.Second
	// The pauses between two attempts grow from minPause to maxPause.
	minPause, maxPause = 20 * time.Millisecond, 300 * time.Millisecond
)

// outage is a time in which the database could not be reached. While it is
// short, operations wait for its end; in a long one they fail at once, or those
// who wait would be more and more.
type outage struct {
	lasts       atomic.Bool
	mu          sync.Mutex
	first, last time.Time // of the failures
}

// patience is that of one operation. Its zero value is ready for use.
type patience struct {
	pause time.Duration
}

// again waits for a while after a failure and reports whether it is worth
// trying again.
func (o *outage) again(ctx context.Context, p *patience, err error) bool {
	if !errors.Is(err, ErrUnavailable) || isRefusal(err) || !o.short(time.Now()) {
		return false
	}
	p.pause = min(max(2*p.pause, minPause), maxPause)
	wait := time.NewTimer(p.pause/2 + rand.N(p.pause/2))
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// short notes a failure and reports whether the outage may end soon.
func (o *outage) short(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lasts.Swap(true) || now.Sub(o.last) > forgetTime {
		o.first = now
	}
	o.last = now
	return now.Sub(o.first) < wakeTime
}

// over notes that the database was reached.
func (o *outage) over() {
	if o.lasts.Load() {
		o.lasts.Store(false)
	}
}

// isRefusal reports whether the server has answered that it will never take the
// connection: no such role, database or password.
func isRefusal(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (strings.HasPrefix(fault.Code, "28") || strings.HasPrefix(fault.Code, "3D"))
}

// repeat calls a function that may be repeated, while the database is about to
// wake up.
func (s *Store) repeat(ctx context.Context, f func() error) error {
	var p patience
	for {
		err := f()
		if err == nil {
			s.outage.over()
		}
		if err == nil || !s.outage.again(ctx, &p, err) {
			return err
		}
	}
}

// acquire returns a connection. It waits for a database that is about to wake
// up.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	var p patience
	for {
		conn, err := s.pool.Acquire(ctx)
		if err == nil {
			s.outage.over()
			return conn, nil
		}
		if err = mapError(err); !s.outage.again(ctx, &p, err) {
			return nil, err
		}
	}
}

// overcome is repeat for those who have no store.
func overcome(ctx context.Context, f func() error) error {
	return new(Store).repeat(ctx, func() error { return mapError(f()) })
}
