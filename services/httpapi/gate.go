package httpapi

import "sync/atomic"

// gate counts what is under way and lets in no more than its limit; zero is no
// limit.
type gate struct {
	inside atomic.Int64
	limit  int64
}

func newGate(limit int) *gate { return &gate{limit: int64(limit)} }

// enter reports whether there was room. Each success is followed by one leave.
func (g *gate) enter() bool {
	if n := g.inside.Add(1); g.limit == 0 || n <= g.limit {
		return true
	}
	g.leave()
	return false
}

func (g *gate) leave() { g.inside.Add(-1) }

// count is the number inside, for the metrics.
func (g *gate) count() float64 { return float64(g.inside.Load()) }
