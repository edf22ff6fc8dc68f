package sdktest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Target is a task service under test.
type Target struct {
	// URL is the service's address, without a trailing slash.
	URL string
	// Token returns a bearer token with a lifetime for a user, who may be new. With a
	// negative lifetime, the token has expired.
	Token func(t testing.TB, user string, life time.Duration) string
	// Leeway is how long after its expiry the service still accepts a token.
	Leeway time.Duration
	// Heartbeat is the interval of a stream's heartbeats, by default 15 seconds.
	// A shorter one makes the suite faster.
	Heartbeat time.Duration
}

// contractCase checks one claim of the contract. Its name is the claim.
type contractCase struct {
	name string
	run  func(*subject)
}

// Conformance checks that a service keeps the contract, as far as clients can see it. Each
// case is a parallel subtest with its own users. It calls the service through the SDK,
// and directly if the SDK would not send such a request.
func Conformance(t *testing.T, target Target) {
	if target.Heartbeat == 0 {
		target.Heartbeat = heartbeat
	}
	for _, group := range []struct {
		name  string
		cases []contractCase
	}{
		{"kind", kindCases},
		{"task", taskCases},
		{"lists", listsCases},
		{"tasks in lists", inListCases},
		{"sub-tasks", subTaskCases},
		{"settings", settingsCases},
		{"due", dueCases},
		{"recurrence", slices.Concat(recurrenceCases, successorCases)},
		{"write", writeCases},
		{"version", versionCases},
		{"idempotency", idempotencyCases},
		{"list", listCases},
		{"move", moveCases},
		{"batch", batchCases},
		{"search", searchCases},
		{"stats", statsCases},
		{"agenda", agendaCases},
		{"size", sizeCases},
		{"changes", changeCases},
		{"stream", streamCases},
		{"invalid", invalidCases},
		{"errors", errorCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(newSubject(t, target))
				})
			}
		})
	}
}

// subject is a service and a new user.
type subject struct {
	*testing.T
	target Target
	user   string
	token  string
	client *sdk.Client
}

func newSubject(t *testing.T, target Target) *subject {
	t.Helper()
	user := "conformance-" + rand.Text()
	s := &subject{T: t, target: target, user: user, token: target.Token(t, user, time.Hour)}
	s.client = s.newClient(sdk.StaticToken(s.token))
	return s
}

func (s *subject) newClient(source sdk.TokenSource) *sdk.Client {
	s.Helper()
	client, err := sdk.New(s.target.URL, sdk.WithTokenSource(source))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(client.Close)
	return client
}

// another returns the same service with another new user.
func (s *subject) another() *subject {
	s.Helper()
	return newSubject(s.T, s.target)
}

// part runs a part of a case as a subtest with the same user.
func (s *subject) part(name string, run func(*subject)) {
	s.Run(name, func(t *testing.T) {
		part := *s
		part.T = t
		run(&part)
	})
}

// response is a response whose body has been read.
type response struct {
	status int
	header http.Header
	body   []byte
}

// raw sends a request of the user; an empty body means none. header has pairs of name
// and value, which override the defaults; an empty value removes a header.
func (s *subject) raw(method, path, body string, header ...string) response {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.target.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", typeJSON)
	for i := 0; i < len(header); i += 2 {
		// A repeated name adds another line.
		if !slices.Contains(header[:i], header[i]) {
			req.Header.Del(header[i])
		}
		if header[i+1] != "" {
			req.Header.Add(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return response{status: resp.StatusCode, header: resp.Header, body: data}
}

// decode decodes a body as a T, without unknown members.
func decode[T any](s *subject, resp response) T {
	s.Helper()
	var v T
	dec := json.NewDecoder(bytes.NewReader(resp.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		s.Fatalf("cannot decode the response with status %d and the body %s: %v", resp.status, resp.body, err)
	}
	return v
}

// task checks the status of a response and returns its task.
func (s *subject) task(resp response, status int) taskapi.Task {
	s.Helper()
	if resp.status != status || resp.header.Get("Content-Type") != typeJSON {
		s.Fatalf("got status %d, %s, want %d, %s: %s", resp.status, resp.header.Get("Content-Type"), status, typeJSON, resp.body)
	}
	response := decode[taskapi.TaskResponse](s, resp)
	if !response.Success || resp.header.Get("ETag") != entityTag(response.Data.Version) {
		s.Errorf("success is %v and the ETag of version %d is %s", response.Success, response.Data.Version, resp.header.Get("ETag"))
	}
	return response.Data
}

// problem checks all members of an error response except its texts.
func (s *subject) problem(resp response, code taskapi.ErrorCode, fields ...taskapi.FieldError) taskapi.Problem {
	s.Helper()
	if got := resp.header.Get("Content-Type"); resp.status != code.Status() || got != typeProblem {
		s.Fatalf("got status %d, %s, want %d, %s: %s", resp.status, got, code.Status(), typeProblem, resp.body)
	}
	got := decode[taskapi.Problem](s, resp)
	want := taskapi.Problem{
		Error: got.Error, Code: code, Status: code.Status(), Title: http.StatusText(code.Status()),
		Errors: fields, RequestID: resp.header.Get("X-Request-Id"), Current: got.Current,
	}
	withoutMessages := got
	withoutMessages.Errors = nil
	for _, field := range got.Errors {
		if field.Message == "" {
			s.Errorf("a field error has no message: %s", resp.body)
		}
		field.Message = ""
		withoutMessages.Errors = append(withoutMessages.Errors, field)
	}
	s.same("problem", withoutMessages, want)
	if got.Error == "" || got.RequestID == "" {
		s.Errorf("error or requestId is empty: %s", resp.body)
	}
	return got
}

// same compares whole values.
func (s *subject) same(what string, got, want any) {
	s.Helper()
	if !reflect.DeepEqual(got, want) {
		s.Errorf("%s: got\n%s\nwant\n%s", what, inJSON(got), inJSON(want))
	}
}

func inJSON(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// fails ends the case unless a call failed with this error, and returns the resource that
// caused a version conflict.
func (s *subject) fails(err, want error) (current taskapi.Resource) {
	s.Helper()
	return s.failure(err, want).Current
}

func (s *subject) failure(err, want error) *sdk.Error {
	s.Helper()
	var failure *sdk.Error
	if !errors.Is(err, want) || !errors.As(err, &failure) {
		s.Fatalf("got the error %v, want %v", err, want)
	}
	return failure
}

// failsAt does the same as fails, and checks that the error names only this field.
func (s *subject) failsAt(err, want error, field taskapi.FieldError) (current taskapi.Resource) {
	s.Helper()
	failure := s.failure(err, want)
	if len(failure.Fields) != 1 || failure.Fields[0].Field != field.Field || failure.Fields[0].Code != field.Code {
		s.Errorf("%v names the fields %+v, want %+v", failure, failure.Fields, field)
	}
	return failure.Current
}

// ok ends the case if err is not nil.
func (s *subject) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// errorOf returns the error of a call.
func errorOf(_ any, err error) error { return err }

// must ends the case if a call failed. Its result does not matter.
func (s *subject) must(_ any, err error) {
	s.Helper()
	s.ok(err)
}

// tasks decodes resources, all of which must be tasks.
func (s *subject) tasks(resources []taskapi.Resource) []taskapi.Task {
	s.Helper()
	var tasks []taskapi.Task
	for _, resource := range resources {
		task, err := resource.Task()
		s.ok(err)
		tasks = append(tasks, task)
	}
	return tasks
}

// changedTo returns the change with a task's current state, erased that of an erased task.
func changedTo(seq int64, task taskapi.Task) taskapi.Change {
	return taskapi.Change{Seq: seq, Kind: taskapi.KindTask, ID: task.ID, Data: encode(task)}
}

func erased(seq int64, id string) taskapi.Change {
	return taskapi.Change{Seq: seq, Kind: taskapi.KindTask, ID: id, Data: json.RawMessage("null")}
}

// sameChanges compares changes; their data as JSON values.
func (s *subject) sameChanges(got, want []taskapi.Change) {
	s.Helper()
	if !sameJSON(encode(got), encode(want)) {
		s.Errorf("changes: got\n%s\nwant\n%s", encode(got), encode(want))
	}
}

// create adds a task.
func (s *subject) create(request taskapi.CreateTaskRequest) taskapi.Task {
	s.Helper()
	task, err := s.client.CreateTask(s.Context(), request)
	s.ok(err)
	return task
}

// createTasks adds tasks with these titles.
func (s *subject) createTasks(titles ...string) []taskapi.Task {
	s.Helper()
	var tasks []taskapi.Task
	for _, title := range titles {
		tasks = append(tasks, s.create(taskapi.CreateTaskRequest{Title: title}))
	}
	return tasks
}

// get reads a task.
func (s *subject) get(id string) taskapi.Task {
	s.Helper()
	task, err := s.client.GetTask(s.Context(), id)
	s.ok(err)
	return task
}

// titles returns the titles of a list in order, from all pages.
func (s *subject) titles(options taskapi.ListTasksOptions) []string {
	s.Helper()
	titles := []string{}
	for task, err := range s.client.Tasks(s.Context(), options) {
		s.ok(err)
		titles = append(titles, task.Title)
	}
	return titles
}

// wantTitles checks the titles of the tasks that a list has, in order.
func (s *subject) wantTitles(options taskapi.ListTasksOptions, want ...string) {
	s.Helper()
	if got := s.titles(options); !slices.Equal(got, want) {
		s.Errorf("%s lists %q, want %q", inJSON(options), got, want)
	}
}

// seq returns the user's change number.
func (s *subject) seq() int64 {
	s.Helper()
	page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Limit: 1})
	s.ok(err)
	return page.Meta.Changes
}

// full returns a request with every field that a client can set.
func full() taskapi.CreateTaskRequest {
	return taskapi.CreateTaskRequest{
		Title:       "Water the plants",
		Description: "The ones on the balcony too.",
		Completed:   true,
		Priority:    taskapi.Urgent,
		DueAt:       new(time.Date(2026, 11, 30, 17, 0, 0, 123456000, time.UTC)),
		Tags:        []string{"home", "garden"},
	}
}

// contentOf returns the fields of a task that a client can set.
func contentOf(task taskapi.Task) taskapi.CreateTaskRequest {
	return taskapi.CreateTaskRequest{
		Title: task.Title, Description: task.Description, Completed: task.Completed,
		Priority: task.Priority, DueAt: task.DueAt, Tags: task.Tags,
	}
}
