package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/bench/floor"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// unverified treats the token as the user's id, as the floor does.
type unverified struct{}

func (unverified) Verify(_ context.Context, token string) (jwtauth.Identity, error) {
	return jwtauth.Identity{User: token, Expires: time.Now().Add(time.Hour)}, nil
}

// TestFloorRespondsLikeTheService compares the responses of the floor and the
// service to the same requests on the same rows.
func TestFloorRespondsLikeTheService(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	tasks := storetest.Open(t, store.Config{URL: db.URL})
	pool, err := pgxpool.New(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	log := slog.New(slog.DiscardHandler)
	service := api.NewHandler(api.Parts{Log: log, Store: tasks, Tokens: unverified{}, Hub: feed.New(store.NewBus(tasks, db.DirectURL), log)})
	send := func(handler http.Handler, method, path, body string) (response string) {
		t.Helper()
		request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer ada")
		request.Header.Set(floor.UserHeader, "ada")
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, request)
		if rec.Code >= http.StatusBadRequest {
			t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
		return fmt.Sprint(rec.Code, rec.Header().Get("Content-Type"), rec.Header().Get("ETag"), rec.Header().Get("Location")) + "\n" + rec.Body.String()
	}

	// The floor's feed has no lists, so it begins after change 1, which creates a list.
	list := write(t, tasks, store.Operation{Op: taskapi.BatchCreate, Kind: taskapi.KindList, Data: taskapi.CreateListRequest{Name: "Balcony"}})
	const body = `{"title": "Water the \"<plants>\" ä", "description": "The ones\non the balcony", "priority": "high", "tags": ["home", "garden"]}`
	created := send(service, http.MethodPost, "/api/tasks", body)
	if got := masked(send(floor.New(pool), http.MethodPost, "/api/tasks", body)); got != masked(created) {
		t.Errorf("create:\n got %s\nwant %s", got, masked(created))
	}
	taskPath := "/api/tasks/" + ids.FindString(created)
	const patch = `{"title": "Water them"}`
	updated := send(service, http.MethodPatch, taskPath, patch)
	if got := masked(send(floor.New(pool), http.MethodPatch, taskPath, patch)); got != masked(updated) {
		t.Errorf("update:\n got %s\nwant %s", got, masked(updated))
	}

	fillList(t, tasks, list)
	for _, path := range []string{
		taskPath, "/api/tasks", "/api/tasks?limit=3", "/api/tasks?completed=false&q=wat",
		"/api/changes?after=1", "/api/changes?after=58",
	} {
		want := send(service, http.MethodGet, path, "")
		if got := send(floor.New(pool), http.MethodGet, path, ""); withoutCursor(got) != withoutCursor(want) {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
	next := func(handler http.Handler) string {
		cursor := cursors.FindStringSubmatch(send(handler, http.MethodGet, "/api/tasks", ""))[1]
		return send(handler, http.MethodGet, "/api/tasks?cursor="+cursor, "")
	}
	if got, want := next(floor.New(pool)), next(service); got != want {
		t.Errorf("the second page:\n got %s\nwant %s", got, want)
	}
}

// write returns the id of the resource.
func write(t *testing.T, tasks *store.Store, op store.Operation) string {
	t.Helper()
	out, err := tasks.Write(t.Context(), "ada", op, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out.Resources[0].ID.String()
}

// fillList creates more than a page and a half of tasks, of every kind, some of them in
// a list.
func fillList(t *testing.T, tasks *store.Store, list string) {
	t.Helper()
	parent := write(t, tasks, store.Operation{Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: taskapi.CreateTaskRequest{Title: "Water plants", ListID: &list}})
	for n := range 75 {
		req := taskapi.CreateTaskRequest{Title: fmt.Sprintf("Water plant %d", n), Priority: anyOf(taskapi.Priorities()), Completed: n%3 == 0}
		if n%2 == 0 {
			req.DueAt = new(time.Date(2026, 11, 30, 17, n%60, 0, 0, time.UTC))
		}
		if n%4 == 0 {
			req.DueOn, req.Recurrence, req.RecurrenceFrom = new("2026-11-30"), new("FREQ=DAILY"), taskapi.FromCompletion
			req.ListID = &list
		}
		if n%8 == 0 {
			req.ParentID = &parent
		}
		id := write(t, tasks, store.Operation{Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: req})
		if n%10 == 0 {
			write(t, tasks, store.Operation{Op: taskapi.BatchDelete, Kind: taskapi.KindTask, ID: uuid.MustParse(id)})
		}
	}
}

// cursors matches cursors, which differ because only the service's name the list.
var cursors = regexp.MustCompile(`"nextCursor":"([^"]*)"`)

func withoutCursor(response string) string {
	return cursors.ReplaceAllString(response, `"nextCursor":""`)
}

var (
	ids       = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	stamps    = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	positions = regexp.MustCompile(`"position":"\w+"`)
	versions  = regexp.MustCompile(`"\d+"|"version":\d+`)
)

// masked hides the parts in which the responses to two writes differ.
func masked(response string) string {
	response = positions.ReplaceAllString(response, "POSITION")
	return versions.ReplaceAllString(stamps.ReplaceAllString(ids.ReplaceAllString(response, "ID"), "TIME"), "VERSION")
}
