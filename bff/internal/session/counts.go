package session

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

// Counts returns the current values.
func (s *Sessions) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Sessions, counts.Exchanges = len(s.entries), s.newcomers.inFlight+s.renewals.inFlight
	return counts
}

func (s *Sessions) count(counter *int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*counter++
}
