package httpapi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxHeld bounds the memory that a server's operations reserve for reads and
	// responses, from before they run until the last byte is sent. Operations
	// above it wait.
	maxHeld = 64 << 20
	// maxReceived bounds the request bodies in memory, which are held until the
	// responses are sent. Requests that are not operations, and need no
	// session, have the same limit, counted separately.
	maxReceived = 24 << 20
	// roomWait bounds how long an operation waits for memory.
	roomWait = 5 * time.Second
)

// room bounds the bytes held at once, in total and per caller. A caller may have
// 1/[userShare] of them.
type room struct {
	size  int64
	total *semaphore.Weighted
	// held counts the bytes held, waiting the callers that wait for some.
	held, waiting atomic.Int64

	mu      sync.Mutex
	callers map[string]*callerRoom
}

// callerRoom is one caller's part of a room. It exists while the caller has a
// reservation.
type callerRoom struct {
	*semaphore.Weighted

	reservations int
}

func newRoom(size int64) *room {
	return &room{size: size, total: semaphore.NewWeighted(size), callers: map[string]*callerRoom{}}
}

// heldBytes and waiters are the values of gauges.
func (r *room) heldBytes() float64 { return float64(r.held.Load()) }
func (r *room) waiters() float64   { return float64(r.waiting.Load()) }

// Reservation is a number of bytes that one goroutine reserves for a caller.
type Reservation struct {
	room   *room
	caller string
	own    *callerRoom
	bytes  int64
}

// enter returns a Reservation of zero bytes for a caller. Release it.
func (r *room) enter(caller string) *Reservation {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := r.callers[caller]
	if own == nil {
		own = &callerRoom{Weighted: semaphore.NewWeighted(r.size / userShare)}
		r.callers[caller] = own
	}
	own.reservations++
	return &Reservation{room: r, caller: caller, own: own}
}

// wait takes n more bytes once they are free. If ctx ends first, the problem says whether
// the caller's share or the room was full.
func (r *Reservation) wait(ctx context.Context, n int64) *Problem {
	r.room.waiting.Add(1)
	defer r.room.waiting.Add(-1)
	if r.own.Acquire(ctx, n) != nil {
		return tooMuchAtOnce(limitUserMemory)
	}
	if r.room.total.Acquire(ctx, n) != nil {
		r.own.Release(n)
		return full(limitMemory)
	}
	r.take(n)
	return nil
}

// try takes n more bytes, or returns a problem if they are not free.
func (r *Reservation) try(n int64) *Problem {
	if !r.own.TryAcquire(n) {
		return tooMuchAtOnce(limitUserMemory)
	}
	if !r.room.total.TryAcquire(n) {
		r.own.Release(n)
		return full(limitMemory)
	}
	r.take(n)
	return nil
}

func (r *Reservation) take(n int64) {
	r.bytes += n
	r.room.held.Add(n)
}

// Shrink releases all but n bytes.
func (r *Reservation) Shrink(n int64) {
	if freed := r.bytes - n; freed > 0 {
		r.own.Release(freed)
		r.room.total.Release(freed)
		r.room.held.Add(-freed)
		r.bytes = n
	}
}

// Release releases all bytes. It may be called again, and on nil.
func (r *Reservation) Release() {
	if r == nil || r.own == nil {
		return
	}
	r.Shrink(0)
	r.room.mu.Lock()
	defer r.room.mu.Unlock()
	if r.own.reservations--; r.own.reservations == 0 {
		delete(r.room.callers, r.caller)
	}
	r.own = nil
}
