package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// BenchmarkWakeUp sends notifications, each of forty users, to several replicas, and waits until
// all have received them. Each further replica adds the cost of one delivery.
func BenchmarkWakeUp(b *testing.B) {
	message := "replica1" + strings.Repeat(" 0123456789abcdef", 40)
	for _, replicas := range []int{1, 20} {
		b.Run(fmt.Sprintf("%d replicas", replicas), func(b *testing.B) {
			db := storetest.NewDatabase(b)
			bus := store.NewBus(storetest.Open(b, store.Config{URL: db.URL}), db.DirectURL)
			ctx, stop := context.WithCancel(b.Context())
			var listening, ready sync.WaitGroup
			var received atomic.Int64
			all := make(chan struct{}, 1)
			ready.Add(replicas)
			for range replicas {
				listening.Go(func() {
					_ = bus.Listen(ctx, ready.Done, func(string) { // until it is stopped
						if received.Add(1) == int64(b.N*replicas) {
							all <- struct{}{}
						}
					})
				})
			}
			ready.Wait()
			b.ResetTimer()
			for range b.N {
				if err := bus.Publish(ctx, message); err != nil {
					b.Fatal(err)
				}
			}
			<-all
			b.StopTimer()
			stop()
			listening.Wait()
		})
	}
}
