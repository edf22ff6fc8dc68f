package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const eventsPath = "/api/events"

// event is a server-sent event. Comments are events without a name.
type event struct {
	ID, Name, Data string
}

// eventStream is a browser's stream.
type eventStream struct {
	t      *testing.T
	header http.Header
	events chan event
	// leave closes the connection, as a closed tab does.
	leave context.CancelFunc
}

// watch opens a stream. header overrides the browser's headers.
func (b *browser) watch(query string, header http.Header) *eventStream {
	b.t.Helper()
	ctx, leave := context.WithCancel(b.t.Context())
	b.t.Cleanup(leave)
	response := b.requestStream(ctx, query, header)
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		b.t.Fatalf("watch: %d %s", response.StatusCode, got)
	}
	s := &eventStream{t: b.t, header: response.Header, events: make(chan event), leave: leave}
	go func() {
		defer close(s.events)
		defer response.Body.Close()
		s.read(ctx, bufio.NewReader(response.Body))
	}()
	return s
}

// requestStream returns a response whose body has not been read.
func (b *browser) requestStream(ctx context.Context, query string, header http.Header) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.site+eventsPath+query, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	maps.Copy(r.Header, header)
	transport := &http.Transport{}
	b.t.Cleanup(transport.CloseIdleConnections)
	response, err := (&http.Client{Jar: b.client.Jar, Transport: transport}).Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return response
}

func (s *eventStream) read(ctx context.Context, lines *bufio.Reader) {
	var e event
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		checkNoJWT(s.t, "the stream", []byte(line))
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			e.Data = value
		case "":
			select {
			case s.events <- e:
			case <-ctx.Done():
				return
			}
			e = event{}
		}
	}
}

// next returns the next event other than a comment, and false at the end.
func (s *eventStream) next() (event, bool) {
	s.t.Helper()
	timeout := time.NewTimer(waitTimeout)
	defer timeout.Stop()
	for {
		select {
		case e, more := <-s.events:
			if !more || e.Name != "" {
				return e, more
			}
		case <-timeout.C:
			s.t.Fatalf("no event in %s", waitTimeout)
		}
	}
}

// is fails the test unless this is the next event.
func (s *eventStream) is(want event) {
	s.t.Helper()
	got, _ := s.next()
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Fatalf("event (-want +got):\n%s", diff)
	}
}

// ready reads the first event.
func (s *eventStream) ready(after int64) *eventStream {
	s.t.Helper()
	s.is(event{Name: "ready", Data: fmt.Sprintf(`{"seq":%d}`, after)})
	return s
}

// ends fails the test unless the stream ends without further events.
func (s *eventStream) ends() {
	s.t.Helper()
	if e, more := s.next(); more {
		s.t.Fatalf("event %+v, want the end", e)
	}
}

// endsWithSession reads session_ended and the end.
func (s *eventStream) endsWithSession() {
	s.t.Helper()
	s.is(event{Name: "session_ended", Data: "{}"})
	s.ends()
}

// change reads the next event, which must be a change.
func (s *eventStream) change() taskapi.Change {
	s.t.Helper()
	e, _ := s.next()
	var change taskapi.Change
	if err := json.Unmarshal([]byte(e.Data), &change); e.Name != "change" || err != nil {
		s.t.Fatalf("event %+v, want a change", e)
	}
	if at, err := taskapi.ParseChangeCursor(e.ID); err != nil || at.After != change.Seq {
		s.t.Errorf("id %q of change %d", e.ID, change.Seq)
	}
	return change
}

// taskOf returns the task of a change.
func taskOf(t *testing.T, change taskapi.Change) taskapi.Task {
	t.Helper()
	task, err := change.Task()
	if err != nil {
		t.Fatalf("change %+v: %v", change, err)
	}
	return task
}

// create adds a task.
func (b *browser) create(title string) taskapi.Task {
	b.t.Helper()
	return b.post("/api/tasks", map[string]any{"title": title}).is(http.StatusCreated).task()
}

func testStreams(t *testing.T, s *site) {
	signedUp := func(t *testing.T) *browser {
		t.Helper()
		ada := s.newBrowser(t)
		ada.signUp()
		return ada
	}

	t.Run("sends changes in order", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		yesterday := time.Now().Add(-24 * time.Hour)
		first := ada.post("/api/tasks", map[string]any{"title": "first", "dueAt": yesterday}).is(http.StatusCreated).task()
		stream := ada.watch("", nil).ready(0)
		if got := stream.header.Get("Cache-Control"); got != "no-store, no-transform" {
			t.Errorf("Cache-Control %q", got)
		}
		second := ada.create("second")
		ada.do(http.MethodDelete, "/api/tasks/"+second.ID+"?permanent=true", nil, nil).is(http.StatusOK)
		var titles []string
		for range 50 {
			titles = append(titles, ada.create(strconv.Itoa(len(titles))).Title)
		}
		if got := stream.change(); got.Seq != 1 || cmp.Diff(first, taskOf(t, got)) != "" {
			t.Errorf("the first change is %+v", got)
		}
		// Whether the second task is sent before it is erased is a race.
		change := stream.change()
		if !change.Erased() {
			change = stream.change()
		}
		if want := (taskapi.Change{Seq: 3, Kind: taskapi.KindTask, ID: second.ID, Data: json.RawMessage("null")}); cmp.Diff(want, change) != "" {
			t.Errorf("the change of an erased task is %+v", change)
		}
		var got []string
		for range titles {
			got = append(got, taskOf(t, stream.change()).Title)
		}
		if diff := cmp.Diff(titles, got); diff != "" {
			t.Errorf("titles (-want +got):\n%s", diff)
		}
	})

	t.Run("resumes after the browser's last event", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		for i := range 3 {
			ada.create(strconv.Itoa(i))
		}
		for name, stream := range map[string]*eventStream{
			"after":                      ada.watch("?after=2", nil),
			"Last-Event-ID":              ada.watch("", http.Header{"Last-Event-Id": {"2"}}),
			"Last-Event-ID before after": ada.watch("?after=1", http.Header{"Last-Event-Id": {"2"}}),
		} {
			if change := stream.ready(2).change(); change.Seq != 3 {
				t.Errorf("%s: change %d, want 3", name, change.Seq)
			}
		}
	})

	t.Run("a stream from the beginning can be resumed after a purge", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		for range 3 {
			ada.create("kept")
		}
		gone := ada.create("gone")
		ada.do(http.MethodDelete, "/api/tasks/"+gone.ID+"?permanent=true", nil, nil).is(http.StatusOK)
		s.tasks.Exec("UPDATE tasklane.erased SET erased_at = erased_at - interval '31 days' WHERE id = '" + gone.ID + "'; SELECT tasklane.purge()")
		var header http.Header
		for seq := range int64(3) {
			stream := ada.watch("", header)
			stream.ready(seq)
			e, _ := stream.next()
			if at, err := taskapi.ParseChangeCursor(e.ID); err != nil || at != (taskapi.ChangeCursor{After: seq + 1, Began: 5}) {
				t.Fatalf("event %+v, want change %d with the start 5", e, seq+1)
			}
			header = http.Header{"Last-Event-Id": {e.ID}}
		}
		ada.get("/api/changes?cursor=2").fails(taskapi.CodeCursorExpired)
	})

	t.Run("errors before the stream begins are responses", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		s.newBrowser(t).get(eventsPath).fails(taskapi.CodeUnauthenticated)
		ada.get(eventsPath + "?after=9").fails(taskapi.CodeCursorExpired)
		ada.get(eventsPath + "?after=-1").fails(taskapi.CodeInvalid)
		ada.do(http.MethodGet, eventsPath, nil, http.Header{"Last-Event-Id": {"x"}}).fails(taskapi.CodeInvalid)
	})

	t.Run("pages of other origins get no stream", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		for name, header := range map[string]http.Header{
			"cross-site":                       {"Sec-Fetch-Site": {"cross-site"}},
			"same-site":                        {"Sec-Fetch-Site": {"same-site"}},
			"cross-site by name":               {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			"a browser without Sec-Fetch-Site": {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}},
		} {
			response := ada.requestStream(t.Context(), "", header)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d", name, response.StatusCode)
				continue
			}
			ada.do(http.MethodGet, eventsPath, nil, header).fails(taskapi.CodeCrossOrigin)
		}
		ada.watch("", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {trustedOrigin}}).ready(0)
		ada.watch("", http.Header{"Sec-Fetch-Site": nil, "Origin": {s.url}}).ready(0)
		ada.watch("", http.Header{"Sec-Fetch-Site": nil}).ready(0)
	})

	t.Run("a user has at most 20 streams", func(t *testing.T) {
		t.Parallel()
		ada := signedUp(t)
		var last *eventStream
		for range 20 {
			last = ada.watch("", nil).ready(0)
		}
		if got := ada.get(eventsPath); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
			t.Errorf("the 21st: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
		}
		ada.get("/api/tasks").is(http.StatusOK)
		signedUp(t).watch("", nil).ready(0)

		last.leave()
		eventually(t, "a closed tab frees its slot", func() bool {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			response := ada.requestStream(ctx, "", nil)
			defer response.Body.Close()
			return response.StatusCode == http.StatusOK
		})
	})

	t.Run("ends immediately with its session", func(t *testing.T) {
		t.Parallel()
		// The site caches sessions for an hour, so expiry cannot end the stream.
		for name, end := range map[string]func(here, there *browser){
			"signing out": func(_, there *browser) { there.post("/api/auth/sign-out", map[string]any{}).is(http.StatusOK) },
			"revoking the other sessions": func(here, _ *browser) {
				here.post("/api/auth/revoke-other-sessions", map[string]any{}).is(http.StatusOK)
			},
			"changing the password": func(here, _ *browser) {
				here.post("/api/auth/change-password", map[string]any{
					"currentPassword": servertest.Password, "newPassword": servertest.Password + "!", "revokeOtherSessions": true,
				}).is(http.StatusOK)
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				here, there := s.newBrowser(t), s.newBrowser(t)
				there.signIn(here.signUp())
				streams := []*eventStream{there.watch("", nil).ready(0), there.watch("", nil).ready(0)}
				end(here, there)
				for _, stream := range streams {
					stream.endsWithSession()
				}
				there.get(eventsPath).is(http.StatusUnauthorized)
			})
		}
	})

	testStreamEnds(t, s)

	t.Run("continues when another session ends", func(t *testing.T) {
		t.Parallel()
		here, there := s.newBrowser(t), s.newBrowser(t)
		there.signIn(here.signUp())
		stream := here.watch("", nil).ready(0)
		here.post("/api/auth/revoke-other-sessions", map[string]any{}).is(http.StatusOK)
		here.create("still here")
		if got := stream.change(); taskOf(t, got).Title != "still here" {
			t.Errorf("change %+v", got)
		}
	})
}

// eventually fails the test unless the condition holds within waitTimeout.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not after %s", what, waitTimeout)
		}
	}
}
