package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// service is a task service on a database and an issuer of its own.
type service struct {
	url    string
	issuer *issuertest.Issuer
	key    issuertest.Key
	log    *logBuffer
	hub    *feed.Hub
	tokens api.Verifier
	// handler is the handler of url, without validation of its responses.
	handler http.Handler
}

func newService(t *testing.T) *service {
	t.Helper()
	return newReplica(t, storetest.NewDatabase(t))
}

// heartbeat is the interval of heartbeats on streams in tests.
const heartbeat = 500 * time.Millisecond

// newReplica returns a service on a database, which several may share. Each configure
// function changes its configuration.
func newReplica(t *testing.T, db storetest.Database, configure ...func(*store.Config, *api.Parts)) *service {
	t.Helper()
	s := &service{issuer: issuertest.New(t), log: &logBuffer{}}
	s.key = s.issuer.AddKey(t, "key", jwt.SigningMethodES256)
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", s.log)
		}
	})
	tokens, err := jwtauth.New(t.Context(), jwtauth.Config{
		JWKSURL: s.issuer.URL, Issuer: issuertest.Name, Audience: issuertest.Audience,
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	config, parts := store.Config{URL: db.URL}, api.Parts{Log: log, Tokens: tokens, Heartbeat: heartbeat}
	for _, f := range configure {
		f(&config, &parts)
	}
	tasks := storetest.Open(t, config)
	s.hub = feed.New(store.NewBus(tasks, db.DirectURL), log)
	parts.Store, parts.Hub = tasks, s.hub
	s.tokens = parts.Tokens
	s.handler = api.NewHandler(parts)
	server := httptest.NewServer(validated(t, s.handler))
	t.Cleanup(func() {
		s.hub.Close() // or the streams would keep the server open
		server.Close()
	})
	s.url = server.URL
	return s
}

// logBuffer stores the log of a server.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// apiResponse is a response with its body read.
type apiResponse struct {
	status int
	header http.Header
	body   []byte
}

// as sends a request as a user; an empty body means none. header has pairs of name and
// value, which replace the defaults.
func (s *service) as(t testing.TB, user, method, path, body string, header ...string) apiResponse {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		req.Header.Set("Authorization", "Bearer "+s.key.Token(t, issuertest.Claims(user), nil))
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return apiResponse{status: res.StatusCode, header: res.Header, body: data}
}

// decode decodes the body as a T, without unknown members.
func decode[T any](t *testing.T, a apiResponse) (v T) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("status %d, body %s: %v", a.status, a.body, err)
	}
	return v
}

// create adds a task for alice.
func (s *service) create(t *testing.T, body string) taskapi.Task {
	t.Helper()
	a := s.as(t, "alice", http.MethodPost, "/api/tasks", body)
	if a.status != http.StatusCreated {
		t.Fatalf("create: %d %s", a.status, a.body)
	}
	return decode[taskapi.TaskResponse](t, a).Data
}

// wantProblem checks all members of an error response except its text.
func wantProblem(t *testing.T, a apiResponse, code taskapi.ErrorCode, fields ...taskapi.FieldError) taskapi.Problem {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q", got)
	}
	got := decode[taskapi.Problem](t, a)
	want := taskapi.Problem{
		Code: code, Status: code.Status(), Title: http.StatusText(code.Status()),
		Errors: fields, RequestID: a.header.Get("X-Request-Id"), Error: got.Error,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(taskapi.FieldError{}, "Message")); diff != "" {
		t.Errorf("problem (-want +got):\n%s\n%s", diff, a.body)
	}
	if a.status != code.Status() || got.Error == "" || got.RequestID == "" {
		t.Errorf("status %d, body %s", a.status, a.body)
	}
	return got
}

func TestTask_EachResponseHasItsNewState(t *testing.T) {
	t.Parallel()
	s := newService(t)

	created := s.as(t, "alice", http.MethodPost, "/api/tasks",
		`{"title":"  Water the plants ","tags":["home"],"dueAt":"2026-11-30T18:00:00+01:00"}`)
	task := decode[taskapi.TaskResponse](t, created).Data
	path := "/api/tasks/" + task.ID
	want := taskapi.Task{
		ID: task.ID, Title: "Water the plants", Priority: taskapi.None, RecurrenceFrom: taskapi.FromDue, Tags: []string{"home"}, Position: task.Position, Version: 1,
		DueAt:     new(time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)),
		CreatedAt: task.CreatedAt, UpdatedAt: task.CreatedAt,
	}
	if diff := cmp.Diff(want, task); diff != "" || created.status != http.StatusCreated {
		t.Errorf("create: %d (-want +got):\n%s", created.status, diff)
	}
	if created.header.Get("Location") != path || created.header.Get("ETag") != `"1"` {
		t.Errorf("create: Location %q, ETag %q", created.header.Get("Location"), created.header.Get("ETag"))
	}

	steps := []struct {
		name, method, body, mediaType string
		want                          func(*taskapi.Task)
	}{
		{"get", http.MethodGet, "", "", func(*taskapi.Task) {}},
		{"update", http.MethodPatch, `{"completed":true}`, "application/json", func(t *taskapi.Task) { t.Completed, t.Version = true, 2 }},
		{"merge patch", http.MethodPatch, `{"dueAt":null}`, "application/merge-patch+json", func(t *taskapi.Task) { t.DueAt, t.Version = nil, 3 }},
		{"replace", http.MethodPut, `{"title":"Rest"}`, "application/json", func(t *taskapi.Task) {
			t.Title, t.Tags, t.Completed, t.Version = "Rest", []string{}, false, 4
		}},
	}
	for _, step := range steps {
		header := []string{}
		if step.mediaType != "" {
			header = []string{"Content-Type", step.mediaType}
		}
		a := s.as(t, "alice", step.method, path, step.body, header...)
		got := decode[taskapi.TaskResponse](t, a)
		step.want(&want)
		want.UpdatedAt, want.CompletedAt = got.Data.UpdatedAt, got.Data.CompletedAt
		if diff := cmp.Diff(taskapi.TaskResponse{Success: true, Data: want}, got); diff != "" || a.status != http.StatusOK {
			t.Errorf("%s: %d (-want +got):\n%s", step.name, a.status, diff)
		}
		if (got.Data.CompletedAt != nil) != want.Completed {
			t.Errorf("%s: completed at %v", step.name, got.Data.CompletedAt)
		}
	}

	list := decode[taskapi.TaskListResponse](t, s.as(t, "alice", http.MethodGet, "/api/tasks", ""))
	if diff := cmp.Diff(taskapi.TaskListResponse{
		Success: true, Data: []taskapi.Task{want}, Meta: taskapi.ListMeta{Changes: 4},
	}, list); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}

	deleted := decode[taskapi.TaskResponse](t, s.as(t, "alice", http.MethodDelete, path, "")).Data
	if deleted.DeletedAt == nil {
		t.Error("delete: deletedAt is null")
	}
	empty := s.as(t, "alice", http.MethodGet, "/api/tasks", "")
	if want := `{"success":true,"data":[],"meta":{"nextCursor":null,"changes":5}}`; strings.TrimSpace(string(empty.body)) != want {
		t.Errorf("list after delete: %s, want %s", empty.body, want)
	}
}

func TestListTasks_PagesFollowTheCursor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, title := range []string{"one", "two", "three"} {
		s.create(t, `{"title":"`+title+`"}`)
	}
	var titles []string
	path := "/api/tasks?limit=2&completed=false"
	for path != "" {
		page := decode[taskapi.TaskListResponse](t, s.as(t, "alice", http.MethodGet, path, ""))
		for _, task := range page.Data {
			titles = append(titles, task.Title)
		}
		path = ""
		if page.Meta.NextCursor != nil {
			path = "/api/tasks?limit=2&completed=false&cursor=" + *page.Meta.NextCursor
		}
	}
	if diff := cmp.Diff([]string{"three", "two", "one"}, titles); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
	wantProblem(t, s.as(t, "alice", http.MethodGet, "/api/tasks?cursor=AAAA", ""), taskapi.CodeInvalidCursor)
}

func TestBadRequests_ReportTheirFields(t *testing.T) {
	t.Parallel()
	s := newService(t)
	path := "/api/tasks/" + s.create(t, `{"title":"Water"}`).ID
	field := func(name string, code taskapi.FieldErrorCode) taskapi.FieldError {
		return taskapi.FieldError{Field: name, Code: code}
	}
	long := strings.Repeat("ä", 501)
	for _, tc := range []struct {
		name, method, path, body string
		want                     []taskapi.FieldError
	}{
		{"no title", "POST", "/api/tasks", `{}`, []taskapi.FieldError{field("title", taskapi.FieldRequired)}},
		{"no body", "POST", "/api/tasks", ``, []taskapi.FieldError{field("body", taskapi.FieldRequired)}},
		{"not JSON", "POST", "/api/tasks", `{"title":`, []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"two values", "POST", "/api/tasks", `{"title":"a"} {}`, []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"an array", "POST", "/api/tasks", `[]`, []taskapi.FieldError{field("body", taskapi.FieldType)}},
		{"invalid UTF-8", "POST", "/api/tasks", "{\"title\":\"\xff\"}", []taskapi.FieldError{field("body", taskapi.FieldFormat)}},
		{"NUL", "POST", "/api/tasks", `{"title":"a\u0000"}`, []taskapi.FieldError{field("title", taskapi.FieldFormat)}},
		{"a name twice", "POST", "/api/tasks", `{"title":"a","title":"b"}`, []taskapi.FieldError{field("title", taskapi.FieldDuplicate)}},
		{"an unknown field", "POST", "/api/tasks", `{"title":"a","color":"red"}`, []taskapi.FieldError{field("color", taskapi.FieldUnknown)}},
		{"a field in another case", "POST", "/api/tasks", `{"title":"a","Tags":[]}`, []taskapi.FieldError{field("Tags", taskapi.FieldUnknown)}},
		{"a user's id", "POST", "/api/tasks", `{"title":"a","userId":"bob"}`, []taskapi.FieldError{field("userId", taskapi.FieldUnknown)}},
		{"a number for a title", "POST", "/api/tasks", `{"title":1}`, []taskapi.FieldError{field("title", taskapi.FieldType)}},
		{"null for a title", "POST", "/api/tasks", `{"title":null}`, []taskapi.FieldError{field("title", taskapi.FieldType)}},
		{"null for a description", "POST", "/api/tasks", `{"title":"a","description":null}`, []taskapi.FieldError{field("description", taskapi.FieldNull)}},
		{"null among tags", "POST", "/api/tasks", `{"title":"a","tags":[null]}`, []taskapi.FieldError{field("tags[0]", taskapi.FieldType)}},
		{"a blank title", "POST", "/api/tasks", `{"title":"  "}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"a long title", "POST", "/api/tasks", `{"title":"` + long + `"}`, []taskapi.FieldError{field("title", taskapi.FieldTooLong)}},
		{"an unknown priority", "POST", "/api/tasks", `{"title":"a","priority":"top"}`, []taskapi.FieldError{field("priority", taskapi.FieldNotAllowed)}},
		{"a date without time", "POST", "/api/tasks", `{"title":"a","dueAt":"2026-11-30"}`, []taskapi.FieldError{field("dueAt", taskapi.FieldFormat)}},
		{"a zone of 24 hours", "POST", "/api/tasks", `{"title":"a","dueAt":"2026-11-30T17:00:00+24:00"}`, []taskapi.FieldError{field("dueAt", taskapi.FieldFormat)}},
		{"a zone of 23 hours and 60 minutes in a patch", "PATCH", path, `{"dueAt":"2026-11-30T17:00:00-23:60"}`, []taskapi.FieldError{field("dueAt", taskapi.FieldFormat)}},
		{"a zone of 24 hours in a batch", "POST", "/api/batch", `{"operations":[{"op":"create","kind":"task","data":{"title":"a","dueAt":"2026-11-30T17:00:00+24:00"}}]}`, []taskapi.FieldError{field("operations[0].data.dueAt", taskapi.FieldFormat)}},
		{"21 tags", "POST", "/api/tasks", `{"title":"a","tags":["` + strings.Join(strings.Split("abcdefghijklmnopqrstu", ""), `","`) + `"]}`, []taskapi.FieldError{field("tags", taskapi.FieldTooMany)}},
		{"an empty tag", "POST", "/api/tasks", `{"title":"a","tags":[""]}`, []taskapi.FieldError{field("tags[0]", taskapi.FieldTooShort)}},
		{"two errors", "POST", "/api/tasks", `{"title":"","color":1}`, []taskapi.FieldError{field("color", taskapi.FieldUnknown), field("title", taskapi.FieldTooShort)}},
		{"an empty patch", "PATCH", path, `{}`, []taskapi.FieldError{field("body", taskapi.FieldTooFew)}},
		{"null for a title in a patch", "PATCH", path, `{"title":null}`, []taskapi.FieldError{field("title", taskapi.FieldNull)}},
		{"a blank title in a patch", "PATCH", path, `{"title":" "}`, []taskapi.FieldError{field("title", taskapi.FieldTooShort)}},
		{"a replacement without title", "PUT", path, `{"completed":true}`, []taskapi.FieldError{field("title", taskapi.FieldRequired)}},
		{"an invalid id", "GET", "/api/tasks/7", ``, []taskapi.FieldError{field("id", taskapi.FieldFormat)}},
		{"a limit of 0", "GET", "/api/tasks?limit=0", ``, []taskapi.FieldError{field("limit", taskapi.FieldOutOfRange)}},
		{"a limit of 201", "GET", "/api/tasks?limit=201", ``, []taskapi.FieldError{field("limit", taskapi.FieldOutOfRange)}},
		{"a limit in words", "GET", "/api/tasks?limit=ten", ``, []taskapi.FieldError{field("limit", taskapi.FieldType)}},
		{"completed in words", "GET", "/api/tasks?completed=maybe", ``, []taskapi.FieldError{field("completed", taskapi.FieldType)}},
		{"an unknown parameter", "GET", "/api/tasks?color=red", ``, []taskapi.FieldError{field("color", taskapi.FieldUnknown)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := s.as(t, "alice", tc.method, tc.path, tc.body, "Content-Type", "application/json")
			problem := wantProblem(t, a, taskapi.CodeInvalid, tc.want...)
			for _, f := range problem.Errors {
				if f.Message == "" || strings.Contains(f.Message, "|") || strings.Contains(string(a.body), "taskapi.") {
					t.Errorf("a message contains internals: %s", a.body)
				}
			}
		})
	}
}

func TestErrorResponses_HaveTheirCode(t *testing.T) {
	t.Parallel()
	s := newService(t)
	path := "/api/tasks/" + s.create(t, `{"title":"Water"}`).ID
	missing := "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"
	expired := issuertest.Claims("alice")
	expired["exp"] = time.Now().Add(-time.Hour).Unix()

	challenges := map[string]string{
		"no token":                   `Bearer`,
		"another scheme":             `Bearer`,
		"a bad body without a token": `Bearer`,
		"a forged token":             `Bearer error="invalid_token"`,
		"an expired token":           `Bearer error="invalid_token", error_description="The token has expired."`,
	}
	for _, tc := range []struct {
		name, user, method, path, body string
		header                         []string
		want                           taskapi.ErrorCode
	}{
		{name: "no token", method: "GET", path: "/api/tasks", want: taskapi.CodeUnauthenticated},
		{name: "another scheme", method: "GET", path: "/api/tasks", header: []string{"Authorization", "Basic YTpi"}, want: taskapi.CodeUnauthenticated},
		{name: "a forged token", method: "GET", path: "/api/tasks", header: []string{"Authorization", "Bearer a.b.c"}, want: taskapi.CodeUnauthenticated},
		{name: "an expired token", method: "GET", path: "/api/tasks", header: []string{"Authorization", "Bearer " + s.key.Token(t, expired, nil)}, want: taskapi.CodeTokenExpired},
		{name: "a bad body without a token", method: "POST", path: "/api/tasks", body: `{`, want: taskapi.CodeUnauthenticated},
		{name: "a task that does not exist", user: "alice", method: "GET", path: missing, want: taskapi.CodeTaskNotFound},
		{name: "another user's task, read", user: "bob", method: "GET", path: path, want: taskapi.CodeTaskNotFound},
		{name: "another user's task, replaced", user: "bob", method: "PUT", path: path, body: `{"title":"Mine"}`, want: taskapi.CodeTaskNotFound},
		{name: "another user's task, changed", user: "bob", method: "PATCH", path: path, body: `{"title":"Mine"}`, want: taskapi.CodeTaskNotFound},
		{name: "another user's task, deleted", user: "bob", method: "DELETE", path: path, want: taskapi.CodeTaskNotFound},
		{name: "an unknown path", user: "alice", method: "GET", path: "/api/nothing", want: taskapi.CodeNotFound},
		{name: "an unknown method", user: "alice", method: "DELETE", path: "/api/tasks", want: taskapi.CodeMethodNotAllowed},
		{name: "an unknown method of the counts", user: "alice", method: "POST", path: "/api/tasks/stats", want: taskapi.CodeMethodNotAllowed},
		{name: "a form", user: "alice", method: "POST", path: "/api/tasks", body: "title=a", header: []string{"Content-Type", "application/x-www-form-urlencoded"}, want: taskapi.CodeUnsupportedMediaType},
		{name: "creating with a merge patch", user: "alice", method: "POST", path: "/api/tasks", body: `{"title":"a"}`, header: []string{"Content-Type", "application/merge-patch+json"}, want: taskapi.CodeUnsupportedMediaType},
		{name: "a huge body", user: "alice", method: "POST", path: "/api/tasks", body: `{"title":"` + strings.Repeat("a", 300<<10) + `"}`, want: taskapi.CodeBodyTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := s.as(t, tc.user, tc.method, tc.path, tc.body, tc.header...)
			wantProblem(t, a, tc.want)
			if want := challenges[tc.name]; a.header.Get("WWW-Authenticate") != want {
				t.Errorf("WWW-Authenticate %q, want %q", a.header.Get("WWW-Authenticate"), want)
			}
			if a.status == http.StatusMethodNotAllowed {
				want := []string{"GET", "HEAD", "POST"}
				if tc.path == "/api/tasks/stats" {
					want = want[:2]
				}
				if diff := cmp.Diff(want, a.header.Values("Allow")); diff != "" {
					t.Errorf("Allow (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestProbesAreNotLogged sends the probe that load balancers send every few seconds.
func TestProbesAreNotLogged(t *testing.T) {
	t.Parallel()
	s := newService(t)
	response, err := http.Head(s.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent || s.log.String() != "" {
		t.Errorf("HEAD /: got %s and the log %q, want no log", response.Status, s.log.String())
	}
}

// TestInvalidIDsAreNotLogged sends an email address in place of an id.
func TestInvalidIDsAreNotLogged(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, path := range []string{"/api/tasks/anna@example.com", "/api/lists/anna@example.com"} {
		response := s.as(t, "alice", http.MethodDelete, path, "")
		wantProblem(t, response, taskapi.CodeInvalid, taskapi.FieldError{Field: "id", Code: taskapi.FieldFormat})
	}
	if line := s.log.String(); strings.Contains(line, "anna") || !strings.Contains(line, `"path":"/api/tasks/{id}"`) {
		t.Errorf("the log says %s", line)
	}
}

func TestRequestID_IsInTheResponseAndTheLog(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, tc := range map[string]struct {
		sent string
		kept bool
	}{
		"the caller's id is used":       {"order-66.A_b", true},
		"an id with spaces is replaced": {"a b", false},
		"a long id is replaced":         {strings.Repeat("a", 129), false},
	} {
		a := s.as(t, "alice", http.MethodGet, "/api/tasks", "", "X-Request-Id", tc.sent)
		got := a.header.Get("X-Request-Id")
		if (got == tc.sent) != tc.kept || got == "" {
			t.Errorf("%s: sent %q, got %q", name, tc.sent, got)
		}
		if !strings.Contains(s.log.String(), `"requestId":"`+got+`"`) {
			t.Errorf("%s: %q is not in the log", name, got)
		}
	}
	if strings.Contains(s.log.String(), "alice") {
		t.Error("the log has the user's id")
	}
}

func TestQuota_RejectsCreatesUntilSomethingIsErased(t *testing.T) {
	t.Parallel()
	s := newReplica(t, storetest.NewDatabase(t), func(config *store.Config, _ *api.Parts) { config.MaxResources = 1 })
	task := s.create(t, `{"title":"first"}`)
	wantProblem(t, s.as(t, "alice", http.MethodPost, "/api/tasks", `{"title":"second"}`), taskapi.CodeQuotaExceeded)
	wantProblem(t, s.as(t, "alice", http.MethodPost, "/api/batch", `{"operations":[{"op":"create","kind":"task","data":{"title":"second"}}]}`), taskapi.CodeQuotaExceeded)
	if a := s.as(t, "alice", http.MethodDelete, "/api/tasks/"+task.ID+"?permanent=true", ""); a.status != http.StatusOK {
		t.Errorf("erasing: %d %s", a.status, a.body)
	}
	s.create(t, `{"title":"second"}`)
}
