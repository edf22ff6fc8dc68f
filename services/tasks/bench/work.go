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
	theFloor   = "floor"
	theService = "service"
	// theWideFloor is the floor with as many connections as there are clients.
	theWideFloor = "floor, 16 connections"
	theBFF       = "bff"
	theProxy     = "ReverseProxy"
	theAuth      = "Better Auth"
)

// work is a task for the contenders, one after another in every round.
type work struct {
	name       string
	contenders []contender
}

// contender does a workload for a duration.
type contender struct {
	name string
	run  func(context.Context, time.Duration) (sample, error)
}

// place is the target and the users of requests.
type place struct {
	process *process
	// database is the process id of the PostgreSQL behind it.
	database int
	users    []user
	header   func(user) http.Header
}

// greet sends one request per user before the turn. The bff caches a session for half a
// minute, less than a round. Without it, every turn of the bff would start with exchanges at
// Better Auth, on the same processors. It greets for all contenders alike.
func (p place) greet(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(http.DefaultMaxIdleConnsPerHost)
	for _, u := range p.users {
		group.Go(func() error {
			var data []byte
			return fetch(ctx, http.DefaultClient, p.process.url+"/api/tasks?limit=1", p.header(u), &data)
		})
	}
	return group.Wait()
}

func asDirect(u user) http.Header  { return u.direct }
func asFloor(u user) http.Header   { return u.floor }
func asBrowser(u user) http.Header { return u.browser }

// ask sends the request of one user.
type ask func(u user, base string, t *vegeta.Target)

// at returns a contender that sends requests to a place.
func at(name string, where place, workers int, ask ask) contender {
	next := func(t *vegeta.Target) {
		u := anyOf(where.users)
		t.Method, t.Header = http.MethodGet, where.header(u)
		ask(u, where.process.url, t)
	}
	return contender{name: name, run: func(ctx context.Context, d time.Duration) (sample, error) {
		if err := where.greet(ctx); err != nil {
			return sample{}, err
		}
		return send(ctx, where.process, where.database, workers, d, next)
	}}
}

func askList(_ user, base string, t *vegeta.Target) { t.URL = base + "/api/tasks" }

// askInbox requests the list in which all of the users' tasks are.
func askInbox(_ user, base string, t *vegeta.Target) {
	t.URL = base + "/api/tasks?listId=inbox&sort=position"
}

func askOne(u user, base string, t *vegeta.Target) { t.URL = base + "/api/tasks/" + anyOf(u.tasks) }

func askSearch(_ user, base string, t *vegeta.Target) {
	t.URL = base + "/api/tasks?completed=false&q=wat"
}

func askChanges(u user, base string, t *vegeta.Target) {
	t.URL = fmt.Sprintf("%s/api/changes?after=%d", base, rand.Int64N(u.changes))
}

func askPage(cursor string) ask {
	return func(_ user, base string, t *vegeta.Target) { t.URL = base + "/api/tasks?cursor=" + cursor }
}

func askCreate(u user, base string, t *vegeta.Target) {
	t.Method, t.URL = http.MethodPost, base+"/api/tasks"
	t.Body = []byte(`{"title": "Water the plants", "description": "The ones on the balcony too.", "priority": "high", "tags": ["home"]}`)
	t.Header = t.Header.Clone() // all requests of the user share it
	t.Header.Set("Idempotency-Key", fmt.Sprintf("%016x", rand.Uint64()))
}

func askMove(u user, base string, t *vegeta.Target) {
	t.Method, t.URL = http.MethodPost, base+"/api/tasks/"+anyOf(u.tasks)+"/move"
	t.Body = []byte(`{"before": null}`)
}

func askUpdate(u user, base string, t *vegeta.Target) {
	t.Method, t.URL = http.MethodPatch, base+"/api/tasks/"+anyOf(u.tasks)
	t.Body = fmt.Appendf(nil, `{"title": "Water the plants %d"}`, rand.Uint32())
}
