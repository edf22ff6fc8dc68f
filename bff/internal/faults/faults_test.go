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
	// recovery bounds the time until all writers have a write acknowledged after a
	// fault, on a busy machine.
	recovery = time.Minute
	// poll is the interval of checks in tests.
	poll = 20 * time.Millisecond
)

// faultEnv has environment variables that make sessions expire from the cache early, so
// that an outage of Better Auth has effects, and that disable rate limits.
var faultEnv = []string{"SESSION_CACHE_TTL=1s", "RATE_LIMIT=0"}

// fault is a fault of the system.
type fault struct {
	name string
	// stops are the servers that the fault stops. All others must keep running.
	stops  []string
	inject func() (end func())
}

// load is a system with writers, into which faults are injected.
type load struct {
	*system
	writers  []*writer
	stop     func()
	injected int
}

func startLoad(t *testing.T, s *system, writers int, seed uint64) *load {
	t.Helper()
	l := &load{system: s}
	for i := range writers {
		l.writers = append(l.writers, s.newWriter(fmt.Sprintf("writer %d", i), seed+uint64(i)))
	}
	var stopped atomic.Bool
	var working sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for _, w := range l.writers {
		working.Go(func() { w.write(ctx, stopped.Load) })
	}
	// Writers complete their current write, so that its outcome is known.
	l.stop = func() {
		stopped.Store(true)
		working.Wait()
	}
	t.Cleanup(func() {
		cancel()
		l.stop()
	})
	return l
}

// survive injects a fault for a while and waits until the system has recovered: all servers
// are ready, those that the fault does not stop are the same processes, and all writers'
// writes are acknowledged.
func (l *load) survive(f fault, duration time.Duration) {
	t := l.t
	t.Helper()
	before := map[string]int{}
	for name, server := range l.servers {
		before[name] = server.PID()
	}
	failed := l.failures()
	end := f.inject()
	<-time.After(duration)
	end()
	ended := time.Now()
	l.injected++
	l.awaitAcknowledged(f.name)
	for _, name := range l.names {
		l.servers[name].AwaitReady()
		if same := l.servers[name].PID() == before[name]; !same && !slices.Contains(f.stops, name) {
			t.Errorf("%s: %s is another process", f.name, name)
		}
	}
	t.Logf("%s: %d attempts failed, recovered %s after its end", f.name, l.failures()-failed, time.Since(ended).Round(time.Millisecond))
}

func (l *load) failures() (sum int64) {
	for _, w := range l.writers {
		sum += w.failed.Load()
	}
	return sum
}

// eventually fails the test with the last error of f unless f succeeds within the time for
// recovery.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), recovery)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for err := f(); err != nil; err = f() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("after %s: %v", recovery, err)
		}
	}
}

// awaitAcknowledged waits until two more writes of each writer are acknowledged. The second
// one has started after the call.
func (l *load) awaitAcknowledged(after string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), recovery)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for _, w := range l.writers {
		for want := w.acknowledged.Load() + 2; w.acknowledged.Load() < want; {
			select {
			case <-tick.C:
			case <-ctx.Done():
				l.t.Fatalf("%s: no write of %s was acknowledged in %s", after, w.name, recovery)
			}
		}
	}
}

// check stops the writers and compares the stored tasks with their writes.
func (l *load) check() {
	t := l.t
	t.Helper()
	l.stop()
	var all discrepancies
	var acknowledged int64
	for _, w := range l.writers {
		found := w.compare()
		all.lost, all.doubled, all.gaps = all.lost+found.lost, all.doubled+found.doubled, all.gaps+found.gaps
		acknowledged += w.acknowledged.Load()
	}
	t.Logf("counted: faults injected %d, writes acknowledged %d, attempts failed %d, writes lost %d, writes doubled %d, gaps %d",
		l.injected, acknowledged, l.failures(), all.lost, all.doubled, all.gaps)
}

// killed is the fault of killed servers.
func (s *system) killed(names ...string) fault {
	return fault{
		name: fmt.Sprintf("%v killed", names), stops: names,
		inject: func() func() { return s.kill(names...) },
	}
}

// disturbed is the fault of a disturbed link.
func (s *system) disturbed(link string, d disturbance) fault {
	return fault{name: fmt.Sprintf("%s: %s", link, d.name), inject: func() func() { return s.disturb(link, d) }}
}

// TestNothingIsLost kills each process of the system in turn, exhausts PostgreSQL's
// connections, and disturbs each link in a random way. The long form also kills each pair
// of processes, and disturbs each link in every way.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t)
	l := startLoad(t, startSystem(t, servertest.StartPostgres(t), faultEnv...), 4, seed)
	l.awaitAcknowledged("the start")
	random := rand.New(rand.NewPCG(seed, 1))

	duration, exhaustion := 400*time.Millisecond, time.Second
	if soak() {
		// Longer than any request waits for a connection.
		duration, exhaustion = time.Second, 15*time.Second
	}
	for i, name := range l.names {
		l.survive(l.killed(name), duration)
		for _, other := range l.names[i+1:] {
			if soak() {
				l.survive(l.killed(name, other), duration)
			}
		}
	}
	l.survive(l.connectionsExhausted(), exhaustion)
	for _, link := range slices.Sorted(maps.Keys(l.links)) {
		chosen := []disturbance{disturbances[random.IntN(len(disturbances))]}
		if soak() {
			chosen = disturbances
		}
		for _, d := range chosen {
			l.survive(l.disturbed(link, d), duration)
		}
	}
	l.check()
}
