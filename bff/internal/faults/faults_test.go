package faults_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/stack/seed"
)

const (
	// recovery bounds the time until all users are served again, on a busy
	// machine.
	recovery = time.Minute
	// poll is the interval of checks for that.
	poll = 20 * time.Millisecond
)

// restless are the variables of a system that checks sessions often, so that an outage of
// Better Auth is noticed, and does not limit rates.
var restless = []string{"SESSION_CACHE_TTL=1s", "RATE_LIMIT=0"}

// A fault is an event that disturbs the system.
type fault struct {
	name string
	// strikes are the servers that it stops. All others must survive it.
	strikes []string
	inject  func() (end func())
}

// ordeal injects faults into a system under load.
type ordeal struct {
	*system
	writers []*writer
	stop    func()
	met     int
}

func startOrdeal(t *testing.T, s *system, writers int, seed uint64) *ordeal {
	t.Helper()
	o := &ordeal{system: s}
	for i := range writers {
		o.writers = append(o.writers, s.newWriter(fmt.Sprintf("writer %d", i), seed+uint64(i)))
	}
	var stopped atomic.Bool
	var working sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for _, w := range o.writers {
		working.Go(func() { w.write(ctx, stopped.Load) })
	}
	// Writers complete their current write, so that its outcome is known.
	o.stop = func() {
		stopped.Store(true)
		working.Wait()
	}
	t.Cleanup(func() {
		cancel()
		o.stop()
	})
	return o
}

// meet injects a fault for a while, and waits until the system has recovered: every server
// that the fault did not stop is the same process and ready, and all writes are
// acknowledged.
func (o *ordeal) meet(f fault, lasts time.Duration) {
	t := o.t
	t.Helper()
	before := map[string]int{}
	for name, server := range o.servers {
		before[name] = server.PID()
	}
	failed := o.failures()
	end := f.inject()
	<-time.After(lasts)
	end()
	over := time.Now()
	o.met++
	o.awaitAcknowledged(f.name)
	for _, name := range o.names {
		o.servers[name].AwaitReady()
		if same := o.servers[name].PID() == before[name]; !same && !slices.Contains(f.strikes, name) {
			t.Errorf("%s: %s is another process", f.name, name)
		}
	}
	t.Logf("%s: %d attempts failed, recovered %s after its end", f.name, o.failures()-failed, time.Since(over).Round(time.Millisecond))
}

func (o *ordeal) failures() (sum int64) {
	for _, w := range o.writers {
		sum += w.failed.Load()
	}
	return sum
}

// awaitAcknowledged waits until each writer has had a write acknowledged that began after
// the call, and one more.
func (o *ordeal) awaitAcknowledged(after string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), recovery)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for _, w := range o.writers {
		for want := w.acknowledged.Load() + 2; w.acknowledged.Load() < want; {
			select {
			case <-tick.C:
			case <-ctx.Done():
				o.t.Fatalf("%s: %s is not served after %s", after, w.name, recovery)
			}
		}
	}
}

// over stops the writers and checks the results of their writes.
func (o *ordeal) over() {
	t := o.t
	t.Helper()
	o.stop()
	var all verdict
	var acknowledged int64
	for _, w := range o.writers {
		v := w.judge()
		all.lost, all.doubled, all.gaps = all.lost+v.lost, all.doubled+v.doubled, all.gaps+v.gaps
		acknowledged += w.acknowledged.Load()
	}
	t.Logf("counted: faults injected %d, writes acknowledged %d, attempts failed %d, writes lost %d, writes doubled %d, gaps %d",
		o.met, acknowledged, o.failures(), all.lost, all.doubled, all.gaps)
}

// killing is the fault of killing servers at once.
func (s *system) killing(names ...string) fault {
	return fault{
		name: fmt.Sprintf("%v killed", names), strikes: names,
		inject: func() func() { return s.kill(names...) },
	}
}

// disturbing is the fault of disturbing a link.
func (s *system) disturbing(link string, d disturbance) fault {
	return fault{name: fmt.Sprintf("%s: %s", link, d.name), inject: func() func() { return s.disturb(link, d) }}
}

// TestNothingIsLost kills each process of the system in turn, in the long form also each
// pair of them, exhausts PostgreSQL's connections, and disturbs each link in one way, or
// in every way.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t)
	o := startOrdeal(t, startSystem(t, servertest.StartPostgres(t), restless...), 4, seed)
	o.awaitAcknowledged("the start")
	random := rand.New(rand.NewPCG(seed, 1))

	lasts, exhausted := 400*time.Millisecond, time.Second
	if soak() {
		// No request waits that long for a connection.
		lasts, exhausted = time.Second, 15*time.Second
	}
	for i, name := range o.names {
		o.meet(o.killing(name), lasts)
		for _, other := range o.names[i+1:] {
			if soak() {
				o.meet(o.killing(name, other), lasts)
			}
		}
	}
	o.meet(o.exhausting(), exhausted)
	for _, link := range slices.Sorted(maps.Keys(o.links)) {
		chosen := []disturbance{disturbances[random.IntN(len(disturbances))]}
		if soak() {
			chosen = disturbances
		}
		for _, d := range chosen {
			o.meet(o.disturbing(link, d), lasts)
		}
	}
	o.over()
}
