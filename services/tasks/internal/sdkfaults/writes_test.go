package sdkfaults_test

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// writers is the number of goroutines that write at once.
const writers = 16

// writes returns the number of writes of a test: enough to meet every fault, and
// more with TEST_SOAK=1.
func writes() int {
	if os.Getenv("TEST_SOAK") == "1" {
		return 10_000
	}
	return 600
}

// afterRequests breaks a connection after a few requests.
func afterRequests(random *rand.Rand) fault {
	f := fault{after: 1 + random.IntN(20_000), inRequest: random.IntN(2) == 0}
	switch n := random.IntN(10); {
	case n < 5:
		f.end = endFIN
	case n < 9:
		f.end = endRST
	default:
		f.end = endBlackhole
	}
	if random.IntN(4) == 0 {
		f.latency = time.Duration(random.IntN(int(5 * time.Millisecond)))
	}
	return f
}

// faulty is a service behind an unreliable network and unreliable proxies.
type faulty struct {
	*service
	bursts *bursts
	proxy  *proxy
	client *sdk.Client // reaches the service through the proxy

	attempts, failed, maybeApplied atomic.Int64
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	seed := seed.Of(t)
	f := &faulty{bursts: newBursts(seed)}
	f.service = startService(t, f.bursts.wrap)
	f.proxy = startProxy(t, seed, afterRequests)
	f.proxy.target.Store(f.address())
	f.client = f.newClient(t, f.proxy.url, sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) {
		f.attempts.Add(1)
		return nil
	}))
	return f
}

// end ends the bursts and returns the service's tasks and its last change.
func (f *faulty) end(t *testing.T) (map[string]taskapi.Task, int64) {
	t.Helper()
	f.bursts.end()
	t.Logf("%d attempts, %d calls failed, %d of them maybe applied; %d responses replaced; connections closed, reset and swallowed: %d, %d, %d",
		f.attempts.Load(), f.failed.Load(), f.maybeApplied.Load(), f.bursts.sent,
		f.proxy.broken[endFIN].Load(), f.proxy.broken[endRST].Load(), f.proxy.broken[endBlackhole].Load())
	t.Logf("counted: faults injected %d, attempts failed %d", f.proxy.count()+f.bursts.sent, f.failed.Load())
	if f.bursts.sent == 0 || f.proxy.count() == 0 || f.failed.Load() == 0 {
		t.Error("there were no replaced responses, broken connections or failed calls")
	}
	direct := f.newClient(t, "http://"+*f.address())
	page, err := direct.ListTasks(t.Context(), taskapi.ListTasksOptions{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return tasks(t, direct), page.Meta.Changes
}

// eachWrite makes n writes, divided among the writers.
func eachWrite(n int, write func(i int)) {
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := w; i < n; i += writers {
				write(i)
			}
		})
	}
	writing.Wait()
}

// retry makes a call until it succeeds or fails permanently. It relies on
// [sdk.Error.MaybeApplied]: a write that may have happened is retried with its
// key, one that has certainly not happened with a new key.
func (f *faulty) retry(ctx context.Context, call func(key sdk.CallOption) error) error {
	key, maybeApplied := cryptorand.Text(), false
	for {
		err := call(sdk.WithIdempotencyKey(key))
		var failure *sdk.Error
		if !errors.As(err, &failure) || ctx.Err() != nil || !transient(failure) {
			return err
		}
		f.failed.Add(1)
		if failure.MaybeApplied {
			f.maybeApplied.Add(1)
			maybeApplied = true
		}
		if !maybeApplied {
			key = cryptorand.Text()
		}
	}
}

// transient reports whether a failure is temporary. One without a code comes from
// the network or a proxy.
func transient(failure *sdk.Error) bool {
	return failure.Code == "" || failure.Code == taskapi.CodeIdempotencyInProgress || failure.Status >= 500
}

func TestCreatesThroughFaultsHappenOnce(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	ctx, n := t.Context(), writes()
	created := make([]taskapi.Task, n)
	eachWrite(n, func(i int) {
		err := f.retry(ctx, func(key sdk.CallOption) (err error) {
			created[i], err = f.client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: strconv.Itoa(i)}, key)
			return err
		})
		if err != nil {
			t.Errorf("task %d: %v", i, err)
		}
	})
	got, changes := f.end(t)
	logCounts(t, n, len(got))
	if len(got) != n || changes != int64(n) {
		t.Errorf("there are %d tasks after %d changes, want %d", len(got), changes, n)
	}
	for i, task := range created {
		if found := got[task.ID]; found.Title != strconv.Itoa(i) || task.Title != found.Title || found.Version != 1 {
			t.Errorf("task %d: the response was %+v, the service has %+v", i, task, found)
		}
	}
}

// TestUpdatesThroughFaultsHappenOnce counts in the titles of a few tasks: an
// update that is lost or applied twice would change the sum.
func TestUpdatesThroughFaultsHappenOnce(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	ctx, n := t.Context(), writes()
	counters := make([]string, writers/2)
	for i := range counters {
		err := f.retry(ctx, func(key sdk.CallOption) error {
			task, err := f.client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "0"}, key)
			counters[i] = task.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var conflicts atomic.Int64
	eachWrite(n, func(i int) {
		for {
			err := f.increment(ctx, counters[i%len(counters)])
			if err == nil {
				return
			}
			if !errors.Is(err, sdk.ErrVersionConflict) {
				t.Errorf("update %d: %v", i, err)
				return
			}
			conflicts.Add(1)
		}
	})
	got, changes := f.end(t)
	sum := 0
	for id, task := range got {
		count, err := strconv.Atoi(task.Title)
		if err != nil || task.Version != int64(count)+1 {
			t.Errorf("counter %s: %q at version %d", id, task.Title, task.Version)
		}
		sum += count
	}
	logCounts(t, n, sum)
	if sum != n || changes != int64(n+len(counters)) || len(got) != len(counters) {
		t.Errorf("%d updates counted to %d in %d tasks with %d changes", n, sum, len(got), changes)
	}
	if conflicts.Load() == 0 {
		t.Error("no updates conflicted")
	}
}

// logCounts logs how many acknowledged writes were lost or applied twice.
func logCounts(t *testing.T, acknowledged, applied int) {
	t.Helper()
	t.Logf("counted: writes acknowledged %d, writes lost %d, writes doubled %d", acknowledged, max(acknowledged-applied, 0), max(applied-acknowledged, 0))
}

// increment adds one to a counter, unless another writer is faster.
func (f *faulty) increment(ctx context.Context, id string) error {
	var before taskapi.Task
	err := f.retry(ctx, func(sdk.CallOption) (err error) {
		before, err = f.client.GetTask(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(before.Title)
	if err != nil {
		return err
	}
	changes := taskapi.UpdateTaskRequest{Title: taskapi.Some(strconv.Itoa(count + 1))}
	var after taskapi.Task
	err = f.retry(ctx, func(key sdk.CallOption) (err error) {
		after, err = f.client.UpdateTask(ctx, id, changes, sdk.IfMatch(before.Version), key)
		return err
	})
	if err == nil && after.Version != before.Version+1 {
		return errors.New("the response's version is not the next one")
	}
	return err
}
