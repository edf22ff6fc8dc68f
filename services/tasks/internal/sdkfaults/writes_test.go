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
)

// writers is how many goroutines write at once.
const writers = 16

// writes returns how many writes a test makes: with TEST_SOAK=1 as many as the
// SDK is held to, and otherwise enough to meet every fault.
func writes() int {
	if os.Getenv("TEST_SOAK") == "1" {
		return 10_000
	}
	return 600
}

// unkind is the fate of a connection that lasts for a few requests.
func unkind(random *rand.Rand) fate {
	f := fate{after: 1 + random.IntN(20_000), request: random.IntN(2) == 0}
	switch n := random.IntN(10); {
	case n < 5:
		f.end = closing
	case n < 9:
		f.end = resetting
	default:
		f.end = swallowing
	}
	if random.IntN(4) == 0 {
		f.latency = time.Duration(random.IntN(int(5 * time.Millisecond)))
	}
	return f
}

// ordeal is a service behind bad answers and a bad network.
type ordeal struct {
	*service
	bursts *bursts
	proxy  *proxy
	client *sdk.Client // through all of it

	attempts, failed, open atomic.Int64
}

func newOrdeal(t *testing.T) *ordeal {
	t.Helper()
	seed := seedOf(t)
	o := &ordeal{bursts: newBursts(seed)}
	o.service = startService(t, o.bursts.wrap)
	o.proxy = startProxy(t, seed, unkind)
	o.proxy.target.Store(o.address())
	o.client = o.newClient(t, o.proxy.url, sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) {
		o.attempts.Add(1)
		return nil
	}))
	return o
}

// over ends the ordeal and returns what it has left in the service.
func (o *ordeal) over(t *testing.T) (map[string]taskapi.Task, int64) {
	t.Helper()
	o.bursts.end()
	t.Logf("%d attempts, %d calls failed, %d of them perhaps done; %d answers in place of the service; connections closed, reset and swallowed: %d, %d, %d",
		o.attempts.Load(), o.failed.Load(), o.open.Load(), o.bursts.given,
		o.proxy.met[closing].Load(), o.proxy.met[resetting].Load(), o.proxy.met[swallowing].Load())
	t.Logf("counted: faults injected %d, attempts failed %d", o.proxy.count()+o.bursts.given, o.failed.Load())
	if o.bursts.given == 0 || o.proxy.count() == 0 || o.failed.Load() == 0 {
		t.Error("the test has not met what it is about")
	}
	direct := o.newClient(t, "http://"+*o.address())
	page, err := direct.ListTasks(t.Context(), taskapi.ListTasksOptions{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return tasks(t, direct), page.Meta.Changes
}

// each makes n writes, dealt out to the writers.
func each(n int, write func(i int)) {
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := w; i < n; i += writers {
				write(i)
			}
		})
	}
	all.Wait()
}

// insist makes a call until it succeeds or fails for good. It trusts
// [sdk.Error.MaybeApplied]: a write that may have happened is repeated under
// its key, and one that has certainly not happened is begun anew.
func (o *ordeal) insist(ctx context.Context, call func(key sdk.CallOption) error) error {
	key, open := cryptorand.Text(), false
	for {
		err := call(sdk.WithIdempotencyKey(key))
		var failure *sdk.Error
		if !errors.As(err, &failure) || ctx.Err() != nil || !passing(failure) {
			return err
		}
		o.failed.Add(1)
		if failure.MaybeApplied {
			o.open.Add(1)
			open = true
		}
		if !open {
			key = cryptorand.Text()
		}
	}
}

// passing reports whether a failure passes by itself: one without the service's
// reason is of the network, or of a proxy.
func passing(failure *sdk.Error) bool {
	return failure.Code == "" || failure.Code == taskapi.CodeIdempotencyInProgress || failure.Status >= 500
}

func TestCreatesThroughFaultsHappenOnce(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t)
	ctx, n := t.Context(), writes()
	made := make([]taskapi.Task, n)
	each(n, func(i int) {
		err := o.insist(ctx, func(key sdk.CallOption) (err error) {
			made[i], err = o.client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: strconv.Itoa(i)}, key)
			return err
		})
		if err != nil {
			t.Errorf("task %d: %v", i, err)
		}
	})
	got, changes := o.over(t)
	logCounts(t, n, len(got))
	if len(got) != n || changes != int64(n) {
		t.Errorf("there are %d tasks after %d changes, want %d", len(got), changes, n)
	}
	for i, task := range made {
		if found := got[task.ID]; found.Title != strconv.Itoa(i) || task.Title != found.Title || found.Version != 1 {
			t.Errorf("task %d was answered with %+v, and there is %+v", i, task, found)
		}
	}
}

// TestUpdatesThroughFaultsHappenOnce counts in the titles of a few tasks: a
// lost update or one that happened twice would leave another sum.
func TestUpdatesThroughFaultsHappenOnce(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t)
	ctx, n := t.Context(), writes()
	counters := make([]string, writers/2)
	for i := range counters {
		err := o.insist(ctx, func(key sdk.CallOption) error {
			task, err := o.client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "0"}, key)
			counters[i] = task.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var conflicts atomic.Int64
	each(n, func(i int) {
		for {
			err := o.increment(ctx, counters[i%len(counters)])
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
	got, changes := o.over(t)
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
		t.Error("no update met another one")
	}
}

// logCounts tells how many writes were acknowledged, and what became of them.
func logCounts(t *testing.T, acknowledged, there int) {
	t.Helper()
	t.Logf("counted: writes acknowledged %d, writes lost %d, writes doubled %d", acknowledged, max(acknowledged-there, 0), max(there-acknowledged, 0))
}

// increment adds one to a counter, unless another writer gets ahead.
func (o *ordeal) increment(ctx context.Context, id string) error {
	var before taskapi.Task
	err := o.insist(ctx, func(sdk.CallOption) (err error) {
		before, err = o.client.GetTask(ctx, id)
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
	err = o.insist(ctx, func(key sdk.CallOption) (err error) {
		after, err = o.client.UpdateTask(ctx, id, changes, sdk.IfMatch(before.Version), key)
		return err
	})
	if err == nil && after.Version != before.Version+1 {
		return errors.New("the answer's version is not the next one")
	}
	return err
}
