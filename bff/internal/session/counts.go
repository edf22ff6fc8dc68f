package session

import "sync/atomic"

// Counts are metrics of the cache.
type Counts struct {
	// Sessions is the number of cached sessions.
	Sessions int
	// Hits and Misses are the numbers of requests whose session was cached, and of
	// those that needed an exchange. Stale counts the misses that were served from
	// the cache because Better Auth did not respond in time, Rejected the requests
	// with a cookie that Better Auth had just rejected.
	Hits, Misses, Stale, Rejected int64
	// Exchanges is the number of exchanges in flight or waiting for a slot.
	Exchanges int
	// TooMany counts the exchanges that were rejected because too many were waiting,
	// or that waited too long.
	TooMany int64
}

// counters are the values of Counts that only rise.
type counters struct{ hits, misses, stale, rejected, tooMany atomic.Int64 }

// Counts returns the current values.
func (s *Sessions) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		Sessions: len(s.entries), Exchanges: s.newcomers.inFlight + s.renewals.inFlight,
		Hits: s.counters.hits.Load(), Misses: s.counters.misses.Load(),
		Stale: s.counters.stale.Load(), Rejected: s.counters.rejected.Load(), TooMany: s.counters.tooMany.Load(),
	}
}
