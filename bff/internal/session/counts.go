package session

import "sync/atomic"

// Counts are figures of the cache.
type Counts struct {
	// Sessions are those in the cache.
	Sessions int
	// Hits and Misses are the requests whose session was cached, and those for
	// which Better Auth was asked. Stale are the misses that were served from the
	// cache because Better Auth did not respond in time. Rejected are the requests
	// with a cookie that Better Auth had just rejected.
	Hits, Misses, Stale, Rejected int64
	// Exchanges are those in flight, waiting ones included.
	Exchanges int
	// TooMany are the exchanges that were rejected for lack of room, or had no slot
	// in time.
	TooMany int64
}

// counters are the counters behind Counts.
type counters struct{ hits, misses, stale, rejected, tooMany atomic.Int64 }

// Counts returns the current figures.
func (s *Sessions) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		Sessions: len(s.entries), Exchanges: s.newcomers.inFlight + s.renewals.inFlight,
		Hits: s.counters.hits.Load(), Misses: s.counters.misses.Load(),
		Stale: s.counters.stale.Load(), Rejected: s.counters.rejected.Load(), TooMany: s.counters.tooMany.Load(),
	}
}
