package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/sync/errgroup"
)

// The contenders.
const (
	floorServer = "floor"
	taskService = "service"
	// wideFloorServer is the floor with as many connections as there are clients.
	wideFloorServer = "floor, 16 connections"
	bffServer       = "bff"
	reverseProxy    = "ReverseProxy"
	betterAuth      = "Better Auth"
)

// workload is one kind of request, which the contenders send one after another in every round.
type workload struct {
	name       string
	contenders []contender
}

// contender runs a workload for a duration.
type contender struct {
	name string
	run  func(context.Context, time.Duration) (sample, error)
}

// target is a server and the users whose tasks are requested there.
type target struct {
	process *process
	// database is the process id of its PostgreSQL.
	database int
	users    []user
	header   func(user) http.Header
}

// warm sends one request per user before the turn, to every contender. The bff caches a
// session for 30 s, less than a round, and its turn would otherwise start with exchanges at
// Better Auth, on the same processors.
func (t target) warm(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(http.DefaultMaxIdleConnsPerHost)
	for _, u := range t.users {
		group.Go(func() error {
			var data []byte
			return fetch(ctx, http.DefaultClient, t.process.url+"/api/tasks?limit=1", t.header(u), &data)
		})
	}
	return group.Wait()
}

func asDirect(u user) http.Header  { return u.direct }
func asFloor(u user) http.Header   { return u.floor }
func asBrowser(u user) http.Header { return u.browser }

// builder sets a request of one user.
type builder func(u user, base string, t *vegeta.Target)

// loadOf returns a contender that sends requests to a target.
func loadOf(name string, to target, workers int, build builder) contender {
	next := func(t *vegeta.Target) {
		u := anyOf(to.users)
		t.Method, t.Header = http.MethodGet, to.header(u)
		build(u, to.process.url, t)
	}
	return contender{name: name, run: func(ctx context.Context, d time.Duration) (sample, error) {
		if err := to.warm(ctx); err != nil {
			return sample{}, err
		}
		return send(ctx, to.process, to.database, workers, d, next)
	}}
}

// get requests a path.
func get(path string) builder {
	return func(_ user, base string, t *vegeta.Target) { t.URL = base + path }
}

var (
	buildList = get("/api/tasks")
	// buildInbox requests the inbox, which has all of a user's tasks.
	buildInbox  = get("/api/tasks?listId=inbox&sort=position")
	buildSearch = get("/api/tasks?completed=false&q=wat")
)

func buildGet(u user, base string, t *vegeta.Target) { t.URL = base + "/api/tasks/" + anyOf(u.tasks) }

func buildChanges(u user, base string, t *vegeta.Target) {
	t.URL = fmt.Sprintf("%s/api/changes?after=%d", base, rand.Int64N(u.changes))
}

func buildCreate(u user, base string, t *vegeta.Target) {
	t.Method, t.URL = http.MethodPost, base+"/api/tasks"
	t.Body = []byte(`{"title": "Water the plants", "description": "The ones on the balcony too.", "priority": "high", "tags": ["home"]}`)
	t.Header = t.Header.Clone() // all requests of the user share it
	t.Header.Set("Idempotency-Key", fmt.Sprintf("%016x", rand.Uint64()))
}

func buildMove(u user, base string, t *vegeta.Target) {
	t.Method, t.URL = http.MethodPost, base+"/api/tasks/"+anyOf(u.tasks)+"/move"
	t.Body = []byte(`{"before": null}`)
}

func buildUpdate(u user, base string, t *vegeta.Target) {
	t.Method, t.URL = http.MethodPatch, base+"/api/tasks/"+anyOf(u.tasks)
	t.Body = fmt.Appendf(nil, `{"title": "Water the plants %d"}`, rand.Uint32())
}
