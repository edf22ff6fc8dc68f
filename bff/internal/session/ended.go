package session

import (
	"crypto/sha256"
	"time"
)

const (
	// endedTTL is how long a cookie without a session is cached. The next sign-in sets
	// another cookie, so it does not have to wait.
	endedTTL = 3 * time.Second
	// maxEnded bounds the cache, which holds at most twice as many.
	maxEnded = 10_000
)

// ended caches cookies without a session. If signatures are not checked, it keeps an
// invalid cookie from causing an exchange with every request. The nil ended caches
// nothing. Sessions.mu guards it.
type ended struct {
	// recent and older hold the exchanges. When recent replaces older, everything
	// in older has expired, unless recent was full.
	recent, older map[[sha256.Size]byte]endedFlight
	recentSince   time.Time
}

type endedFlight struct {
	flight *flight
	until  time.Time
}

// find returns the exchange that found no session less than endedTTL ago, or nil.
func (m *ended) find(key [sha256.Size]byte, now time.Time) *flight {
	if m == nil {
		return nil
	}
	found, ok := m.recent[key]
	if !ok {
		found = m.older[key]
	}
	if !now.Before(found.until) {
		return nil
	}
	return found.flight
}

// add caches an exchange that found no session.
func (m *ended) add(key [sha256.Size]byte, f *flight, now time.Time) {
	if m == nil {
		return
	}
	if m.recent == nil || now.Sub(m.recentSince) >= endedTTL || len(m.recent) >= maxEnded {
		m.older, m.recent, m.recentSince = m.recent, make(map[[sha256.Size]byte]endedFlight), now
	}
	m.recent[key] = endedFlight{flight: f, until: now.Add(endedTTL)}
}

func (m *ended) evict(key [sha256.Size]byte) {
	if m != nil {
		delete(m.recent, key)
		delete(m.older, key)
	}
}
