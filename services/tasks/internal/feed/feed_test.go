package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/services/tasks/internal/feed"
)

// memoryBus connects hubs within a test. The real bus is tested with the store.
type memoryBus struct {
	mu        sync.Mutex
	receivers []func(string)
	sent      []string
	broken    bool
}

func (b *memoryBus) Publish(_ context.Context, message string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return errors.New("broken")
	}
	b.sent = append(b.sent, message)
	for _, receive := range b.receivers {
		go receive(message)
	}
	return nil
}

func (b *memoryBus) Listen(ctx context.Context, ready func(), receive func(string)) error {
	b.mu.Lock()
	b.receivers = append(b.receivers, receive)
	b.mu.Unlock()
	ready()
	<-ctx.Done()
	return ctx.Err()
}

// waiter is a subscription that signals each wake-up on C.
type waiter struct {
	*feed.Subscription

	C chan struct{}
}

func subscribe(hub *feed.Hub, user string) waiter {
	w := waiter{C: make(chan struct{}, 1)}
	w.Subscription = hub.Subscribe(user, func() {
		select {
		case w.C <- struct{}{}:
		default: // a signal is pending already
		}
	})
	return w
}

func newHubs(t *testing.T, n int) (*memoryBus, []*feed.Hub) {
	t.Helper()
	bus := &memoryBus{}
	hubs := make([]*feed.Hub, n)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for i := range hubs {
		hubs[i] = feed.New(bus, slog.New(slog.DiscardHandler))
		// Listening has started once it wakes a subscriber.
		first := subscribe(hubs[i], "first")
		running.Go(func() { hubs[i].Run(ctx) })
		<-first.C
		first.Close()
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return bus, hubs
}

func TestChanged_Wakes(t *testing.T) {
	t.Parallel()

	t.Run("all subscribers of the user, on every replica", func(t *testing.T) {
		t.Parallel()
		_, hubs := newHubs(t, 3)
		var waiting []waiter
		for _, hub := range hubs {
			for range 2 {
				waiting = append(waiting, subscribe(hub, "alice"))
			}
		}
		hubs[1].Changed("alice")
		for _, s := range waiting {
			<-s.C
		}
	})

	t.Run("no other subscribers", func(t *testing.T) {
		t.Parallel()
		_, hubs := newHubs(t, 2)
		bob, alice := subscribe(hubs[1], "bob"), subscribe(hubs[1], "alice")
		hubs[0].Changed("alice")
		<-alice.C
		select {
		case <-bob.C:
			t.Error("bob was woken")
		default:
		}
	})

	t.Run("without blocking", func(t *testing.T) {
		t.Parallel()
		_, hubs := newHubs(t, 1)
		alice := subscribe(hubs[0], "alice")
		for range 10_000 {
			hubs[0].Changed("alice")
		}
		<-alice.C
	})
}

func TestChanged_IsPublishedInBatches(t *testing.T) {
	t.Parallel()
	bus, hubs := newHubs(t, 2)
	const users = 1000
	last := subscribe(hubs[1], fmt.Sprint("user", users-1))
	for i := range users {
		hubs[0].Changed(fmt.Sprint("user", i))
	}
	<-last.C
	bus.mu.Lock()
	defer bus.mu.Unlock()
	if len(bus.sent) >= users/10 {
		t.Errorf("%d messages for %d users", len(bus.sent), users)
	}
	for _, message := range bus.sent {
		if len(message) > 8000 {
			t.Errorf("a message of %d bytes, more than PostgreSQL accepts", len(message))
		}
	}
}

func TestCounts_IncludeSubscriptionsAndMessages(t *testing.T) {
	t.Parallel()
	bus, hubs := newHubs(t, 2)
	alice := subscribe(hubs[1], "alice")
	hubs[0].Changed("alice")
	<-alice.C
	if got := hubs[1].Counts(); got.Waiting != 1 || got.Received != 1 {
		t.Errorf("%+v, want one waiting and one received", got)
	}
	alice.Close()
	if got := hubs[1].Counts().Waiting; got != 0 {
		t.Errorf("%d wait after Close", got)
	}
	bus.mu.Lock()
	bus.broken = true
	bus.mu.Unlock()
	hubs[0].Changed("alice")
	for hubs[0].Counts().Failed == 0 { //nolint:revive // ends as soon as the message has failed
	}
}

// slowBus takes some time per message.
type slowBus struct {
	memoryBus
	takes func(message int) time.Duration
}

func (b *slowBus) Publish(ctx context.Context, message string) error {
	b.mu.Lock()
	b.sent = append(b.sent, message)
	takes := time.NewTimer(b.takes(len(b.sent)))
	b.mu.Unlock()
	defer takes.Stop()
	select {
	case <-takes.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run runs a hub on the bus until the synctest bubble ends.
func (b *slowBus) run(t *testing.T) *feed.Hub {
	t.Helper()
	hub := feed.New(b, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { hub.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return hub
}

// TestSteadyChangesArePublished checks that under permanent load, each message has its own
// timeout.
func TestSteadyChangesArePublished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := (&slowBus{takes: func(int) time.Duration { return 300 * time.Millisecond }}).run(t)
		changes := time.NewTicker(10 * time.Millisecond)
		defer changes.Stop()
		for n := range 1000 {
			hub.Changed(fmt.Sprint("user", n))
			<-changes.C
		}
		if got := hub.Counts(); got.Failed != 0 || got.Published < 30 {
			t.Errorf("in ten seconds %+v, want no failure", got)
		}
	})
}

// TestFailedMessagesAreRetried checks that the names of a failed message are sent with the
// next one, which does not wait for another change.
func TestFailedMessagesAreRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := &slowBus{takes: func(message int) time.Duration {
			if message <= 2 {
				return time.Hour
			}
			return 0
		}}
		hub := bus.run(t)
		hub.Changed("alice")
		<-time.After(10 * time.Second)
		synctest.Wait()
		if got := hub.Counts(); got.Failed != 2 || got.Published != 1 || len(bus.sent) != 3 || bus.sent[2] != bus.sent[0] {
			t.Errorf("sent %q, counts %+v; want one message three times", bus.sent, got)
		}
	})
}

// TestRun_PublishesEarlierChangesWhenItEnds runs a hub whose context has ended already.
func TestRun_PublishesEarlierChangesWhenItEnds(t *testing.T) {
	t.Parallel()
	bus := &memoryBus{}
	hub := feed.New(bus, slog.New(slog.DiscardHandler))
	hub.Changed("alice")
	ended, stop := context.WithCancel(t.Context())
	stop()
	hub.Run(ended)
	if got := hub.Counts(); len(bus.sent) != 1 || got.Published != 1 {
		t.Errorf("sent %q, counts %+v; want one message", bus.sent, got)
	}
}
