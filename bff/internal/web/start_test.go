package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	bootstrapPath = "/api/bootstrap"
	agendaPath    = "/api/agenda"
	statsPath     = "/api/tasks/stats"
)

// intercept returns a copy of the site in which handle responds to the requests to the task
// service. If it returns false, the service responds.
func (s *site) intercept(t *testing.T, handle func(http.ResponseWriter, *http.Request) bool) *site {
	t.Helper()
	service := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(s.tasks.URL) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !handle(w, r) {
			service.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(proxy.Close)
	bff := httptest.NewServer(newHandler(t, handlerConfig{
		public: s.url, secret: s.auth.Secret, auth: s.authTap.URL, tasks: proxy.URL, log: s.log,
	}))
	t.Cleanup(bff.Close)
	return &site{url: bff.URL}
}

// onSite returns the browser with its cookies on another site of the same host.
func (b *browser) onSite(other *site) *browser {
	return &browser{t: b.t, site: other.url, client: b.client}
}

func testStart(t *testing.T, s *site) {
	signedUp := func(t *testing.T) *browser {
		t.Helper()
		ada := s.newBrowser(t)
		ada.signUp()
		return ada
	}
	bootstrap := func(t *testing.T, b *browser) web.Bootstrap {
		t.Helper()
		var body taskapi.Response[web.Bootstrap]
		b.get(bootstrapPath + "?timeZone=Europe/Berlin").is(http.StatusOK).into(&body)
		return body.Data
	}
	settings := &taskapi.Settings{ID: taskapi.SettingsID, TimeZone: taskapi.DefaultTimeZone, WeekStart: taskapi.DefaultWeekStart, Version: 1}
	// parts returns the other responses that bootstrap combines.
	parts := func(t *testing.T, b *browser) (taskapi.Response[web.Session], taskapi.StatsResponse, taskapi.TaskListResponse, []taskapi.List) {
		t.Helper()
		var lists taskapi.ListListResponse
		var session taskapi.Response[web.Session]
		var stats taskapi.StatsResponse
		var list taskapi.TaskListResponse
		b.get("/api/session").into(&session)
		b.get(statsPath + "?timeZone=Europe/Berlin").into(&stats)
		b.get("/api/tasks").into(&list)
		b.get("/api/lists").into(&lists)
		return session, stats, list, lists.Data
	}

	t.Run("bootstrap returns all parts", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		if response := ada.get(bootstrapPath).is(http.StatusOK); !strings.Contains(string(response.body), `"tasks":[],"lists":[],"settings":{"id":"00000000-0000-7000-8000-000000000001","timeZone":"UTC","weekStart":"monday","version":1},"nextCursor":null,"changes":0,"failures":[]`) {
			t.Errorf("without tasks: %s", response.body)
		}
		for range 51 {
			ada.create("task")
		}
		ada.post("/api/lists", `{"name":"Garden"}`).is(http.StatusCreated)
		session, stats, list, lists := parts(t, ada)
		want := web.Bootstrap{
			User: session.Data.User, Stats: &stats.Data, Tasks: list.Data, Lists: lists, Settings: settings, NextCursor: list.Meta.NextCursor,
			Changes: &list.Meta.Changes, Failures: []web.BootstrapFailure{},
		}
		got := bootstrap(t, ada)
		if diff := cmp.Diff(want, got); diff != "" || len(got.Tasks) != 50 || got.NextCursor == nil || *got.Changes != 52 || len(got.Lists) != 1 {
			t.Errorf("bootstrap (-want +got):\n%s", diff)
		}
		problem := ada.get(bootstrapPath + "?timeZone=Europe/Atlantis").fails(taskapi.CodeInvalid)
		if len(problem.Errors) != 1 || problem.Errors[0].Field != "timeZone" {
			t.Errorf("errors %+v", problem.Errors)
		}
		s.newBrowser(t).get(bootstrapPath).fails(taskapi.CodeUnauthenticated)
	})

	t.Run("bootstrap names missing parts", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		ada.create("task")
		session, stats, list, lists := parts(t, ada)
		user := session.Data.User
		for name, test := range map[string]struct {
			handle func(http.ResponseWriter, *http.Request) bool
			want   web.Bootstrap
		}{
			"stats fail": {
				func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path != statsPath {
						return false
					}
					http.Error(w, "SELECT secrets", http.StatusServiceUnavailable)
					return true
				},
				web.Bootstrap{
					User: user, Tasks: list.Data, Lists: lists, Settings: settings, NextCursor: list.Meta.NextCursor, Changes: &list.Meta.Changes,
					Failures: []web.BootstrapFailure{{Part: "stats", Code: taskapi.CodeUnavailable, Error: "The tasks cannot be reached right now. Please try again."}},
				},
			},
			"tasks hang": {
				func(_ http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path != "/api/tasks" {
						return false
					}
					<-r.Context().Done()
					return true
				},
				web.Bootstrap{
					User: user, Stats: &stats.Data, Lists: lists,
					Failures: []web.BootstrapFailure{
						{Part: "tasks", Code: taskapi.CodeTimeout, Error: "The request took too long. Please try again."},
						{Part: "settings", Code: taskapi.CodeTimeout, Error: "The request took too long. Please try again."},
					},
				},
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if diff := cmp.Diff(test.want, bootstrap(t, ada.onSite(s.intercept(t, test.handle)))); diff != "" {
					t.Errorf("bootstrap (-want +got):\n%s", diff)
				}
			})
		}
	})

	t.Run("bootstrap fails if all parts fail", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		ada.onSite(s.intercept(t, func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})).get(bootstrapPath).fails(taskapi.CodeUnavailable)
	})

	t.Run("the agenda groups open tasks by day", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		zone, err := time.LoadLocation("Pacific/Auckland")
		if err != nil {
			t.Fatal(err)
		}
		year, month, day := time.Now().In(zone).Date()
		noon := func(days int) time.Time { return time.Date(year, month, day+days, 12, 0, 0, 0, zone) }
		for title, due := range map[string]any{
			"late": noon(-1), "tomorrow": noon(1), "next day": noon(2), "next week": noon(7), "some day": nil,
		} {
			ada.post("/api/tasks", map[string]any{"title": title, "dueAt": due}).is(http.StatusCreated)
			ada.post("/api/tasks", map[string]any{"title": title, "dueAt": due, "completed": true}).is(http.StatusCreated)
			deleted := ada.post("/api/tasks", map[string]any{"title": title, "dueAt": due}).is(http.StatusCreated).task()
			ada.do(http.MethodDelete, "/api/tasks/"+deleted.ID, nil, nil).is(http.StatusOK)
		}
		got := agenda(ada, "?timeZone=Pacific/Auckland&days=3")
		want := map[string][]string{
			"overdue":                     {"late"},
			noon(0).Format(time.DateOnly): nil,
			noon(1).Format(time.DateOnly): {"tomorrow"},
			noon(2).Format(time.DateOnly): {"next day"},
		}
		if diff := cmp.Diff(want, titles(got)); diff != "" || got.Later != 1 || got.Undated != 1 || got.Truncated {
			t.Errorf("%d later, %d undated, truncated %t (-want +got):\n%s", got.Later, got.Undated, got.Truncated, diff)
		}
		if n := len(agenda(ada, "").Days); n != 7 {
			t.Errorf("%d days by default, want 7", n)
		}
		for query, field := range map[string]string{
			"?timeZone=Europe/Atlantis": "timeZone", "?timeZone=Local": "timeZone", "?days=0": "days", "?days=32": "days", "?day=1": "day",
		} {
			if problem := ada.get(agendaPath + query).fails(taskapi.CodeInvalid); len(problem.Errors) != 1 || problem.Errors[0].Field != field {
				t.Errorf("%s: errors %+v", query, problem.Errors)
			}
		}
		s.newBrowser(t).get(agendaPath).fails(taskapi.CodeUnauthenticated)
		ada.onSite(s.intercept(t, func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})).get(agendaPath).fails(taskapi.CodeUnavailable)
	})

	t.Run("thirty agendas of 2,000 tasks take one call each, five at once", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		for i := range 20 {
			var operations []any
			for j := range 100 {
				due := time.Unix(int64(100*i+j), 0)
				if i%2 == 0 {
					due = time.Now().Add(24*time.Hour + time.Duration(100*i+j)*time.Second)
				}
				operations = append(operations, map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": "many", "dueAt": due}})
			}
			ada.post("/api/batch", map[string]any{"operations": operations}).is(http.StatusOK)
		}
		var calls atomic.Int64
		counted := ada.onSite(s.intercept(t, func(http.ResponseWriter, *http.Request) bool { calls.Add(1); return false }))
		// More at once would wait for the user's share of the service's memory, and be
		// rejected after 5 s on a busy machine.
		const atOnce, each = 5, 6
		var all sync.WaitGroup
		for range atOnce {
			all.Go(func() {
				for range each {
					got := agenda(counted, "")
					listed := len(got.Overdue)
					for _, day := range got.Days {
						listed += len(day.Tasks)
					}
					if listed != 2000 || got.Later != 0 || got.Truncated {
						t.Errorf("%d tasks, %d later, truncated %t", listed, got.Later, got.Truncated)
					}
				}
			})
		}
		all.Wait()
		if n := calls.Load(); n != atOnce*each {
			t.Errorf("%d calls of the service, want %d", n, atOnce*each)
		}
	})
}

func agenda(b *browser, query string) taskapi.Agenda {
	b.t.Helper()
	var body taskapi.AgendaResponse
	b.get(agendaPath + query).is(http.StatusOK).into(&body)
	return body.Data
}

// titles returns the titles of an agenda's tasks by section.
func titles(a taskapi.Agenda) map[string][]string {
	all := map[string][]string{}
	add := func(section string, tasks []taskapi.Task) {
		all[section] = nil
		for _, task := range tasks {
			all[section] = append(all[section], task.Title)
		}
	}
	add("overdue", a.Overdue)
	for _, day := range a.Days {
		add(day.Date, day.Tasks)
	}
	return all
}

// exchanges returns how often a session was exchanged.
func (s *site) exchanges(cookie string) int {
	n := 0
	for _, r := range s.authTap.Requests() {
		if r.URL.Path == getSession && strings.Contains(r.Header.Get("Cookie"), cookie) {
			n++
		}
	}
	return n
}
