package api_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

// calls is a transport that records the operations and parameters of requests, and
// fails the test if a request does not match the document.
type calls struct {
	t        *testing.T
	document routers.Router

	mu   sync.Mutex
	seen map[string]bool // "listTasks", "listTasks query sort", "updateTask header If-Match"
}

func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, checked := r.Clone(r.Context()), r.Clone(r.Context())
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent.Body, checked.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))
	}
	c.check(checked)
	return http.DefaultTransport.RoundTrip(sent)
}

// check compares a request, in the form that a server receives, with the document.
func (c *calls) check(r *http.Request) {
	r.URL.Scheme, r.URL.Host = "", ""
	for name, values := range r.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	route, path, err := c.document.FindRoute(r)
	if err != nil {
		c.t.Errorf("%s %s is not an operation: %v", r.Method, r.URL, err)
		return
	}
	c.note(route.Operation, r)
	err = openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
	if err != nil {
		c.t.Errorf("%s: the request is not as documented: %v", route.Operation.OperationID, err)
	}
}

// note records an operation and its parameters in the request.
func (c *calls) note(operation *openapi3.Operation, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[operation.OperationID] = true
	for name := range r.URL.Query() {
		c.seen[operation.OperationID+" query "+name] = true
	}
	for name := range r.Header {
		c.seen[operation.OperationID+" header "+http.CanonicalHeaderKey(name)] = true
	}
}

// TestEveryOperationIsCalledThroughTheSDK calls every operation of the document
// through the SDK, with every parameter, on the real service, which also validates
// its responses.
func TestEveryOperationIsCalledThroughTheSDK(t *testing.T) {
	t.Parallel()
	s := newService(t)
	document, err := legacy.NewRouter(committed(t))
	if err != nil {
		t.Fatal(err)
	}
	transport := &calls{t: t, document: document, seen: map[string]bool{}}
	client, err := sdk.New(s.url,
		sdk.WithHTTPClient(&http.Client{Transport: transport}),
		sdk.WithTokenSource(sdk.StaticToken(s.key.Token(t, issuertest.Claims("alice"), nil))))
	if err != nil {
		t.Fatal(err)
	}
	callEverything(t, client)

	want := map[string]bool{}
	for _, item := range committed(t).Paths.Map() {
		for _, operation := range item.Operations() {
			want[operation.OperationID] = true
			for _, parameter := range operation.Parameters {
				// The SDK sends the parameter after instead of Last-Event-ID.
				if parameter.Value.In != "path" && parameter.Value.Name != "Last-Event-ID" {
					want[operation.OperationID+" "+parameter.Value.In+" "+parameter.Value.Name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !transport.seen[name] {
			t.Errorf("callEverything, in this file, does not send %s, which the document has", name)
		}
	}
}

// TestInMemoryServiceHasEveryOperation calls every operation on sdktest's server.
func TestInMemoryServiceHasEveryOperation(t *testing.T) {
	t.Parallel()
	callEverything(t, sdktest.NewServer(t).Client(t, "alice"))
}

// callEverything calls every operation with every option.
func callEverything(t *testing.T, client *sdk.Client) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	due := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	request := taskapi.CreateTaskRequest{
		Title: "Water the plants", Description: "All of them.", Completed: true, Priority: taskapi.High, DueAt: &due, Tags: []string{"home"},
	}
	task, err := client.CreateTask(ctx, request)
	must(err)
	if diff := cmp.Diff(request, taskapi.CreateTaskRequest{
		Title: task.Title, Description: task.Description, Completed: task.Completed, Priority: task.Priority, DueAt: task.DueAt, Tags: task.Tags,
	}); diff != "" {
		t.Errorf("the task (-request +response):\n%s", diff)
	}
	second, err := client.CreateTask(ctx, request)
	must(err)

	options := taskapi.ListTasksOptions{
		Completed: new(true), Priorities: []taskapi.Priority{taskapi.High, taskapi.Low}, Tags: []string{"home"},
		DueBefore: new(due.Add(time.Hour)), DueAfter: new(due.Add(-time.Hour)), Query: "plants", ListID: taskapi.Inbox, ParentID: taskapi.NoParent, Sort: taskapi.DueSoonest, Limit: 1,
	}
	page, err := client.ListTasks(ctx, options)
	must(err)
	if page.Meta.NextCursor == nil {
		t.Fatal("there is no second page")
	}
	options.Cursor = *page.Meta.NextCursor
	rest, err := client.ListTasks(ctx, options)
	must(err)
	if len(page.Tasks) != 1 || len(rest.Tasks) != 1 || page.Tasks[0].ID == rest.Tasks[0].ID {
		t.Errorf("two pages of one task each: %v, %v", page.Tasks, rest.Tasks)
	}

	task, err = client.GetTask(ctx, task.ID, sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)
	task, err = client.UpdateTask(ctx, task.ID, taskapi.UpdateTaskRequest{
		Title: taskapi.Some("Water"), Description: taskapi.Some(""), Completed: taskapi.Some(false),
		Priority: taskapi.Some(taskapi.Urgent), DueAt: taskapi.Null[time.Time](), Tags: taskapi.Some([]string{"garden"}),
	}, sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)
	task, err = client.ReplaceTask(ctx, task.ID, taskapi.ReplaceTaskRequest(request), sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)
	task, err = client.MoveTask(ctx, task.ID, taskapi.MoveTaskRequest{After: taskapi.Some(&second.ID)}, sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)
	if task.Position <= second.Position {
		t.Errorf("the moved task has the position %s, want one after %s", task.Position, second.Position)
	}
	task, err = client.DeleteTask(ctx, task.ID, sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)
	trash, err := client.ListTasks(ctx, taskapi.ListTasksOptions{Deleted: true})
	must(err)
	if len(trash.Tasks) != 1 || trash.Tasks[0].ID != task.ID {
		t.Errorf("in the trash: %v", trash.Tasks)
	}
	task, err = client.RestoreTask(ctx, task.ID, sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)
	_, err = client.EraseTask(ctx, task.ID, sdk.IfMatch(task.Version), sdk.IfNoneMatch(task.Version+1))
	must(err)

	tasks, err := client.Batch(ctx, []taskapi.BatchOperation{
		taskapi.TaskOperations.Create(request),
		taskapi.TaskOperations.Move(second.ID, 0, taskapi.MoveTaskRequest{Before: taskapi.Null[string]()}),
		taskapi.TaskOperations.Update(second.ID, second.Version+1, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}),
		taskapi.TaskOperations.Delete(second.ID, second.Version+2),
	})
	must(err)
	stats, err := client.TaskStats(ctx, "Europe/Berlin")
	must(err)
	if len(tasks) != 4 || stats.Completed != 1 || stats.Deleted != 1 || len(stats.ByPriority) != len(taskapi.Priorities()) {
		t.Errorf("after the batch: %v, %+v", tasks, stats)
	}

	rent, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Pay rent", DueOn: new("2027-01-31"), Recurrence: new("FREQ=MONTHLY;COUNT=3")})
	must(err)
	next, err := client.TaskOccurrences(ctx, rent.ID, 9)
	must(err)
	if len(next) != 2 || *next[1].DueOn != "2027-05-31" {
		t.Errorf("the next due dates are %+v, want two, the second on 2027-05-31", next)
	}

	callLists(t, client)
	callSettings(t, client)

	agenda, err := client.Agenda(ctx, taskapi.AgendaOptions{TimeZone: "Europe/Berlin", Days: 3})
	must(err)
	if len(agenda.Days) != 3 {
		t.Errorf("the agenda has %d days, want 3", len(agenda.Days))
	}

	changes, err := client.ListChanges(ctx, taskapi.ListChangesOptions{After: 1, Limit: 1})
	must(err)
	_, err = client.ListChanges(ctx, taskapi.ListChangesOptions{Cursor: changes.Meta.NextCursor})
	must(err)
	for change, err := range client.Watch(ctx, 1) {
		must(err)
		if diff := cmp.Diff(changes.Changes[0], change); diff != "" {
			t.Errorf("the first change (-listed +watched):\n%s", diff)
		}
		break
	}
	others, err := client.ListChanges(ctx, taskapi.ListChangesOptions{Cursor: changes.Meta.NextCursor})
	if err != nil || others.Meta.HasMore {
		t.Errorf("the changes after it: %+v, %v", others, err)
	}
}

// callSettings calls the operations on the settings.
func callSettings(t *testing.T, client *sdk.Client) {
	t.Helper()
	settings, err := client.Settings(t.Context(), sdk.IfMatch(1), sdk.IfNoneMatch(2))
	if err != nil {
		t.Fatal(err)
	}
	want := taskapi.Settings{ID: settings.ID, TimeZone: "Asia/Tokyo", WeekStart: taskapi.Sunday, Version: 2}
	settings, err = client.UpdateSettings(t.Context(), taskapi.UpdateSettingsRequest{
		TimeZone: taskapi.Some(want.TimeZone), WeekStart: taskapi.Some(want.WeekStart),
	}, sdk.IfMatch(1), sdk.IfNoneMatch(2))
	if err != nil || settings != want {
		t.Errorf("the settings are %+v, %v; want %+v", settings, err, want)
	}
}

// callLists calls the operations on lists.
func callLists(t *testing.T, client *sdk.Client) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	request := taskapi.CreateListRequest{Name: "Garden", Color: new(taskapi.Green), Archived: true}
	list, err := client.CreateList(ctx, request)
	must(err)
	if diff := cmp.Diff(request, taskapi.CreateListRequest{Name: list.Name, Color: list.Color, Archived: list.Archived}); diff != "" {
		t.Errorf("the list (-request +response):\n%s", diff)
	}
	_, err = client.CreateList(ctx, request)
	must(err)
	options := taskapi.ListListsOptions{Archived: new(true), Limit: 1}
	page, err := client.ListLists(ctx, options)
	must(err)
	options.Cursor = *page.Meta.NextCursor
	rest, err := client.ListLists(ctx, options)
	must(err)
	if len(page.Lists) != 1 || page.Lists[0].ID != list.ID || len(rest.Lists) != 1 || rest.Meta.NextCursor != nil {
		t.Errorf("two pages of one list each: %v, %v", page.Lists, rest.Lists)
	}
	list, err = client.GetList(ctx, list.ID, sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
	list, err = client.UpdateList(ctx, list.ID, taskapi.UpdateListRequest{
		Name: taskapi.Some("Balcony"), Color: taskapi.Null[taskapi.Color](), Archived: taskapi.Some(false),
	}, sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
	list, err = client.ReplaceList(ctx, list.ID, taskapi.ReplaceListRequest(request), sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
	list, err = client.MoveList(ctx, list.ID, taskapi.MoveListRequest{Before: taskapi.Null[string]()}, sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
	list, err = client.DeleteList(ctx, list.ID, sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
	trash, err := client.ListLists(ctx, taskapi.ListListsOptions{Deleted: true})
	must(err)
	if len(trash.Lists) != 1 || trash.Lists[0].ID != list.ID {
		t.Errorf("in the trash: %v", trash.Lists)
	}
	list, err = client.RestoreList(ctx, list.ID, sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
	_, err = client.EraseList(ctx, list.ID, sdk.IfMatch(list.Version), sdk.IfNoneMatch(list.Version+1))
	must(err)
}
