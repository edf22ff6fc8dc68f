package httpapi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxHeld is how many bytes the operations of a server may hold at once for
	// what they read and for their answers, from before they run until the last
	// byte is sent. The rest waits.
	maxHeld = 64 << 20
	// maxReceived is how many bytes of bodies a server holds at most until their
	// requests are answered: those of operations, and as many of other requests,
	// which need no session.
	maxReceived = 24 << 20
	// roomWait bounds an operation's wait for room.
	roomWait = 5 * time.Second
)

// room bounds the bytes that are held at once, in all and for each caller, who has
// at most 1/[userShare] of them.
type room struct {
	size int64
	all  *semaphore.Weighted
	// held counts the bytes that are held, waiting those who wait for some.
	held, waiting atomic.Int64

	mu      sync.Mutex
	callers map[string]*callerRoom
}

// callerRoom is one caller's part of a room, while something in it is held.
type callerRoom struct {
	*semaphore.Weighted

	holds int
}

func newRoom(size int64) *room {
	return &room{size: size, all: semaphore.NewWeighted(size), callers: map[string]*callerRoom{}}
}

// heldBytes and waiters are figures for the metrics.
func (r *room) heldBytes() float64 { return float64(r.held.Load()) }
func (r *room) waiters() float64   { return float64(r.waiting.Load()) }

// Held is a number of bytes that one goroutine holds for a caller.
type Held struct {
	room   *room
	caller string
	own    *callerRoom
	bytes  int64
}

// enter returns a Held of a caller, without bytes yet, which must be released.
func (r *room) enter(caller string) *Held {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := r.callers[caller]
	if own == nil {
		own = &callerRoom{Weighted: semaphore.NewWeighted(r.size / userShare)}
		r.callers[caller] = own
	}
	own.holds++
	return &Held{room: r, caller: caller, own: own}
}

// wait takes n more bytes, once there is room for them. If ctx ends before that, the
// problem says whether the caller or the server had no room.
func (h *Held) wait(ctx context.Context, n int64) *Problem {
	h.room.waiting.Add(1)
	defer h.room.waiting.Add(-1)
	if h.own.Acquire(ctx, n) != nil {
		return tooMuchAtOnce(limitUserMemory)
	}
	if h.room.all.Acquire(ctx, n) != nil {
		h.own.Release(n)
		return full(limitMemory)
	}
	h.take(n)
	return nil
}

// try takes n more bytes if there is room for them.
func (h *Held) try(n int64) *Problem {
	if !h.own.TryAcquire(n) {
		return tooMuchAtOnce(limitUserMemory)
	}
	if !h.room.all.TryAcquire(n) {
		h.own.Release(n)
		return full(limitMemory)
	}
	h.take(n)
	return nil
}

func (h *Held) take(n int64) {
	h.bytes += n
	h.room.held.Add(n)
}

// Shrink gives back all but n bytes.
func (h *Held) Shrink(n int64) {
	if back := h.bytes - n; back > 0 {
		h.own.Release(back)
		h.room.all.Release(back)
		h.room.held.Add(-back)
		h.bytes = n
	}
}

// Release gives everything back. It may be called again, and for nil.
func (h *Held) Release() {
	if h == nil || h.own == nil {
		return
	}
	h.Shrink(0)
	h.room.mu.Lock()
	defer h.room.mu.Unlock()
	if h.own.holds--; h.own.holds == 0 {
		delete(h.room.callers, h.caller)
	}
	h.own = nil
}
