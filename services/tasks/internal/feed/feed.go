// Package feed notifies subscribers that a user's data has changed. It does not transport
// changes: subscribers read them from the store. So a notification may be duplicated or,
// with polling, late; it cannot lose or reorder changes.
package feed

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// batchTime is how long changes are collected for one message.
	batchTime = 5 * time.Millisecond
	// publishTimeout bounds the publication of one message, and of all messages
	// that are left when Run ends.
	publishTimeout = 2 * time.Second
	// maxNames is the maximum number of users in one message; PostgreSQL accepts
	// 8,000 bytes.
	maxNames = 400
	// retryDelay is the delay before listening or publishing is retried.
	retryDelay = time.Second
	// nameLength is the length of a user's name in a message.
	nameLength = 16
)

// Bus transports messages between the replicas of the service. A lost message only delays
// a notification.
type Bus interface {
	// Publish sends a message to all replicas.
	Publish(ctx context.Context, message string) error
	// Listen calls ready once it receives messages, and receive for each
	// message, until ctx ends or the connection breaks.
	Listen(ctx context.Context, ready func(), receive func(message string)) error
}

// Hub has the subscriptions of all users.
type Hub struct {
	bus Bus
	log *slog.Logger
	// replica identifies this hub's own messages.
	replica string

	mu      sync.Mutex
	waiting map[string]*subscribers
	// changed has the users whose changes have not been published yet.
	changed map[string]struct{}
	wake    chan struct{}

	closed atomic.Bool

	// Counters for the metrics.
	published, received, failed atomic.Int64
}

// subscribers are the subscriptions for one user.
type subscribers struct {
	all     map[*Subscription]struct{}
	wakeUps uint64
}

// Subscription is a subscription for a user's changes.
type Subscription struct {
	hub  *Hub
	name string
	wake func()
	// group has all subscriptions for the same user, this one included.
	group *subscribers
}

// New returns a hub. It exchanges messages with other replicas while Run runs.
func New(bus Bus, log *slog.Logger) *Hub {
	return &Hub{
		bus: bus, log: log, replica: rand.Text()[:8],
		waiting: map[string]*subscribers{},
		changed: map[string]struct{}{},
		wake:    make(chan struct{}, 1),
	}
}

// nameOf shortens a user's id for messages, which every role of the database can read. Users
// with the same name cause each other spurious wake-ups.
func nameOf(user string) string {
	sum := sha256.Sum256([]byte(user))
	return hex.EncodeToString(sum[:nameLength/2])
}

// Subscribe calls wake when the user's data may have changed, and when the hub is closed,
// until the subscription is closed. wake must not block.
func (h *Hub) Subscribe(user string, wake func()) *Subscription {
	s := &Subscription{hub: h, name: nameOf(user), wake: wake}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting[s.name] == nil {
		h.waiting[s.name] = &subscribers{all: map[*Subscription]struct{}{}}
	}
	s.group = h.waiting[s.name]
	s.group.all[s] = struct{}{}
	return s
}

// WakeUps returns the number of wake-ups of the user's subscriptions. A read that starts later
// includes the changes that caused them.
func (s *Subscription) WakeUps() uint64 {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.group.wakeUps
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.group.all, s)
	if len(s.group.all) == 0 {
		delete(s.hub.waiting, s.name)
	}
}

// Changed wakes the user's subscriptions, here immediately and on other replicas soon. It
// never blocks.
func (h *Hub) Changed(user string) {
	name := nameOf(user)
	h.mu.Lock()
	h.wakeAll(name)
	h.changed[name] = struct{}{}
	h.mu.Unlock()
	signal(h.wake)
}

// wakeAll wakes the subscriptions of a name. The caller must hold the lock.
func (h *Hub) wakeAll(name string) {
	waiting := h.waiting[name]
	if waiting == nil {
		return
	}
	waiting.wakeUps++
	for s := range waiting.all {
		s.wake()
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a signal is pending already
	}
}

// Run publishes local changes to other replicas and receives theirs, until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { h.publish(ctx) })
	running.Go(func() { h.listen(ctx) })
	running.Wait()
}

func (h *Hub) publish(ctx context.Context) {
	publishing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(publishTimeout, cancel) })()
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			h.publishAll(publishing)
			return
		}
		select {
		case <-time.After(batchTime):
		case <-ctx.Done():
		}
		h.publishAll(publishing)
	}
}

// publishAll publishes all changes so far, including the last ones before ctx ended. If a
// message fails, its names are sent with the next one.
func (h *Hub) publishAll(ctx context.Context) {
	for names := h.take(); len(names) > 0; names = h.take() {
		publishing, cancel := context.WithTimeout(ctx, publishTimeout)
		err := h.bus.Publish(publishing, h.replica+" "+strings.Join(names, " "))
		cancel()
		if err == nil {
			h.published.Add(1)
			continue
		}
		h.failed.Add(1)
		h.log.WarnContext(ctx, "cannot notify other replicas of changes", "error", err.Error())
		h.mu.Lock()
		for _, name := range names {
			h.changed[name] = struct{}{}
		}
		h.mu.Unlock()
		time.AfterFunc(retryDelay, func() { signal(h.wake) })
		return
	}
}

// take removes up to maxNames names of changed users.
func (h *Hub) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for name := range h.changed {
		if len(names) == maxNames {
			break
		}
		names = append(names, name)
		delete(h.changed, name)
	}
	return names
}

func (h *Hub) listen(ctx context.Context) {
	for {
		err := h.bus.Listen(ctx, h.wakeEveryone, h.receive)
		if ctx.Err() != nil {
			return
		}
		h.log.WarnContext(ctx, "cannot receive from other replicas; polling continues", "error", err.Error())
		select {
		case <-time.After(retryDelay):
		case <-ctx.Done():
			return
		}
	}
}

// wakeEveryone is called when listening starts, because earlier messages were missed.
func (h *Hub) wakeEveryone() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range h.waiting {
		h.wakeAll(name)
	}
}

func (h *Hub) receive(message string) {
	replica, names, _ := strings.Cut(message, " ")
	if replica == h.replica {
		return
	}
	h.received.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range strings.SplitSeq(names, " ") {
		h.wakeAll(name)
	}
}

// Close wakes all subscribers, who then find the hub closed.
func (h *Hub) Close() {
	h.closed.Store(true)
	h.wakeEveryone()
}

// Closed reports whether [Hub.Close] was called.
func (h *Hub) Closed() bool { return h.closed.Load() }

// Counts are the hub's counters.
type Counts struct {
	// Waiting is the number of subscriptions.
	Waiting int
	// Published, Received and Failed count messages to and from other replicas, and
	// those that could not be sent.
	Published, Received, Failed int64
}

// Counts returns the counters so far.
func (h *Hub) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := Counts{Published: h.published.Load(), Received: h.received.Load(), Failed: h.failed.Load()}
	for _, waiting := range h.waiting {
		c.Waiting += len(waiting.all)
	}
	return c
}
