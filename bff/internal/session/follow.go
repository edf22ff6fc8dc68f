package session

import (
	"context"
	"crypto/sha256"
	"time"
)

// checkPause is the shortest time between two checks of a follower. A session that
// was evicted is checked at once.
const checkPause = time.Second

// Follower signals when a stream must check its session.
type Follower struct {
	// C receives a value when a check is due, or the session was evicted.
	C <-chan struct{}

	sessions *Sessions
	req      Request
	user     string
	due      chan struct{}
	notify   func()
	timer    *time.Timer
}

// Follow returns a follower of the session of a user, which must be closed. The first check
// is due at once. After each send to C, the follower calls notify, which must not block.
func (s *Sessions) Follow(req Request, user string, notify func()) *Follower {
	due := make(chan struct{}, 1)
	f := &Follower{C: due, sessions: s, req: req, user: user, due: due, notify: notify}
	f.timer = time.AfterFunc(0, f.wake)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.followers[req.Cookie.key] == nil {
		s.followers[req.Cookie.key] = make(map[*Follower]struct{})
	}
	s.followers[req.Cookie.key][f] = struct{}{}
	return f
}

// Check returns nil if the session is valid. The errors are those of [Sessions.Get].
func (f *Follower) Check(ctx context.Context) error {
	_, err := f.sessions.Check(ctx, f.req)
	f.timer.Reset(max(checkPause, time.Until(f.sessions.checkAt(f.req.Cookie))))
	return err
}

// Close stops the follower and frees its timer.
func (f *Follower) Close() {
	f.timer.Stop()
	key := f.req.Cookie.key
	f.sessions.mu.Lock()
	defer f.sessions.mu.Unlock()
	delete(f.sessions.followers[key], f)
	if len(f.sessions.followers[key]) == 0 {
		delete(f.sessions.followers, key)
	}
}

func (f *Follower) wake() {
	select {
	case f.due <- struct{}{}:
		f.notify()
	default: // it is due already
	}
}

// wake makes the followers of a session check it. s.mu must be held.
func (s *Sessions) wake(key [sha256.Size]byte) {
	for f := range s.followers[key] {
		f.wake()
	}
}

// checkAt returns when the next exchange of a session is due.
func (s *Sessions) checkAt(cookie Cookie) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.entries[cookie.key]; ok {
		return e.checkAt
	}
	// It was dropped because the cache is full, which does not mean that it has ended.
	return time.Now().Add(s.ttl)
}
