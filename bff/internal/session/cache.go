package session

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tasklane/tasklane/services/budget"
)

const (
	// maxSessions and maxSessionBytes bound the cache. Beyond them, the least
	// recently used session is dropped.
	maxSessions     = 20_000
	maxSessionBytes = 40 << 20
	// entryBytes is about the size in bytes of an entry without its texts.
	entryBytes = 1 << 10
	// renewBefore is how long before its expiry a JWT is renewed. For this time,
	// sessions survive an outage of Better Auth. A short-lived JWT is renewed when
	// 1/renewFraction of its lifetime is left; otherwise each request would renew
	// it.
	renewBefore   = time.Minute
	renewFraction = 4
	// staleAfter is how long requests wait for an exchange while the cached JWT is
	// still valid.
	staleAfter = time.Second
	// failureBackoff is the backoff after a failed exchange while the cached JWT is
	// still valid.
	failureBackoff = 2 * time.Second
	// maxExchanges bounds the concurrent exchanges of unknown cookies, so that they
	// cannot overload Better Auth, and separately those of known sessions. Up to
	// maxWaiting more of each wait for a slot. Waiting counts against the timeout of
	// an exchange.
	maxExchanges = 50
	maxWaiting   = 250
	// endedTTL is how long a cookie without a session is cached. The next sign-in sets
	// another cookie, so it does not have to wait. maxEnded bounds their number.
	endedTTL = 3 * time.Second
	maxEnded = 10_000
	// For unknown cookies, one client may have 1/clientShare of both, so that its
	// flood does not block other clients.
	clientShare = 4
)

// Exchanger exchanges a session cookie at Better Auth. See [BetterAuth.Exchange].
type Exchanger interface {
	Exchange(ctx context.Context, req Request) (Result, error)
}

// Sessions caches sessions, so that most requests need no exchange. The requests of a
// session share one exchange, for which they wait at most [staleAfter] while the cached JWT
// is valid.
type Sessions struct {
	auth Exchanger
	ttl  time.Duration

	mu      sync.Mutex
	counts  Counts
	entries map[[sha256.Size]byte]*entry
	recent  *list.List // of *entry, most recently used first
	bytes   int        // of all entries
	// ended are the exchanges, by cookie, that found no session; nil unless CacheEnded.
	ended map[[sha256.Size]byte]endedFlight
	// followers are woken when their session is evicted.
	followers map[[sha256.Size]byte]map[*Follower]struct{}
	// newcomers bounds the exchanges of unknown cookies, renewals those of known
	// sessions, which unknown cookies therefore cannot delay.
	newcomers, renewals *queue
	// clients bounds the newcomers of each client with exchanges in flight.
	clients map[netip.Prefix]*queue
}

// queue bounds exchanges.
type queue struct {
	// slots holds a value for each exchange that has a slot.
	slots chan struct{}
	// inFlight counts the exchanges that have not ended, including those that wait
	// for a slot; capacity bounds it. Sessions.mu guards both.
	inFlight, capacity int
}

func newQueue(share int) *queue {
	return &queue{slots: make(chan struct{}, maxExchanges/share), capacity: (maxExchanges + maxWaiting) / share}
}

func (q *queue) full() bool { return q.inFlight >= q.capacity }

// queues returns the queues in each of which an exchange needs a slot.
func (s *Sessions) queues(e *entry, req Request) []*queue {
	if e.session != nil {
		return []*queue{s.renewals}
	}
	own := s.clients[req.Network]
	if own == nil {
		own = newQueue(clientShare)
	}
	return []*queue{own, s.newcomers}
}

// entry is one session. When it is evicted, it is removed from Sessions.entries, and the
// result of an exchange in flight is not cached.
type entry struct {
	key     [sha256.Size]byte
	element *list.Element
	// session is nil until the first exchange has ended.
	session *Session
	// checkAt is when the next exchange is due.
	checkAt time.Time
	// keptExpiry is set if the latest exchange did not renew the session. The next
	// request of the browser then causes an exchange, in case a renewal is due.
	keptExpiry bool
	// flight is the exchange in flight, or nil.
	flight *flight
	// cookies are those set by exchanges, or nil.
	cookies *cookies
	// bytes is the size of the entry as it counts in Sessions.bytes.
	bytes int
}

// size returns about how many bytes the entry takes.
func (e *entry) size() int {
	n := entryBytes
	if s := e.session; s != nil {
		n += len(s.User.ID) + len(s.User.Name) + len(s.User.Email) + len(s.jwt)
		if s.User.Image != nil {
			n += len(*s.User.Image)
		}
	}
	if e.cookies != nil {
		for _, line := range e.cookies.lines {
			n += len(line)
		}
	}
	return n
}

// cookies are Set-Cookie lines for the browser. Better Auth sends them once, so they are
// kept until they are relayed with a response.
type cookies struct {
	lines   []string
	relayed bool
}

// flight is an exchange in flight. Its result may be read once done is closed.
type flight struct {
	done    chan struct{}
	start   time.Time
	session *Session
	cookies *cookies
	err     error
}

// endedFlight is an exchange that found no session, which is not repeated before a time.
type endedFlight struct {
	flight *flight
	until  time.Time
}

// errNoSlot means that an exchange got no slot.
var errNoSlot = fmt.Errorf("%w: too many exchanges in flight", ErrUnavailable)

// queueFull is the result of every exchange that is rejected because a queue is full.
var queueFull = func() *flight {
	f := &flight{done: make(chan struct{}), err: errNoSlot}
	close(f.done)
	return f
}()

// NewSessions returns a cache in which sessions are valid for ttl. A session that was
// revoked elsewhere is accepted for up to that long.
func NewSessions(auth Exchanger, ttl time.Duration) *Sessions {
	return &Sessions{
		auth:    auth,
		ttl:     ttl,
		entries: make(map[[sha256.Size]byte]*entry),
		recent:  list.New(),

		followers: make(map[[sha256.Size]byte]map[*Follower]struct{}),
		newcomers: newQueue(1),
		renewals:  newQueue(1),
		clients:   make(map[netip.Prefix]*queue),
	}
}

// CacheEnded caches for a few seconds that a cookie has no session, so that an invalid cookie
// does not cause an exchange with every request. Call it before the first Get, if signatures
// cannot be checked.
func (s *Sessions) CacheEnded() { s.ended = map[[sha256.Size]byte]endedFlight{} }

// Get returns the session of the request's cookie. It fails with [ErrExpired],
// [ErrUnavailable] or the error of ctx. With [ErrExpired], the result may have Set-Cookie
// lines that clear cookies. While Better Auth cannot be reached, a cached session is used
// until its JWT expires.
func (s *Sessions) Get(ctx context.Context, req Request) (Result, error) {
	found, unsent, err := s.get(ctx, req)
	if unsent == nil || req.KeepExpiry || req.Bearer {
		return Result{Session: found}, err // the browser's next request gets the cookies
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	unsent.relayed = true
	return Result{Session: found, SetCookie: unsent.lines}, err
}

// Check is Get for callers that can no longer set cookies. Cookies that Better Auth sets
// are kept for the next Get.
func (s *Sessions) Check(ctx context.Context, req Request) (*Session, error) {
	found, _, err := s.get(ctx, req)
	return found, err
}

func (s *Sessions) get(ctx context.Context, req Request) (*Session, *cookies, error) {
	known, unsent, inFlight := s.getOrStart(ctx, req)
	if inFlight == nil {
		return known, unsent, nil
	}
	var stale <-chan time.Time
	if known != nil {
		timer := time.NewTimer(time.Until(inFlight.start.Add(staleAfter)))
		defer timer.Stop()
		stale = timer.C
	}
	select {
	case <-inFlight.done:
		if known != nil && errors.Is(inFlight.err, ErrUnavailable) {
			s.count(&s.counts.Stale)
			return known, unsent, nil
		}
		return inFlight.session, inFlight.cookies, inFlight.err
	case <-stale:
		s.count(&s.counts.Stale)
		return known, unsent, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// getOrStart returns the session if it is cached and its JWT is valid, the cookies that have
// not reached the browser yet, and the exchange to wait for, or nil. It starts one if it is
// due.
func (s *Sessions) getOrStart(ctx context.Context, req Request) (*Session, *cookies, *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if ended := s.ended[req.Cookie.key]; now.Before(ended.until) {
		s.counts.Rejected++
		return nil, nil, ended.flight
	}
	e, cached := s.entries[req.Cookie.key]
	if cached {
		s.recent.MoveToFront(e.element)
	} else {
		e = &entry{key: req.Cookie.key}
	}
	known := e.session
	if known != nil && !now.Before(known.usableUntil()) {
		known = nil
	}
	if e.cookies != nil && e.cookies.relayed {
		e.cookies = nil
		s.bound(e)
	}
	if known != nil && now.Before(e.checkAt) && (req.KeepExpiry || !e.keptExpiry) {
		s.counts.Hits++
		return known, e.cookies, nil
	}
	s.counts.Misses++
	if e.flight == nil {
		queues := s.queues(e, req)
		if slices.ContainsFunc(queues, (*queue).full) {
			s.counts.TooMany++
			return known, e.cookies, queueFull
		}
		if e.session == nil {
			s.clients[req.Network] = queues[0]
		}
		for _, q := range queues {
			q.inFlight++
		}
		if !cached {
			s.add(e)
		}
		e.flight = &flight{done: make(chan struct{}), start: now}
		// Other requests may wait for it, so it does not end with this one.
		go s.exchange(context.WithoutCancel(ctx), queues, e, e.flight, req)
	}
	return known, e.cookies, e.flight
}

func (s *Sessions) exchange(ctx context.Context, queues []*queue, e *entry, f *flight, req Request) {
	ctx, cancel := context.WithTimeout(ctx, budget.Exchange)
	defer cancel()
	result, err := s.exchangeWithSlots(ctx, queues, req)

	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(f.done)
	for _, q := range queues {
		q.inFlight--
	}
	if own := s.clients[req.Network]; own != nil && own.inFlight == 0 {
		delete(s.clients, req.Network)
	}
	e.flight = nil
	// Cookies of earlier exchanges are of no use after the session has ended.
	if len(result.SetCookie) > 0 || errors.Is(err, ErrExpired) {
		e.cookies = &cookies{lines: result.SetCookie}
	}
	f.session, f.cookies, f.err = result.Session, e.cookies, err
	now := time.Now()
	switch {
	case f.err == nil:
		e.session, e.keptExpiry = f.session, req.KeepExpiry
		left := e.session.usableUntil().Sub(now)
		e.checkAt = now.Add(min(s.ttl, left-min(renewBefore, left/renewFraction)))
	case errors.Is(f.err, ErrUnavailable) && e.session != nil && now.Before(e.session.usableUntil()):
		e.checkAt = now.Add(failureBackoff)
	case errors.Is(f.err, ErrUnavailable):
		s.evict(e)
	default: // ErrExpired
		if s.ended != nil && s.entries[e.key] == e {
			if len(s.ended) == maxEnded {
				clear(s.ended)
			}
			s.ended[e.key] = endedFlight{f, now.Add(endedTTL)}
		}
		s.remove(e)
		s.wake(e.key)
	}
	s.bound(e)
}

// exchangeWithSlots waits for a slot in each of the queues and then exchanges the cookie.
func (s *Sessions) exchangeWithSlots(ctx context.Context, queues []*queue, req Request) (Result, error) {
	for _, q := range queues {
		select {
		case q.slots <- struct{}{}:
			defer func() { <-q.slots }()
		case <-ctx.Done():
			s.count(&s.counts.TooMany)
			return Result{}, errNoSlot
		}
	}
	return s.auth.Exchange(ctx, req)
}

// Reject evicts a session whose JWT the task service has rejected.
func (s *Sessions) Reject(cookie Cookie, rejected *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.entries[cookie.key]; ok && e.session == rejected {
		s.evict(e)
	}
}

// Evict drops the session of a cookie, so that the next request with it causes an
// exchange.
func (s *Sessions) Evict(cookie Cookie) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ended, cookie.key)
	if e, ok := s.entries[cookie.key]; ok {
		s.evict(e)
	}
	s.wake(cookie.key)
}

// EvictUser drops the sessions of a user, so that the next request of each causes an
// exchange.
func (s *Sessions) EvictUser(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		// The user of a first exchange is not known yet.
		if e.session == nil || e.session.User.ID == id {
			s.evict(e)
		}
	}
	for key, followers := range s.followers {
		for f := range followers {
			if f.user == id {
				s.wake(key)
				break
			}
		}
	}
}

// Recheck makes the next request of every session cause an exchange. Sessions stay cached
// in case Better Auth does not respond in time, except those with an exchange in flight.
func (s *Sessions) Recheck() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		e.checkAt = time.Time{}
		if e.flight != nil {
			s.evict(e) // the response in flight may be older
		}
	}
	for key := range s.followers {
		s.wake(key)
	}
}

// evict resets e but keeps cookies that have not reached the browser yet. The
// result of an exchange in flight is not cached.
func (s *Sessions) evict(e *entry) {
	current := s.entries[e.key] == e
	s.remove(e)
	if current && e.cookies != nil && !e.cookies.relayed {
		s.add(&entry{key: e.key, cookies: e.cookies})
	}
}

// add adds an entry as the most recently used one.
func (s *Sessions) add(e *entry) {
	e.element = s.recent.PushFront(e)
	s.entries[e.key] = e
	s.bound(e)
}

// bound counts the bytes of a new or changed entry, and drops the least recently used
// ones above the bounds. Unknown cookies count once they are known to have a session, so
// that a flood of them evicts no session.
func (s *Sessions) bound(e *entry) {
	if s.entries[e.key] != e {
		return
	}
	size := e.size()
	s.bytes += size - e.bytes
	e.bytes = size
	unknown := s.newcomers.inFlight
	for len(s.entries)-unknown > maxSessions || s.bytes-unknown*entryBytes > maxSessionBytes {
		oldest, _ := s.recent.Back().Value.(*entry)
		s.remove(oldest)
	}
}

// remove drops an entry, unless another one has replaced it.
func (s *Sessions) remove(e *entry) {
	if s.entries[e.key] == e {
		delete(s.entries, e.key)
		s.recent.Remove(e.element)
		s.bytes -= e.bytes
	}
}
