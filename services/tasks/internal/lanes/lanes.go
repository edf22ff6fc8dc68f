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
	// maxFlush bounds the reads that are sent together, and so what a read waits
	// for before those behind it are sent.
	maxFlush = 16
	// maxQueued bounds the reads that wait in one lane.
	maxQueued = 512
	// closeTimeout is how long Close waits for reads under way.
	closeTimeout = 2 * time.Second
)

var (
	// ErrFull: every lane has as many reads as it may. The caller should use
	// another connection.
	ErrFull = errors.New("the lanes are full")
	// ErrLost: the connection broke before the answer. The read may be repeated.
	ErrLost = errors.New("the lane has lost its connection")
	// ErrClosed: the lanes have been closed.
	ErrClosed = errors.New("the lanes are closed")
)

// Config says how reads are sent.
type Config struct {
	// Lanes is the number of lanes, and of the connections that they use.
	Lanes int
	// Acquire returns a connection. A lane releases it when it has the answers
	// to the reads that it sent together.
	Acquire func(context.Context) (*pgxpool.Conn, error)
	// SetUser is the statement that sets the user, $1, of a transaction.
	SetUser string
	// Timeout bounds the time from sending reads to the last of their answers.
	// After it the connection is closed.
	Timeout time.Duration
	// Tracer, unless nil, is told of every read, without the statement that
	// sets its user.
	Tracer pgx.QueryTracer
}

// Lanes is safe for concurrent use.
type Lanes struct {
	config Config
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	lanes   []*lane
	closed  bool
	serving sync.WaitGroup
	// reads and flushes count the reads that were sent, and how often some were
	// sent together.
	reads, flushes int64
}

// lane is a queue of reads. Its goroutine runs while there are any.
type lane struct {
	queue []*read
	sent  int // reads without an answer
	busy  bool
	// conn is the connection on which answers are outstanding, or nil.
	conn net.Conn
}

// read is one call of [Do].
type read struct {
	ctx    context.Context
	user   string
	text   string
	args   []any
	decode func(pgx.Rows) error
	// done receives the outcome. It has room for it, so that nobody has to wait
	// for a caller that has left.
	done chan error

	statement *statement
	tracing   context.Context
}

// New returns lanes. They use no connection before the first read.
func New(config Config) *Lanes {
	l := &Lanes{config: config}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for range config.Lanes {
		l.lanes = append(l.lanes, &lane{})
	}
	return l
}

// Do executes a query for a user, in a transaction of its own, and returns what
// decode makes of its rows. It returns when ctx ends, whatever the database does.
//
// text must be one of few constant texts, since it is prepared on each connection
// and kept. decode runs in another goroutine, maybe even after Do has returned. It
// must use nothing that the caller changes, and hand over what it read as its
// result only.
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
	// Sent reads, and the Flushes in which they were sent.
	Sent, Flushes int64
	// Waiting reads have no answer yet.
	Waiting int
}

// Stat returns how many reads there were.
func (l *Lanes) Stat() Stat {
	l.mu.Lock()
	defer l.mu.Unlock()
	stat := Stat{Sent: l.reads, Flushes: l.flushes}
	for _, one := range l.lanes {
		stat.Waiting += one.waiting()
	}
	return stat
}

// Close fails reads that have not been sent, and those of the future, with
// [ErrClosed]. It waits two seconds for those under way.
func (l *Lanes) Close() {
	l.mu.Lock()
	l.closed = true
	for _, one := range l.lanes {
		if one.conn != nil {
			_ = one.conn.SetDeadline(time.Now().Add(closeTimeout)) // fails where it is closed already
		}
	}
	l.mu.Unlock()
	l.cancel()
	l.serving.Wait()
}

func (one *lane) waiting() int { return len(one.queue) + one.sent }

// enqueue puts a read into the lane with the fewest.
func (l *Lanes) enqueue(r *read) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := slices.MinFunc(l.lanes, func(a, b *lane) int { return a.waiting() - b.waiting() })
	switch {
	case l.closed:
		return ErrClosed
	case len(one.queue) == maxQueued:
		return ErrFull
	}
	one.queue = append(one.queue, r)
	if !one.busy {
		one.busy = true
		l.serving.Go(func() { l.serve(one) })
	}
	return nil
}

// serve sends the reads of a lane until its queue is empty.
func (l *Lanes) serve(one *lane) {
	var flush []*read
	for {
		// Callers that are ready to run join this flush. Without
		// any, Gosched returns at once.
		runtime.Gosched()
		if flush = l.take(one, flush); len(flush) == 0 {
			return
		}
		if err := l.exchange(one, flush); err != nil {
			for _, r := range flush {
				r.finish(err) // except those that have an answer
			}
		}
		clear(flush)
	}
}

// take moves the reads to be sent next from the queue to flush. It returns none
// when the lane has nothing to do.
func (l *Lanes) take(one *lane, flush []*read) []*read {
	l.mu.Lock()
	defer l.mu.Unlock()
	flush, one.sent = flush[:0], 0
	taken := 0
	for _, r := range one.queue {
		if len(flush) == maxFlush {
			break
		}
		if taken++; r.ctx.Err() == nil { // otherwise its caller has left
			flush = append(flush, r)
		}
	}
	one.queue = slices.Delete(one.queue, 0, taken)
	one.sent, one.busy = len(flush), len(flush) > 0
	if one.busy {
		l.reads += int64(len(flush))
		l.flushes++
	}
	return flush
}

// answered notes that a lane has one answer more.
func (l *Lanes) answered(one *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one.sent--
}

// finish gives the caller the outcome, unless it has one.
func (r *read) finish(err error) {
	select {
	case r.done <- err:
	default:
	}
}
