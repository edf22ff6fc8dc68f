package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/bench/floor"
)

// The pieces of work, by the names they have in the table.
const (
	list50    = "list 50"
	getOne    = "get"
	createOne = "create"
	updateOne = "update"
	search    = "list with filter and search"
	changes   = "change feed"
	pages     = "page of a user with 200,000 tasks"
	growth    = "growth: list 50"
	growthGet = "growth: get"
	hopList   = "one request at a time: list 50"
	hopGet    = "one request at a time: get"
	exchange  = "session for a JWT"
	sdkList   = "through the SDK: list 50"
	sdkGet    = "through the SDK: get"
	ceiling   = "16 KB from memory"
)

// Contenders that are places in a list, or databases.
const (
	firstPage = "first page"
	deepPage  = "page 2000 of 4000"
	small     = "first database"
	grown     = "grown database"
)

// works are all pieces of work and what they keep open.
type works struct {
	works  []work
	pool   *pgxpool.Pool
	client *sdk.Client
}

func (w *works) close() {
	w.pool.Close()
	w.client.Close()
}

func (s *stack) works(ctx context.Context, people population) (*works, error) {
	pool, err := pgxpool.New(ctx, s.postgres.AdminURL(mainDatabase))
	if err != nil {
		return nil, err
	}
	client, err := sdk.New(s.tasks.url)
	if err != nil {
		pool.Close()
		return nil, err
	}
	w := &works{pool: pool, client: client}
	cursor, err := w.deepCursor(ctx, people.many)
	if err != nil {
		w.close()
		return nil, err
	}

	database := s.postgres.Process().PID()
	service := place{s.tasks, database, people.users, asDirect}
	base := place{s.floor, database, people.users, asFloor}
	many := place{s.tasks, database, []user{people.many}, asDirect}
	big := place{s.grown, database, people.grown, asDirect}
	bff := place{s.bff, database, people.browsers, asBrowser}
	proxy := place{s.proxy, database, people.browsers, asDirect}
	near := place{s.tasks, database, people.browsers, asDirect}
	all := func(a ask, more ...contender) []contender {
		return append([]contender{
			at(theFloor, base, loadWorkers, a), at(theService, service, loadWorkers, a),
			at(theProxy, proxy, loadWorkers, a), at(theBFF, bff, loadWorkers, a),
		}, more...)
	}
	direct := func(a ask) []contender {
		return []contender{at(theFloor, base, loadWorkers, a), at(theService, service, loadWorkers, a)}
	}
	alone := func(a ask) []contender {
		return []contender{at(theService, near, 1, a), at(theProxy, proxy, 1, a), at(theBFF, bff, 1, a)}
	}
	w.works = []work{
		{list50, all(askList, w.statement(people.users, floor.ListSQL, func(user) any { return taskapi.DefaultListLimit + 1 }))},
		{getOne, all(askOne, w.statement(people.users, floor.GetSQL, func(u user) any { return anyOf(u.tasks) }))},
		{createOne, all(askCreate)},
		{updateOne, all(askUpdate)},
		{search, direct(askSearch)},
		{changes, direct(askChanges)},
		{pages, []contender{at(firstPage, many, loadWorkers, askList), at(deepPage, many, loadWorkers, askPage(cursor))}},
		{growth, []contender{at(small, service, loadWorkers, askList), at(grown, big, loadWorkers, askList)}},
		{growthGet, []contender{at(small, service, loadWorkers, askOne), at(grown, big, loadWorkers, askOne)}},
		{hopList, alone(askList)},
		{hopGet, alone(askOne)},
		{exchange, []contender{s.exchanges(people.browsers)}},
		{sdkList, w.clients(s.tasks.url, people.users, list50)},
		{sdkGet, w.clients(s.tasks.url, people.users, getOne)},
		{ceiling, []contender{at("static", base, loadWorkers, askStatic)}},
	}
	return w, nil
}

// exchanges returns a contender that asks Better Auth what the bff asks it about
// each session: whether it lives, and for a JWT.
func (s *stack) exchanges(users []user) contender {
	next := func(t *vegeta.Target) {
		t.Method, t.Header, t.URL = http.MethodGet, anyOf(users).browser, s.auth.url+sessionPath
	}
	turn := func(ctx context.Context, d time.Duration) (sample, error) {
		return send(ctx, s.auth, s.postgres.Process().PID(), loadWorkers, d, next)
	}
	warm := false
	return contender{name: theAuth, run: func(ctx context.Context, d time.Duration) (sample, error) {
		var answer []byte
		if err := fetch(ctx, http.DefaultClient, s.auth.url+sessionPath, users[0].browser, &answer); err != nil {
			return sample{}, err
		}
		if string(answer) == "null" {
			return sample{}, errors.New("the session has ended")
		}
		if !warm {
			if _, err := turn(ctx, warmUp); err != nil {
				return sample{}, err
			}
			warm = true
		}
		return turn(ctx, d)
	}}
}

const (
	// sessionPath is where the bff asks Better Auth about a session.
	sessionPath = "/api/auth/get-session?disableCookieCache=true"
	// warmUp is how long it takes until Node has compiled what runs often:
	// the first thousand exchanges take twice as much.
	warmUp = 8 * time.Second
)

// deepCursor returns the cursor of a page in the middle of a user's list.
func (w *works) deepCursor(ctx context.Context, many user) (string, error) {
	options := taskapi.ListTasksOptions{Limit: taskapi.MaxListLimit}
	for range manyTasks / 2 / options.Limit {
		page, err := w.client.ListTasks(ctx, options, sdk.WithToken(many.token()))
		if err != nil {
			return "", err
		}
		options.Cursor = *page.Meta.NextCursor
	}
	return options.Cursor, nil
}

// statement returns a contender that runs the floor's statement with no HTTP
// about it, and throws the rows away.
func (w *works) statement(users []user, sql string, second func(user) any) contender {
	return contender{name: theDatabase, run: func(ctx context.Context, d time.Duration) (sample, error) {
		return call(ctx, int(w.pool.Config().MaxConns), d, func(ctx context.Context) error {
			u := anyOf(users)
			rows, err := w.pool.Query(ctx, sql, u.id, second(u))
			if err != nil {
				return err
			}
			return discard(rows)
		})
	}}
}

func discard(rows pgx.Rows) error {
	for rows.Next() {
	}
	return rows.Err()
}

// clients returns two contenders that read what they are answered: the SDK, and
// what a program would write without it.
func (w *works) clients(base string, users []user, what string) []contender {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = loadWorkers
	plain := &http.Client{Transport: transport}
	viaSDK := func(ctx context.Context) error {
		u := anyOf(users)
		_, err := w.client.ListTasks(ctx, taskapi.ListTasksOptions{}, sdk.WithToken(u.token()))
		return err
	}
	byHandAsk := func(ctx context.Context) error {
		var page taskapi.TaskListResponse
		return fetch(ctx, plain, base+"/api/tasks", anyOf(users).direct, &page)
	}
	if what == getOne {
		viaSDK = func(ctx context.Context) error {
			u := anyOf(users)
			_, err := w.client.GetTask(ctx, anyOf(u.tasks), sdk.WithToken(u.token()))
			return err
		}
		byHandAsk = func(ctx context.Context) error {
			u := anyOf(users)
			var one taskapi.TaskResponse
			return fetch(ctx, plain, base+"/api/tasks/"+anyOf(u.tasks), u.direct, &one)
		}
	}
	contend := func(name string, f func(context.Context) error) contender {
		return contender{name, func(ctx context.Context, d time.Duration) (sample, error) { return call(ctx, loadWorkers, d, f) }}
	}
	return []contender{contend(byHand, byHandAsk), contend(theSDK, viaSDK)}
}

// fetch reads the JSON at a URL into v.
func fetch(ctx context.Context, client *http.Client, url string, header http.Header, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header = header
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	if raw, ok := v.(*[]byte); ok {
		*raw, err = io.ReadAll(response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(v)
}

// cursors differ between the service, whose name the list, and the floor.
var cursors = regexp.MustCompile(`"nextCursor":"([^"]*)"`)

func withoutCursor(answer string) string { return cursors.ReplaceAllString(answer, `"nextCursor":""`) }

// sameBytes fails unless the floor answers what the service does.
func (s *stack) sameBytes(ctx context.Context, people population) error {
	u := people.users[0]
	for _, path := range []string{
		"/api/tasks", "/api/tasks/" + u.tasks[0], "/api/tasks?completed=false&q=wat", "/api/changes?after=7",
	} {
		var service, floor []byte
		if err := fetch(ctx, http.DefaultClient, s.tasks.url+path, u.direct, &service); err != nil {
			return err
		}
		if err := fetch(ctx, http.DefaultClient, s.floor.url+path, u.floor, &floor); err != nil {
			return err
		}
		if withoutCursor(string(service)) != withoutCursor(string(floor)) {
			return fmt.Errorf("the floor does not answer %s as the service does:\n%s\n%s", path, floor, service)
		}
	}
	return nil
}
