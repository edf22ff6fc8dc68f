package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The workloads, by their names in the report.
const (
	list50    = "list 50"
	getOne    = "get"
	createOne = "create"
	updateOne = "update"
	moveOne   = "move to the end"
	inList    = "list 50: everything or one list"
	search    = "list with filter and search"
	changes   = "change feed"
	pages     = "page of a user with 200,000 tasks"
	growth    = "growth: list 50"
	growthGet = "growth: get"
	aloneList = "one request at a time: list 50"
	aloneGet  = "one request at a time: get"
	exchange  = "session for a JWT"
)

// Contenders that are pages of a list, or databases.
const (
	firstPage       = "first page"
	deepPage        = "page 2000 of 4000"
	inFirstDatabase = "first database"
	inGrownDatabase = "grown database"
	allLists        = "everything"
	oneList         = "one list, by position"
)

// workloads returns all workloads.
func (s *stack) workloads(ctx context.Context, people population) ([]workload, error) {
	cursor, err := s.deepCursor(ctx, people.many)
	if err != nil {
		return nil, err
	}

	database := s.postgres.Process().PID()
	service := target{s.tasks, database, people.users, asDirect}
	base := target{s.floor, database, people.users, asFloor}
	wide := target{s.wideFloor, database, people.users, asFloor}
	many := target{s.tasks, database, []user{people.many}, asDirect}
	big := target{s.grown, database, people.grown, asDirect}
	bff := target{s.bff, database, people.browsers, asBrowser}
	proxy := target{s.proxy, database, people.browsers, asDirect}
	near := target{s.tasks, database, people.browsers, asDirect}
	direct := func(a builder) []contender {
		return []contender{loadOf(floorServer, base, loadWorkers, a), loadOf(taskService, service, loadWorkers, a)}
	}
	all := func(a builder) []contender {
		return append(direct(a), loadOf(wideFloorServer, wide, loadWorkers, a), loadOf(reverseProxy, proxy, loadWorkers, a), loadOf(bffServer, bff, loadWorkers, a))
	}
	alone := func(a builder) []contender {
		return []contender{loadOf(floorServer, base, 1, a), loadOf(taskService, near, 1, a), loadOf(reverseProxy, proxy, 1, a), loadOf(bffServer, bff, 1, a)}
	}
	return []workload{
		{list50, all(buildList)},
		{getOne, all(buildGet)},
		{createOne, all(buildCreate)},
		{updateOne, all(buildUpdate)},
		{moveOne, []contender{loadOf(taskService, service, loadWorkers, buildMove)}},
		{inList, []contender{loadOf(allLists, service, loadWorkers, buildList), loadOf(oneList, service, loadWorkers, buildInbox)}},
		{search, direct(buildSearch)},
		{changes, direct(buildChanges)},
		{pages, []contender{loadOf(firstPage, many, loadWorkers, buildList), loadOf(deepPage, many, loadWorkers, get("/api/tasks?cursor="+cursor))}},
		{growth, []contender{loadOf(inFirstDatabase, service, loadWorkers, buildList), loadOf(inGrownDatabase, big, loadWorkers, buildList)}},
		{growthGet, []contender{loadOf(inFirstDatabase, service, loadWorkers, buildGet), loadOf(inGrownDatabase, big, loadWorkers, buildGet)}},
		{aloneList, alone(buildList)},
		{aloneGet, alone(buildGet)},
		{exchange, []contender{s.exchanges(people.browsers)}},
	}, nil
}

// exchanges returns a contender that sends the bff's requests to Better Auth: the lookup of a
// session with its JWT.
func (s *stack) exchanges(users []user) contender {
	next := func(t *vegeta.Target) {
		t.Method, t.Header, t.URL = http.MethodGet, anyOf(users).browser, s.auth.url+sessionPath
	}
	turn := func(ctx context.Context, d time.Duration) (sample, error) {
		return send(ctx, s.auth, s.postgres.Process().PID(), loadWorkers, d, next)
	}
	warm := false
	return contender{name: betterAuth, run: func(ctx context.Context, d time.Duration) (sample, error) {
		var data []byte
		if err := fetch(ctx, http.DefaultClient, s.auth.url+sessionPath, users[0].browser, &data); err != nil {
			return sample{}, err
		}
		if string(data) == "null" {
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
	// sessionPath is the path of the bff's lookup of a session.
	sessionPath = "/api/auth/get-session?disableCookieCache=true"
	// warmUp is how long Node needs to compile hot code: the first thousand exchanges take twice
	// as long.
	warmUp = 8 * time.Second
)

// deepCursor returns the cursor of a page in the middle of a user's list.
func (s *stack) deepCursor(ctx context.Context, many user) (cursor string, err error) {
	for range manyTasks / 2 / taskapi.MaxListLimit {
		var page taskapi.TaskListResponse
		url := fmt.Sprintf("%s/api/tasks?limit=%d", s.tasks.url, taskapi.MaxListLimit)
		if cursor != "" {
			url += "&cursor=" + cursor
		}
		if err := fetch(ctx, http.DefaultClient, url, many.direct, &page); err != nil {
			return "", err
		}
		cursor = *page.Meta.NextCursor
	}
	return cursor, nil
}

// fetch decodes the JSON at a URL into v.
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
