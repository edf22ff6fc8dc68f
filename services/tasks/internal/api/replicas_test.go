package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// newReplicas returns two services on one database that notify each other of
// changes and accept the same tokens.
func newReplicas(t *testing.T, heartbeat time.Duration) (here, there *service) {
	t.Helper()
	db := storetest.NewDatabase(t)
	here = newReplica(t, db, func(_ *store.Config, parts *api.Parts) { parts.Heartbeat = heartbeat })
	there = newReplica(t, db, func(_ *store.Config, parts *api.Parts) { parts.Heartbeat, parts.Tokens = heartbeat, here.tokens })
	there.key = here.key
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	for _, s := range []*service{here, there} {
		running.Go(func() { s.hub.Run(ctx) })
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return here, there
}

// TestStream_HasWritesAtAnotherReplica checks that a write at one replica becomes an event at
// the other without polling, and prints how long that takes.
func TestStream_HasWritesAtAnotherReplica(t *testing.T) {
	t.Parallel()
	const writes = 50
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	here, there := newReplicas(t, time.Hour)
	// The first message shows that the replica listens.
	for n := 0; here.hub.Counts().Received == 0; n++ {
		if ctx.Err() != nil {
			t.Fatal("a replica receives no notification of the other")
		}
		there.as(t, "first", http.MethodPost, "/api/tasks", fmt.Sprintf(`{"title":"%d"}`, n))
	}
	events := here.watch(ctx, t, here.token(t, "alice"), "")
	<-events // ready
	var took []time.Duration
	for n := range writes {
		start := time.Now()
		task := there.create(t, fmt.Sprintf(`{"title":"%d"}`, n))
		if change := next(t, events); change.ID != task.ID {
			t.Fatalf("got the change of %s, want %s", change.ID, task.ID)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median, p95, longest := took[writes/2], took[writes*95/100], took[writes-1]
	t.Logf("from the start of a write at one replica to its event at the other: median %s, 95 of 100 within %s, longest of %d %s", median, p95, writes, longest)
}
