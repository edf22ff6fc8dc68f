package session

import (
	"crypto/sha256"
	"time"
)

const (
	// endedTTL is how long a cookie without a session is cached. The next sign-in sets
	// another cookie, so it does not have to wait.
	endedTTL = 3 * time.Second
	// maxEnded bounds recent and older, each.
	maxEnded = 10_000
)

// ended caches cookies without a session. If signatures are not checked, it keeps an
// invalid cookie from causing an exchange with every request. The nil ended caches
// nothing. Sessions.mu guards it.
type ended struct {
	// recent has the exchanges since recentSince, older those before. When recent
	// replaces older, everything in older has expired, unless recent was full.
	recent, older map[[sha256.Size]byte]endedFlight
	recentSince   time.Time
}

type endedFlight struct {
	flight *flight
	until  time.Time
}

// find returns the exchange that found no session less than endedTTL ago, or nil.
func (c *ended) find(key [sha256.Size]byte, now time.Time) *flight {
	if c == nil {
		return nil
	}
	found, ok := c.recent[key]
	if !ok {
		found = c.older[key]
	}
	if !now.Before(found.until) {
		return nil
	}
	return found.flight
}

// add caches an exchange that found no session.
func (c *ended) add(key [sha256.Size]byte, f *flight, now time.Time) {
	if c == nil {
		return
	}
	if c.recent == nil || now.Sub(c.recentSince) >= endedTTL || len(c.recent) >= maxEnded {
		c.older, c.recent, c.recentSince = c.recent, make(map[[sha256.Size]byte]endedFlight), now
	}
	c.recent[key] = endedFlight{flight: f, until: now.Add(endedTTL)}
}

func (c *ended) evict(key [sha256.Size]byte) {
	if c != nil {
		delete(c.recent, key)
		delete(c.older, key)
	}
}
