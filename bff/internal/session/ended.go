package session

import (
	"crypto/sha256"
	"time"
)

const (
	// endedTTL is how long it is cached that a cookie has no session. A new
	// session has another cookie, so nobody waits for this to expire.
	endedTTL = 3 * time.Second
	// maxEnded bounds the cache: it holds at most twice as many.
	maxEnded = 10_000
)

// ended caches which cookies have no session. Where signatures are not checked, it
// keeps one invalid cookie from causing an exchange with every request. The nil
// ended caches nothing. The lock of Sessions guards it.
type ended struct {
	// recent and older hold the exchanges. When recent replaces older, everything
	// in older has expired, unless recent was full.
	recent, older map[[sha256.Size]byte]endedFlight
	turned        time.Time
}

type endedFlight struct {
	flight *flight
	until  time.Time
}

// find returns the exchange that found no session a moment ago, or nil.
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

// keep caches an exchange that found no session.
func (m *ended) keep(key [sha256.Size]byte, f *flight, now time.Time) {
	if m == nil {
		return
	}
	if m.recent == nil || now.Sub(m.turned) >= endedTTL || len(m.recent) >= maxEnded {
		m.older, m.recent, m.turned = m.recent, make(map[[sha256.Size]byte]endedFlight), now
	}
	m.recent[key] = endedFlight{flight: f, until: now.Add(endedTTL)}
}

func (m *ended) evict(key [sha256.Size]byte) {
	if m != nil {
		delete(m.recent, key)
		delete(m.older, key)
	}
}
