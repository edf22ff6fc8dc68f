package session

import "sync/atomic"

// Counts are figures of the memory.
type Counts struct {
	// Sessions are those that are remembered.
	Sessions int
	// Hits and Misses are the requests that were answered at once, and those
	// for which Better Auth was asked. Stale are the misses that were answered
	// with what was known, because Better Auth could not say in time. Refused
	// are the requests with a cookie that Better Auth had just refused.
	Hits, Misses, Stale, Refused int64
	// Exchanges are under way, those that wait for their turn included.
	Exchanges int
	// TooMany are the exchanges for which there was no room, or no turn in time.
	TooMany int64
}

// counters are what Counts are read from.
type counters struct{ hits, misses, stale, refused, tooMany atomic.Int64 }

// Counts returns the figures as they are now.
func (s *Sessions) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		Sessions: len(s.entries), Exchanges: s.newcomers.underWay + s.renewals.underWay,
		Hits: s.counters.hits.Load(), Misses: s.counters.misses.Load(),
		Stale: s.counters.stale.Load(), Refused: s.counters.refused.Load(), TooMany: s.counters.tooMany.Load(),
	}
}
