package httpapi

import "sync"

// gate bounds the number of concurrent requests or streams, in total and for each caller;
// zero means no limit.
type gate struct {
	total, perCaller int

	mu      sync.Mutex
	entered int
	callers map[string]int
}

func newGate(total, perCaller int) *gate {
	return &gate{total: total, perCaller: perCaller, callers: map[string]int{}}
}

// entry is the result of [gate.enter].
type entry int

const (
	entered entry = iota
	gateFull
	callerFull
)

// enter takes a slot for a caller, unless a limit is reached. Call leave once after each
// success.
func (g *gate) enter(caller string) entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.total > 0 && g.entered >= g.total:
		return gateFull
	case g.perCaller > 0 && g.callers[caller] >= g.perCaller:
		return callerFull
	}
	g.entered++
	g.callers[caller]++
	return entered
}

// leave frees one slot of the caller.
func (g *gate) leave(caller string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.entered--
	if g.callers[caller]--; g.callers[caller] == 0 {
		delete(g.callers, caller)
	}
}

// count returns the number of slots taken, for the metrics.
func (g *gate) count() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return float64(g.entered)
}
