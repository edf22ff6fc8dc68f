package sdkfaults_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// disconnects is the number of broken connections that a watch must survive.
const disconnects = 50

// afterChanges breaks a connection after a few changes.
func afterChanges(random *rand.Rand) fault {
	return fault{after: 1 + random.IntN(4000), end: ending(random.IntN(int(endBlackhole)))}
}

// shortTokens is a token source whose tokens expire while they are in use.
type shortTokens struct {
	t       *testing.T
	service *service

	mu      sync.Mutex
	token   string
	expired atomic.Int64
}

func (s *shortTokens) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == "" {
		s.token = s.service.token(s.t, 2*time.Second)
	}
	return s.token, nil
}

func (s *shortTokens) InvalidateToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
		s.expired.Add(1)
	}
}

// replica is the state that a watcher builds from changes.
type replica struct {
	tasks  map[string]taskapi.Task
	erased map[string]bool
	seq    int64
}

// apply applies a change, which must be newer than the state.
func (r *replica) apply(t *testing.T, change taskapi.Change) {
	t.Helper()
	before, task := r.tasks[change.ID], taskapi.Task{}
	if !change.Erased() {
		var err error
		if task, err = change.Task(); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case change.Seq <= r.seq:
		t.Errorf("change %d came after %d", change.Seq, r.seq)
	case r.erased[change.ID]:
		t.Errorf("%s changed after it was erased", change.ID)
	case change.Erased():
		r.erased[change.ID] = true
		delete(r.tasks, change.ID)
	case task.Version <= before.Version:
		t.Errorf("version %d came after %d", task.Version, before.Version)
	default:
		r.tasks[change.ID] = task
	}
	r.seq = change.Seq
}

// writeUntil makes random writes until stopped. They may fail because another
// writer has erased the task, or because the service restarts.
func writeUntil(ctx context.Context, t *testing.T, client *sdk.Client, random *rand.Rand, stopped func() bool) {
	var ids []string
	for n := 0; !stopped(); n++ {
		var err error
		if len(ids) < 5 {
			var task taskapi.Task
			if task, err = client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: strconv.Itoa(n)}); err == nil {
				ids = append(ids, task.ID)
			}
		} else {
			i := random.IntN(len(ids))
			switch random.IntN(6) {
			case 0:
				_, err = client.DeleteTask(ctx, ids[i])
			case 1:
				_, err = client.RestoreTask(ctx, ids[i])
			case 2:
				_, err = client.EraseTask(ctx, ids[i])
				ids = slices.Delete(ids, i, i+1)
			default:
				_, err = client.UpdateTask(ctx, ids[i], taskapi.UpdateTaskRequest{Title: taskapi.Some(strconv.Itoa(n))})
			}
		}
		if failure, ok := errors.AsType[*sdk.Error](err); ok && failure.Status != 0 && failure.Status < 500 && !errors.Is(err, sdk.ErrTaskNotFound) {
			t.Errorf("write %d: %v", n, err)
		}
	}
}

// TestWatchThroughFaultsEndsWithTheServersState watches the changes of several
// writers while connections break at any byte, tokens expire and the service
// restarts.
func TestWatchThroughFaultsEndsWithTheServersState(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t)
	s := startService(t, func(service http.Handler) http.Handler { return service })
	writing := startProxy(t, seed, func(*rand.Rand) fault { return fault{after: 1 << 30} })
	reading := startProxy(t, seed, afterChanges)
	retarget := func() {
		writing.target.Store(s.address())
		reading.target.Store(s.address())
	}
	retarget()
	writer := s.newClient(t, writing.url)
	tokens := &shortTokens{t: t, service: s}
	var connections atomic.Int64
	watcher := s.newClient(t, reading.url, sdk.WithTokenSource(tokens), sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) {
		connections.Add(1)
		return nil
	}))

	var stop atomic.Bool
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop.Store(true)
	for w := range uint64(4) {
		writers.Go(func() { writeUntil(t.Context(), t, writer, rand.New(rand.NewPCG(seed, w)), stop.Load) })
	}
	restarted, finishing := false, false
	state := &replica{tasks: map[string]taskapi.Task{}, erased: map[string]bool{}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for change, err := range watcher.Watch(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if state.apply(t, change); t.Failed() {
			break
		}
		if task, err := change.Task(); err == nil && task.Title == "the end" {
			break
		}
		switch {
		case !restarted && reading.count() >= disconnects/2:
			s.stop()
			s.start(t)
			retarget()
			restarted = true
		case !finishing && reading.count() >= disconnects && tokens.expired.Load() > 0:
			finishing = true
			stop.Store(true)
			go func() {
				writers.Wait()
				if _, err := writer.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "the end"}); err != nil {
					t.Error(err)
				}
			}()
		}
	}
	t.Logf("%d changes over %d connections: %d broken, %d tokens expired", state.seq, connections.Load(), reading.count(), tokens.expired.Load())
	if diff := cmp.Diff(tasks(t, writer), state.tasks); diff != "" {
		t.Errorf("tasks (-service +watch):\n%s", diff)
	}
}
