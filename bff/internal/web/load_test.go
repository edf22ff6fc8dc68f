package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// workPause is how long a user pauses between two requests.
const workPause = 50 * time.Millisecond

// load is a number of signed-in users who send requests until the test stops them. Each
// alternately adds a task and reads the list. Like the page, they retry a failed write with
// the same idempotency key.
type load struct {
	t     *testing.T
	users []*worker
	stop  context.CancelFunc
	work  sync.WaitGroup
}

// worker is one of the users.
type worker struct {
	*browser

	name string

	mu sync.Mutex
	// results are the responses so far, in order.
	results []result
	// acknowledged are the titles of the tasks whose creation succeeded.
	acknowledged []string
}

// result is a response to a worker.
type result struct {
	*response

	code       taskapi.ErrorCode // of an error
	begin, end time.Time
}

func (r *result) failed() bool { return r.status >= http.StatusBadRequest }

// startLoad signs up users and starts them.
func (s *site) startLoad(t *testing.T, users int) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{t: t, stop: stop}
	for i := range users {
		w := &worker{browser: s.newBrowser(t), name: fmt.Sprintf("user %d", i)}
		w.signUp()
		l.users = append(l.users, w)
	}
	for _, w := range l.users {
		l.work.Go(func() { w.run(ctx) })
	}
	t.Cleanup(l.end)
	return l
}

// end stops the users after their current requests.
func (l *load) end() {
	l.stop()
	l.work.Wait()
}

func (w *worker) run(ctx context.Context) {
	pause := time.NewTicker(workPause)
	defer pause.Stop()
	for n := 0; ; {
		title := fmt.Sprintf("task-%d", n)
		written := w.record(func() *response {
			return w.do(http.MethodPost, "/api/tasks", map[string]any{"title": title}, http.Header{"Idempotency-Key": {title}})
		})
		if !written.failed() {
			w.mu.Lock()
			w.acknowledged = append(w.acknowledged, title)
			w.mu.Unlock()
			n++
		}
		w.record(func() *response { return w.get("/api/tasks?limit=5") })
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *worker) record(send func() *response) result {
	r := result{begin: time.Now()}
	r.response = send()
	r.end = time.Now()
	if r.failed() {
		var problem taskapi.Problem
		// An error without a code is detected where the code is checked.
		_ = json.Unmarshal(r.body, &problem)
		r.code = problem.Code
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, r)
	return r
}

// since returns the responses to requests sent after start.
func (w *worker) since(start time.Time) []result {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.results), func(r result) bool { return r.begin.Before(start) })
}

// await waits until enough returns true for the responses to each user's requests that are
// sent from now on.
func (l *load) await(what string, enough func([]result) bool) {
	l.t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(l.t.Context(), waitTimeout)
	defer cancel()
	tick := time.NewTicker(workPause)
	defer tick.Stop()
	for _, w := range l.users {
		for !enough(w.since(start)) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				l.t.Fatalf("%s: not %s after %s: %s", w.name, what, waitTimeout, tally(w.since(start)))
			}
		}
	}
}

// awaitSuccess waits until every user has completed a round without an error.
func (l *load) awaitSuccess() {
	l.t.Helper()
	l.await("served", func(all []result) bool {
		return len(all) >= 2 && !all[len(all)-1].failed() && !all[len(all)-2].failed()
	})
}

// awaitCode waits until every user has received this error code.
func (l *load) awaitCode(code taskapi.ErrorCode) {
	l.t.Helper()
	l.await(string(code), func(all []result) bool {
		return slices.ContainsFunc(all, func(r result) bool { return r.code == code })
	})
}

// failsOnlyWith fails the test if a request sent after start failed with another code, or with
// an incomplete problem.
func (l *load) failsOnlyWith(start time.Time, codes ...taskapi.ErrorCode) {
	l.t.Helper()
	for _, w := range l.users {
		for _, r := range w.since(start) {
			if !r.failed() {
				continue
			}
			if !slices.Contains(codes, r.code) {
				l.t.Errorf("%s: %s: %d %s", w.name, r.what, r.status, r.body)
				continue
			}
			r.fails(r.code)
		}
	}
}

// log logs the results of the users since start.
func (l *load) log(what string, start time.Time) {
	l.t.Helper()
	var all []result
	for _, w := range l.users {
		all = append(all, w.since(start)...)
	}
	l.t.Logf("%s: %s", what, tally(all))
}

// tally counts responses by status and code, with the longest duration of each.
func tally(all []result) string {
	counts, longest := map[string]int{}, map[string]time.Duration{}
	for _, r := range all {
		kind := fmt.Sprintf("%d %s", r.status, r.code)
		counts[kind]++
		longest[kind] = max(longest[kind], r.end.Sub(r.begin))
	}
	text := fmt.Sprintf("%d responses", len(all))
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		text += fmt.Sprintf("; %s: %d, at most %s", kind, counts[kind], longest[kind].Round(time.Millisecond))
	}
	return text
}

// checkWrites fails the test unless every acknowledged write exists exactly once.
func (l *load) checkWrites() {
	l.t.Helper()
	total, lost, doubled := 0, 0, 0
	for _, w := range l.users {
		times := map[string]int{}
		for query := "?limit=200"; ; {
			var page taskapi.TaskListResponse
			w.get("/api/tasks" + query).is(http.StatusOK).into(&page)
			for _, task := range page.Data {
				times[task.Title]++
			}
			if page.Meta.NextCursor == nil {
				break
			}
			query = "?limit=200&cursor=" + *page.Meta.NextCursor
		}
		for _, title := range w.acknowledged {
			if times[title] == 0 {
				lost++
				l.t.Errorf("%s: %s was acknowledged and is missing", w.name, title)
			}
		}
		for title, n := range times {
			if n > 1 {
				doubled++
				l.t.Errorf("%s: %s exists %d times", w.name, title, n)
			}
		}
		total += len(w.acknowledged)
	}
	l.t.Logf("counted: writes acknowledged %d, writes lost %d, writes doubled %d", total, lost, doubled)
}
