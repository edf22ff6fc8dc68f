package lanes

import (
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// maxFlush bounds the reads that are sent together, and so the wait of a read for
	// those before it.
	maxFlush = 16
	// maxQueued bounds the reads that wait in one lane.
	maxQueued = 512
	// closeTimeout is how long Close waits for reads in flight.
	closeTimeout = 2 * time.Second
)

var (
	// ErrFull: every lane is full. Use another connection.
	ErrFull = errors.New("the lanes are full")
	// ErrLost: the connection broke before the result arrived. The read may be retried.
	ErrLost = errors.New("the lane lost its connection")
	// ErrClosed: the lanes have been closed.
	ErrClosed = errors.New("the lanes are closed")
)

// Config configures lanes.
type Config struct {
	// Lanes is the number of lanes and of their connections.
	Lanes int
	// Acquire returns a connection. A lane releases it when it has the results of
	// the reads that it sent together.
	Acquire func(context.Context) (*pgxpool.Conn, error)
	// SetUser is the statement that sets the user of a transaction to $1.
	SetUser string
	// Timeout bounds the time from sending reads to their last result. After it
	// the connection is closed.
	Timeout time.Duration
	// Tracer observes every read, without the statement that sets the user. It may
	// be nil.
	Tracer pgx.QueryTracer
}

// Lanes are safe for concurrent use.
type Lanes struct {
	config Config
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	lanes   []*lane
	closed  bool
	serving sync.WaitGroup
	// reads and flushes count the reads sent, and the flushes in which they were
	// sent.
	reads, flushes int64
}

// lane is a queue of reads. Its goroutine runs while the queue is not empty.
type lane struct {
	queue []*read
	sent  int // reads in flight
	busy  bool
	// conn is the connection with reads in flight, or nil.
	conn net.Conn
}

// read is one call of [Do].
type read struct {
	ctx    context.Context
	user   string
	text   string
	args   []any
	decode func(pgx.Rows) error
	// done receives the outcome. It is buffered, so that the lane never waits for a
	// caller that has left.
	done chan error

	statement *statement
	tracing   context.Context
}

// New returns lanes. They acquire no connection before the first read.
func New(config Config) *Lanes {
	l := &Lanes{config: config}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for range config.Lanes {
		l.lanes = append(l.lanes, &lane{})
	}
	return l
}

// Do executes a query for a user, in its own transaction, and returns the result of decode,
// which reads the rows. It returns when ctx ends, whatever the database does.
//
// text must be one of few constant strings, because it is prepared on each connection and
// kept. decode runs in another goroutine, possibly after Do has returned. It must not use
// anything that the caller changes, and must return what it read only as its result.
func Do[T any](
	ctx context.Context, l *Lanes, user, text string, args []any, decode func(pgx.Rows) (T, error),
) (result T, err error) {
	var decoded T // written by the lane, before it sends to done
	r := &read{ctx: ctx, user: user, text: text, args: args, done: make(chan error, 1)}
	r.decode = func(rows pgx.Rows) (err error) {
		decoded, err = decode(rows)
		return err
	}
	if err := l.enqueue(r); err != nil {
		return result, err
	}
	select {
	case err := <-r.done:
		if p, ok := errors.AsType[panicked](err); ok {
			panic(p.value) // as if decode had been called here
		}
		if err != nil {
			return result, err
		}
		return decoded, nil
	case <-ctx.Done():
		return result, ctx.Err()
	}
}

// Stat counts reads.
type Stat struct {
	// Sent counts reads, Flushes the flushes in which they were sent.
	Sent, Flushes int64
	// Waiting is the number of reads without a result.
	Waiting int
}

// Stat returns the counters.
func (l *Lanes) Stat() Stat {
	l.mu.Lock()
	defer l.mu.Unlock()
	stat := Stat{Sent: l.reads, Flushes: l.flushes}
	for _, lane := range l.lanes {
		stat.Waiting += lane.waiting()
	}
	return stat
}

// Close makes queued and later reads fail with [ErrClosed]. It waits two seconds for reads
// in flight.
func (l *Lanes) Close() {
	l.mu.Lock()
	l.closed = true
	for _, lane := range l.lanes {
		if lane.conn != nil {
			_ = lane.conn.SetDeadline(time.Now().Add(closeTimeout)) // fails if it is already closed
		}
	}
	l.mu.Unlock()
	l.cancel()
	l.serving.Wait()
}

func (lane *lane) waiting() int { return len(lane.queue) + lane.sent }

// enqueue adds a read to the lane with the fewest reads.
func (l *Lanes) enqueue(r *read) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	lane := slices.MinFunc(l.lanes, func(a, b *lane) int { return a.waiting() - b.waiting() })
	switch {
	case l.closed:
		return ErrClosed
	case len(lane.queue) == maxQueued:
		return ErrFull
	}
	lane.queue = append(lane.queue, r)
	if !lane.busy {
		lane.busy = true
		l.serving.Go(func() { l.serve(lane) })
	}
	return nil
}

// serve sends the reads of a lane until its queue is empty.
func (l *Lanes) serve(lane *lane) {
	var flush []*read
	for {
		// Runnable callers can join this flush. If there are none, Gosched
		// returns at once.
		runtime.Gosched()
		if flush = l.take(lane, flush); len(flush) == 0 {
			return
		}
		if err := l.exchange(lane, flush); err != nil {
			for _, r := range flush {
				r.finish(err) // has no effect on reads with a result
			}
		}
		clear(flush)
	}
}

// take moves the next reads from the queue to flush. It moves none if the lane is idle.
func (l *Lanes) take(lane *lane, flush []*read) []*read {
	l.mu.Lock()
	defer l.mu.Unlock()
	flush, lane.sent = flush[:0], 0
	taken := 0
	for _, r := range lane.queue {
		if len(flush) == maxFlush {
			break
		}
		if taken++; r.ctx.Err() == nil { // skip if the caller has left
			flush = append(flush, r)
		}
	}
	lane.queue = slices.Delete(lane.queue, 0, taken)
	lane.sent, lane.busy = len(flush), len(flush) > 0
	if lane.busy {
		l.reads += int64(len(flush))
		l.flushes++
	}
	return flush
}

// received counts a received result.
func (l *Lanes) received(lane *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane.sent--
}

// finish passes the outcome to the caller, unless one was passed before.
func (r *read) finish(err error) {
	select {
	case r.done <- err:
	default:
	}
}
