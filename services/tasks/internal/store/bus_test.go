package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestBus_DeliversMessages(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	// The address may have parameters of the pool, which PostgreSQL does not know.
	bus := store.NewBus(storetest.Open(t, store.Config{URL: db.URL}), db.DirectURL+"&pool_max_conns=5")
	ctx, stop := context.WithCancel(t.Context())
	ready, received, ended := make(chan struct{}), make(chan string, 10), make(chan error, 1)
	go func() {
		ended <- bus.Listen(ctx, func() { close(ready) }, func(message string) { received <- message })
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	for _, message := range []string{"one", "two"} {
		if err := bus.Publish(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		if got := <-received; got != message {
			t.Errorf("received %q, want %q", got, message)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Listen ended with %v", err)
	}

	t.Run("Listen ends when its connection is closed", func(t *testing.T) {
		ready, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- bus.Listen(t.Context(), func() { close(ready) }, func(string) {}) }()
		<-ready
		asOwner(t, db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
		if err := <-ended; err == nil {
			t.Error("Listen ended without an error")
		}
	})

	t.Run("Listen ends when the server is silent", func(t *testing.T) {
		gate := startGate(t, db.DirectURL)
		bus := store.NewBus(storetest.Open(t, store.Config{URL: db.URL}), gate.url)
		bus.SetIdleCheck(10 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := bus.Listen(ctx, func() { gate.silent.Store(true) }, func(string) {})
		if err == nil || ctx.Err() != nil {
			t.Errorf("Listen did not notice that the server is silent: %v", err)
		}
	})
}
