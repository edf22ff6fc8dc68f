package operations_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// newAPI returns a server that reads the operations' parameters, and the parameters of its
// last request.
func newAPI() (http.Handler, *read) {
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler)})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "Parameters", Version: "1.0.0"})
	var last read
	operations.Register(operations.Server{API: api}, operations.Handlers{
		Resources: &last,
		WatchChanges: func(_ context.Context, in *operations.WatchChangesInput) (*huma.StreamResponse, error) {
			var err error
			last.begin, err = in.Begin()
			return &huma.StreamResponse{Body: func(huma.Context) {}}, err
		},
		GetTaskStats: func(_ context.Context, in *operations.GetTaskStatsInput) (*operations.Output[taskapi.Stats], error) {
			var err error
			last.zone, err = operations.Zone(in.TimeZone)
			return &operations.Output[taskapi.Stats]{}, err
		},
	})
	return router, &last
}

// read has the parameters that a server read.
type read struct {
	list       taskapi.ListTasksOptions
	key, match string
	begin      taskapi.ChangeCursor
	zone       *time.Location
}

func (r *read) List(_ context.Context, _ taskapi.Kind, options any) (operations.Page, error) {
	r.list = options.(taskapi.ListTasksOptions)
	return operations.Page{Data: []taskapi.Task{}}, nil
}

func (r *read) Get(context.Context, taskapi.Kind, operations.GetInput) (operations.Resource, error) {
	return operations.Resource{Data: taskapi.Task{}}, nil
}

func (r *read) Write(_ context.Context, _ taskapi.Kind, _ taskapi.BatchOp, in operations.WriteInput, _ any) (operations.Resource, error) {
	r.key, r.match = in.IdempotencyKey, in.IfMatch
	return operations.Resource{Data: taskapi.Task{}}, nil
}

// isAccepted sends a request and reports whether it was accepted. Otherwise the response must be
// a 4xx problem.
func isAccepted(t *testing.T, server http.Handler, method, target string, header http.Header) bool {
	t.Helper()
	response := httptest.NewRecorder()
	path, query, _ := strings.Cut(target, "?")
	server.ServeHTTP(response, &http.Request{
		Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: header, Body: http.NoBody, RemoteAddr: "203.0.113.7:4711",
	})
	if response.Code/100 == 2 {
		return true
	}
	var problem taskapi.Problem
	err := json.Unmarshal(response.Body.Bytes(), &problem)
	if response.Code != http.StatusUnprocessableEntity || err != nil || problem.Code != taskapi.CodeInvalid || len(problem.Errors) == 0 {
		t.Fatalf("%s %q %q: %d %s", method, target, header, response.Code, response.Body)
	}
	return false
}

// FuzzListQuery reads any query, and checks that accepted parameters are within the limits.
func FuzzListQuery(f *testing.F) {
	for _, seed := range []string{
		"", "limit=200&sort=-dueAt", "limit=0", "completed=true&priority=high,low&tag=a&tag=b", "dueBefore=2026-11-30T17:00:00%2B01:00",
		"q=%00", "q=%ff", "limit=1e2", "limit=99999999999999999999", "cursor=%zz", "a=b;c=d", "completed=maybe&completed=true", "&&&=", "q=%ED%A0%80",
	} {
		f.Add(seed)
	}
	server, last := newAPI()
	f.Fuzz(func(t *testing.T, query string) {
		if !isAccepted(t, server, http.MethodGet, "/api/tasks?"+query, http.Header{}) {
			return
		}
		got := last.list
		if got.Limit < 1 || got.Limit > taskapi.MaxListLimit || !slices.Contains(taskapi.Sorts(), got.Sort) ||
			len(got.Tags) > taskapi.MaxTags || utf8.RuneCountInString(got.Query) > 500 || len(got.Cursor) > 4*1000 {
			t.Fatalf("%q is read as %+v", query, got)
		}
		for _, priority := range got.Priorities {
			if !slices.Contains(taskapi.Priorities(), priority) {
				t.Fatalf("%q is read as the priority %q", query, priority)
			}
		}
	})
}

// FuzzHeaders reads any idempotency key, precondition and event id.
func FuzzHeaders(f *testing.F) {
	f.Add("key", `"3"`, "184")
	f.Add(strings.Repeat("k", 256), "*", "-1")
	f.Add("two words", `W/"3", "4"`, "9223372036854775808")
	f.Add("\x7f", "\"\x00\"", "1e3")
	f.Add("schlüssel", ",", " 7")
	server, last := newAPI()
	const restore = "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11/restore"
	f.Fuzz(func(t *testing.T, key, match, event string) {
		if isAccepted(t, server, http.MethodPost, restore, http.Header{"Idempotency-Key": {key}, "If-Match": {match}}) {
			if len(last.key) > 255 || strings.ContainsFunc(last.key, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
				t.Fatalf("the invalid key %q was accepted", last.key)
			}
		}
		if isAccepted(t, server, http.MethodGet, "/api/events", http.Header{"Last-Event-Id": {event}}) && (last.begin.After < 0 || last.begin.Began < 0) {
			t.Fatalf("the event %q is read as %s", event, last.begin)
		}
	})
}

// FuzzTimeZone looks up any name in the time zone database, which consists of files.
func FuzzTimeZone(f *testing.F) {
	for _, seed := range []string{"UTC", "Europe/Berlin", "Local", "", "../../etc/passwd", "/etc/localtime", "Foo5", "europe/berlin", "Etc/GMT+12\x00"} {
		f.Add(seed)
	}
	server, last := newAPI()
	f.Fuzz(func(t *testing.T, name string) {
		if isAccepted(t, server, http.MethodGet, "/api/tasks/stats?timeZone="+url.QueryEscape(name), http.Header{}) {
			if (last.zone == nil) != (name == "") || strings.Contains(name, "..") || strings.HasPrefix(name, "/") {
				t.Fatalf("%q is the zone %v", name, last.zone)
			}
		}
	})
}
