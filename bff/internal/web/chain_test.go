package web_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const getSession = "/api/auth/get-session"

// TestSite tests the whole chain: browser, bff, Better Auth, task service, PostgreSQL.
func TestSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)

	t.Run("Better Auth", func(t *testing.T) {
		t.Parallel()
		testAuthProxy(t, s)
	})

	t.Run("compression", func(t *testing.T) {
		t.Parallel()
		testCompression(t, s)
	})
	t.Run("other origins", func(t *testing.T) {
		t.Parallel()
		testOrigins(t, s)
	})

	t.Run("malformed HTTP", func(t *testing.T) {
		t.Parallel()
		testWire(t, s)
	})

	t.Run("limits", func(t *testing.T) {
		t.Parallel()
		testLimits(t, s)
	})

	t.Run("streams", func(t *testing.T) {
		t.Parallel()
		testStreams(t, s)
	})

	t.Run("the start of a page", func(t *testing.T) {
		t.Parallel()
		testStart(t, s)
	})

	t.Run("logs contain no personal data", func(t *testing.T) {
		t.Parallel()
		testLogs(t, s)
	})

	t.Run("tasks are created, read, changed, replaced and deleted", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		email := ada.signUp()

		var signedIn taskapi.Response[web.Session]
		ada.get("/api/session").is(http.StatusOK).into(&signedIn)
		if u := signedIn.Data.User; u.ID == "" || u.Name != "Ada Lovelace" || u.Email != email || u.Image != nil {
			t.Errorf("session of %+v", u)
		}

		yesterday := time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Microsecond)
		response := ada.post("/api/tasks", map[string]any{"title": " Water the plants ", "dueAt": yesterday, "tags": []string{"home"}}).is(http.StatusCreated)
		created := response.task()
		want := taskapi.Task{
			ID: created.ID, Title: "Water the plants", Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, DueAt: &yesterday, Tags: []string{"home"},
			Position: created.Position, Version: 1, CreatedAt: created.CreatedAt, UpdatedAt: created.UpdatedAt,
		}
		if diff := cmp.Diff(want, created); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		path := "/api/tasks/" + created.ID
		if got := response.header.Get("Location"); got != path {
			t.Errorf("Location %q, want %q", got, path)
		}
		if got := response.header.Get("ETag"); got != `"1"` {
			t.Errorf("ETag %q", got)
		}
		if diff := cmp.Diff(created, ada.get(path).is(http.StatusOK).task()); diff != "" {
			t.Errorf("getTask (-want +got):\n%s", diff)
		}

		response = ada.do(http.MethodPatch, path, map[string]any{"completed": true}, http.Header{"Content-Type": {"application/merge-patch+json"}}).is(http.StatusOK)
		if done := response.task(); !done.Completed || done.Title != want.Title || response.header.Get("ETag") != `"2"` {
			t.Errorf("updated to %+v, ETag %s", done, response.header.Get("ETag"))
		}
		response = ada.do(http.MethodPut, path, map[string]any{"title": "Water all plants"}, nil).is(http.StatusOK)
		if replaced := response.task(); replaced.Completed || replaced.DueAt != nil || replaced.Title != "Water all plants" {
			t.Errorf("replaced by %+v", replaced)
		}

		var list taskapi.TaskListResponse
		ada.get("/api/tasks?completed=false&limit=1").is(http.StatusOK).into(&list)
		if len(list.Data) != 1 || list.Data[0].ID != created.ID || list.Meta.NextCursor != nil {
			t.Errorf("list %+v", list)
		}
		ada.do(http.MethodDelete, path, nil, nil).is(http.StatusOK)
		if response := ada.get("/api/tasks").is(http.StatusOK); !strings.Contains(string(response.body), `"data":[]`) {
			t.Errorf("an empty list is %s", response.body)
		}
	})

	t.Run("preconditions, idempotency keys and all operations are forwarded", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		once := http.Header{"Idempotency-Key": {"once"}}
		yesterday := time.Now().Add(-24 * time.Hour)
		body := map[string]any{"title": "Water the plants", "dueAt": yesterday}
		first := ada.do(http.MethodPost, "/api/tasks", body, once).is(http.StatusCreated)
		again := ada.do(http.MethodPost, "/api/tasks", body, once).is(http.StatusCreated)
		if first.task().ID != again.task().ID || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("repeated: %s, then %s with %v", first.body, again.body, again.header)
		}
		ada.do(http.MethodPost, "/api/tasks", map[string]any{"title": "Another"}, once).fails(taskapi.CodeIdempotencyKeyReused)

		path := "/api/tasks/" + first.task().ID
		notModified := ada.do(http.MethodGet, path, nil, http.Header{"If-None-Match": {`"1"`}}).is(http.StatusNotModified)
		if len(notModified.body) != 0 || notModified.header.Get("ETag") != `"1"` {
			t.Errorf("304 with %q, ETag %s", notModified.body, notModified.header.Get("ETag"))
		}
		for _, tags := range []string{`"7"`, `"7", "8"`, `W/"7"`, `"other"`} {
			stale := ada.do(http.MethodPatch, path, map[string]any{"title": "Stale"}, http.Header{"If-Match": {tags}})
			current, err := stale.fails(taskapi.CodeVersionConflict).Current.Task()
			if diff := cmp.Diff(first.task(), current); diff != "" || err != nil {
				t.Errorf("If-Match %s: current: %v (-want +got):\n%s", tags, err, diff)
			}
		}
		ada.do(http.MethodPatch, path, map[string]any{"title": "Fresh"}, http.Header{"If-Match": {`"7", "1"`}}).is(http.StatusOK)

		ada.do(http.MethodDelete, path, nil, nil).is(http.StatusOK)
		ada.do(http.MethodPost, path+"/restore", nil, nil).is(http.StatusOK)
		var batch taskapi.ResourceListResponse
		ada.post("/api/batch", map[string]any{"operations": []any{
			map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": "New"}},
			map[string]any{"op": "update", "kind": "task", "id": first.task().ID, "changes": map[string]any{"tags": []string{"home"}}},
		}}).is(http.StatusOK).into(&batch)
		if len(batch.Data) != 2 || batch.Data[0].Kind != taskapi.KindTask || !strings.Contains(string(batch.Data[0].Data), `"title":"New"`) {
			t.Errorf("batch %+v", batch.Data)
		}
		var stats taskapi.StatsResponse
		ada.get("/api/tasks/stats?timeZone=Europe/Berlin").is(http.StatusOK).into(&stats)
		if stats.Data.Open != 2 || stats.Data.Overdue != 1 {
			t.Errorf("stats %+v", stats.Data)
		}
		ada.do(http.MethodDelete, path+"?permanent=true", nil, nil).is(http.StatusOK)
		var changes taskapi.ChangeListResponse
		ada.get("/api/changes").is(http.StatusOK).into(&changes)
		if n := len(changes.Data); n != 2 || changes.Data[0].Erased() || !changes.Data[1].Erased() {
			t.Errorf("changes %+v", changes.Data)
		}
		ada.get("/api/changes?after=99").fails(taskapi.CodeCursorExpired)
	})

	t.Run("a list is read page by page", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		for _, title := range []string{"one", "two", "three"} {
			ada.post("/api/tasks", map[string]any{"title": title}).is(http.StatusCreated)
		}
		var first, second taskapi.TaskListResponse
		ada.get("/api/tasks?limit=2").is(http.StatusOK).into(&first)
		if first.Meta.NextCursor == nil {
			t.Fatal("no cursor of a second page")
		}
		ada.get("/api/tasks?limit=2&cursor=" + *first.Meta.NextCursor).is(http.StatusOK).into(&second)
		var titles []string
		for _, task := range append(first.Data, second.Data...) {
			titles = append(titles, task.Title)
		}
		if diff := cmp.Diff([]string{"three", "two", "one"}, titles); diff != "" {
			t.Errorf("titles (-want +got):\n%s", diff)
		}
		ada.get("/api/tasks?cursor=nonsense").fails(taskapi.CodeInvalidCursor)
		ada.get("/api/tasks?limit=2&sort=priority").is(http.StatusOK).into(&first)
		genuine, err := base64.RawURLEncoding.DecodeString(*first.Meta.NextCursor)
		if err != nil {
			t.Fatal(err)
		}
		tampered := base64.RawURLEncoding.EncodeToString(bytes.Replace(genuine, []byte(`"k":"0"`), []byte(`"k":"99999"`), 1))
		ada.get("/api/tasks?limit=2&sort=priority&cursor=" + tampered).fails(taskapi.CodeInvalidCursor)
	})

	t.Run("requests without a session are unauthenticated", func(t *testing.T) {
		t.Parallel()
		nobody := s.newBrowser(t)
		nobody.get("/api/tasks").fails(taskapi.CodeUnauthenticated)
		nobody.get("/api/session").fails(taskapi.CodeUnauthenticated)
		nobody.post("/api/tasks", map[string]any{"title": "x"}).fails(taskapi.CodeUnauthenticated)
	})

	t.Run("a request meant for another user is rejected", func(t *testing.T) {
		t.Parallel()
		ada, bob := s.newUser(t), s.newBrowser(t)
		bob.signUp()
		expecting := func(ids ...string) http.Header { return http.Header{"Expected-User": ids} }
		var session taskapi.Response[web.Session]
		bob.get("/api/session").is(http.StatusOK).into(&session)
		own := session.Data.User.ID
		for name, header := range map[string]http.Header{
			"somebody else": expecting(ada.Own[0]), "nobody": expecting(""), "both": expecting(own, ada.Own[0]),
		} {
			for _, path := range []string{"/api/session", "/api/bootstrap", "/api/agenda", "/api/tasks", "/api/tasks/stats", "/api/changes", "/api/events"} {
				if got := bob.do(http.MethodGet, path, nil, header); got.status != http.StatusUnauthorized {
					t.Errorf("GET %s for %s: %d", path, name, got.status)
				}
			}
			response := bob.do(http.MethodPost, "/api/tasks", map[string]any{"title": "hers"}, header)
			response.fails(taskapi.CodeUnauthenticated)
			if cookies := response.header.Values("Set-Cookie"); len(cookies) > 0 {
				t.Errorf("for %s: cookies %q", name, cookies)
			}
		}
		var list taskapi.TaskListResponse
		bob.do(http.MethodGet, "/api/tasks", nil, expecting(own)).is(http.StatusOK).into(&list)
		if len(list.Data) != 0 {
			t.Errorf("written although it was meant for another user: %+v", list.Data)
		}
		bob.do(http.MethodPost, "/api/tasks", map[string]any{"title": "his"}, expecting(own)).is(http.StatusCreated)
	})

	t.Run("another user's task is not found", func(t *testing.T) {
		t.Parallel()
		ada, bob := s.newBrowser(t), s.newBrowser(t)
		ada.signUp()
		bob.signUp()
		path := "/api/tasks/" + ada.post("/api/tasks", map[string]any{"title": "mine"}).is(http.StatusCreated).task().ID
		bob.get(path).fails(taskapi.CodeTaskNotFound)
		bob.do(http.MethodPut, path, map[string]any{"title": "his"}, nil).fails(taskapi.CodeTaskNotFound)
		bob.do(http.MethodPatch, path, map[string]any{"title": "his"}, nil).fails(taskapi.CodeTaskNotFound)
		bob.do(http.MethodDelete, path, nil, nil).fails(taskapi.CodeTaskNotFound)
		if got := ada.get(path).is(http.StatusOK).task().Title; got != "mine" {
			t.Errorf("the task became %q", got)
		}
	})

	t.Run("invalid requests name the field", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		for name, test := range map[string]struct {
			method, path string
			body         any
			want         string
		}{
			"too long":      {http.MethodPost, "/api/tasks", map[string]any{"title": strings.Repeat("x", 501)}, "title too_long"},
			"blank":         {http.MethodPost, "/api/tasks", map[string]any{"title": "   "}, "title too_short"},
			"unknown field": {http.MethodPost, "/api/tasks", map[string]any{"title": "x", "owner": "bob"}, "owner unknown_field"},
			"not JSON":      {http.MethodPost, "/api/tasks", "{", "body bad_format"},
			"null":          {http.MethodPatch, "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", map[string]any{"title": nil}, "title not_nullable"},
			"no id":         {http.MethodGet, "/api/tasks/nonsense", nil, "id bad_format"},
			"query":         {http.MethodGet, "/api/tasks?limit=0", nil, "limit out_of_range"},
			"unknown query": {http.MethodGet, "/api/tasks?user=bob", nil, "user unknown_field"},
		} {
			problem := ada.do(test.method, test.path, test.body, nil).fails(taskapi.CodeInvalid)
			if len(problem.Errors) != 1 || problem.Errors[0].Field+" "+string(problem.Errors[0].Code) != test.want {
				t.Errorf("%s: errors %+v, want %s", name, problem.Errors, test.want)
			}
		}
	})

	t.Run("requests outside operations are rejected", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		ada.get("/nothing").fails(taskapi.CodeNotFound)
		ada.get("/api").fails(taskapi.CodeNotFound)
		ada.get("/api/nothing").fails(taskapi.CodeNotFound)
		ada.get("/openapi.json").fails(taskapi.CodeNotFound)
		response := ada.do(http.MethodDelete, "/api/tasks", nil, nil)
		response.fails(taskapi.CodeMethodNotAllowed)
		if diff := cmp.Diff([]string{"GET", "HEAD", "POST"}, response.header.Values("Allow")); diff != "" {
			t.Errorf("Allow (-want +got):\n%s", diff)
		}
		ada.do(http.MethodPost, "/api/tasks", "title=x", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}).fails(taskapi.CodeUnsupportedMediaType)
		ada.post("/api/tasks", map[string]any{"title": strings.Repeat("x", 1<<20)}).fails(taskapi.CodeBodyTooLarge)
	})

	t.Run("the request id is in every log", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		missing := ada.get("/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11")
		missing.fails(taskapi.CodeTaskNotFound)
		if got := logged(t, s.log, missing.header.Get("X-Request-Id")); len(got) != 1 || !strings.Contains(got[0], `"code":"task_not_found"`) {
			t.Errorf("the log lacks the cause: %q", got)
		}
		id := ada.get("/api/tasks").is(http.StatusOK).header.Get("X-Request-Id")
		if got := logged(t, s.log, id); len(got) != 1 || !strings.Contains(got[0], `"operation":"listTasks"`) {
			t.Errorf("the bff's log: %q", got)
		}
		if got := logged(t, s.tasks, id); len(got) != 1 {
			t.Errorf("the service's log: %q", got)
		}
		ada.do(http.MethodGet, "/api/tasks", nil, http.Header{"X-Request-Id": {"from-outside-1"}}).is(http.StatusOK)
		if got := logged(t, s.tasks, "from-outside-1"); len(got) != 1 {
			t.Errorf("the service's log of a given id: %q", got)
		}
	})

	t.Run("the service gets the user only from the JWT", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		ada.do(http.MethodGet, "/api/tasks", nil, http.Header{
			"Authorization":   {"Basic of-somebody-else"},
			"X-User-Id":       {"bob"},
			"X-Forwarded-For": {"198.51.100.1"},
			"X-Request-Id":    {"headers-to-the-service"},
		}).is(http.StatusOK)
		for _, r := range s.tasksTap.Requests() {
			if r.Header.Get("X-Request-Id") != "headers-to-the-service" {
				continue
			}
			if got := r.Header.Get("Authorization"); !strings.HasPrefix(got, "Bearer eyJ") {
				t.Errorf("Authorization %q", got)
			}
			for _, name := range []string{"Cookie", "X-User-Id", "X-Forwarded-For", "Origin", "Sec-Fetch-Site"} {
				if got := r.Header.Values(name); got != nil {
					t.Errorf("%s %q reached the service", name, got)
				}
			}
			return
		}
		t.Error("the request did not reach the service")
	})

	t.Run("a session is renewed", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		token, _, _ := strings.Cut(ada.cookie().Value, ".")
		s.auth.Exec(`UPDATE session SET "expiresAt" = now() + interval '5 days' WHERE token = $1`, token)
		first := ada.get("/api/tasks").is(http.StatusOK).header.Values("Set-Cookie")
		if len(first) == 0 || !strings.HasPrefix(first[0], session.CookieName+"="+ada.cookie().Value) {
			t.Errorf("cookies %q", first)
		}
		if again := ada.get("/api/tasks").is(http.StatusOK).header.Values("Set-Cookie"); len(again) != 0 {
			t.Errorf("cookies %q the second time", again)
		}
	})

	t.Run("a server's request leaves the renewal to the browser", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		token, _, _ := strings.Cut(ada.cookie().Value, ".")
		s.auth.Exec(`UPDATE session SET "expiresAt" = "expiresAt" - interval '25 hours' WHERE token = $1`, token)
		fromServer := http.Header{"Sec-Fetch-Site": nil, "X-Session-Renewal": {"none"}}
		if got := ada.do(http.MethodGet, "/api/tasks", nil, fromServer).is(http.StatusOK).header.Values("Set-Cookie"); len(got) != 0 {
			t.Errorf("the server got the cookies %q", got)
		}
		renewed := ada.get("/api/tasks").is(http.StatusOK).header.Values("Set-Cookie")
		if len(renewed) == 0 || !strings.HasPrefix(renewed[0], session.CookieName+"="+ada.cookie().Value) {
			t.Errorf("the browser got the cookies %q", renewed)
		}
	})
}

// TestOutages breaks the servers behind a bff, one after another.
func TestOutages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	known, unknown := s.newBrowser(t), s.newBrowser(t)
	email := known.signUp()
	unknown.signIn(email)
	known.get("/api/tasks").is(http.StatusOK)

	for name, test := range map[string]struct {
		service http.HandlerFunc
		want    taskapi.ErrorCode
	}{
		"an error": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"success": false, "error": "SELECT * FROM secrets", "code": "internal"}`))
		}, taskapi.CodeBadGateway},
		"garbage":             {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("SELECT * FROM secrets")) }, taskapi.CodeBadGateway},
		"unavailable":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, taskapi.CodeUnavailable},
		"a broken connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, taskapi.CodeUnavailable},
	} {
		s.tasksTap.Instead(test.service)
		response := known.get("/api/tasks")
		response.fails(test.want)
		if strings.Contains(string(response.body), "SELECT") {
			t.Errorf("%s: the service's error text was forwarded: %s", name, response.body)
		}
	}
	s.tasksTap.Instead(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	impatient := httptest.NewServer(newHandler(t, handlerConfig{
		public: s.url, secret: s.auth.Secret, auth: s.authTap.URL, tasks: s.tasksTap.URL.String(), callTimeout: 50 * time.Millisecond, log: s.log,
	}))
	t.Cleanup(impatient.Close)
	(&site{url: impatient.URL}).newBrowser(t).
		do(http.MethodGet, "/api/tasks", nil, http.Header{"Cookie": {known.cookie().String()}}).
		fails(taskapi.CodeTimeout)
	s.tasksTap.Instead(nil)

	s.authTap.Instead(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	known.get("/api/tasks").is(http.StatusOK)
	unknown.get("/api/tasks").fails(taskapi.CodeAuthUnavailable)
	s.authTap.Instead(nil)

	direct := httptest.NewServer(newHandler(t, handlerConfig{
		public: s.url, secret: s.auth.Secret, auth: s.auth.URL, tasks: s.tasksTap.URL.String(), log: s.log,
	}))
	t.Cleanup(direct.Close)
	cookie := http.Header{"Cookie": {known.cookie().String()}, "Origin": {s.url}}
	// Its requests to Better Auth do not go through the tap.
	untapped := (&site{url: direct.URL}).newBrowser(t)
	untapped.do(http.MethodGet, "/api/tasks", nil, cookie).is(http.StatusOK)

	s.auth.Stop()
	// A request that never reached Better Auth has ended no session.
	untapped.do(http.MethodPost, "/api/auth/update-user", map[string]any{"name": "Ada King"}, cookie).fails(taskapi.CodeAuthUnavailable)
	untapped.do(http.MethodGet, "/api/tasks", nil, cookie).is(http.StatusOK)
	known.get("/api/tasks").is(http.StatusOK)
	known.get("/api/session").is(http.StatusOK)
	unknown.get("/api/tasks").fails(taskapi.CodeAuthUnavailable)
	unknown.get("/api/session").fails(taskapi.CodeAuthUnavailable)
	unknown.get(getSession).fails(taskapi.CodeAuthUnavailable)
	s.newBrowser(t).post("/api/auth/sign-in/email", map[string]any{"email": email, "password": servertest.Password}).fails(taskapi.CodeAuthUnavailable)

	s.auth.Restart()
	unknown.get("/api/tasks").is(http.StatusOK)
	s.newBrowser(t).signIn(email)
}
