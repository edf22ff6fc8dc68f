package sdktest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// streamTimeout bounds the wait of a case for an event.
const streamTimeout = 30 * time.Second

// stream is a connection to the events.
type stream struct {
	*subject
	lines *bufio.Scanner
}

// frame is an event, or a comment if only this field is set.
type frame struct {
	event, id, data string
	comment         bool
}

// open connects to the events with a token. header has pairs of name and value.
func (s *subject) open(token, query string, wait time.Duration, header ...string) *stream {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), wait)
	s.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.target.URL+"/api/events"+query, nil)
	s.ok(err)
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	s.ok(err)
	s.Cleanup(func() { _ = resp.Body.Close() })
	if mediaType, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); resp.StatusCode != http.StatusOK || mediaType != "text/event-stream" {
		s.Fatalf("the stream: got status %d, %s, want %d, text/event-stream", resp.StatusCode, resp.Header.Get("Content-Type"), http.StatusOK)
	}
	return &stream{subject: s, lines: bufio.NewScanner(resp.Body)}
}

// next returns the next event or comment. It reports false at the end of the stream.
func (st *stream) next() (frame, bool) {
	st.Helper()
	var f frame
	for st.lines.Scan() {
		line := st.lines.Text()
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && f != frame{}:
			return f, true
		case line == "":
		case name == "":
			return frame{comment: true}, true
		case name == "event":
			f.event = value
		case name == "id":
			f.id = value
		case name == "data" && f.data == "":
			f.data = value
		default:
			st.Fatalf("the stream has the line %q, want a comment, event, id or one data", line)
		}
	}
	if err := st.lines.Err(); err != nil {
		st.Fatalf("the stream broke: %v", err)
	}
	return frame{}, false
}

// event returns the next event, which must have this name.
func (st *stream) event(name string) frame {
	st.Helper()
	for {
		f, ok := st.next()
		switch {
		case !ok:
			st.Fatalf("the stream ended before %s", name)
		case f.comment:
		case f.event != name:
			st.Fatalf("the next event is %+v, want %s", f, name)
		default:
			return f
		}
	}
}

// change returns the next change.
func (st *stream) change() taskapi.Change {
	st.Helper()
	f := st.event("change")
	var change taskapi.Change
	dec := json.NewDecoder(strings.NewReader(f.data))
	dec.DisallowUnknownFields()
	st.ok(dec.Decode(&change))
	if cursor, err := taskapi.ParseChangeCursor(f.id); err != nil || cursor.After != change.Seq {
		st.Errorf("the id is %s, the number %d", f.id, change.Seq)
	}
	return change
}

// title returns the title of the task in the next change.
func (st *stream) title() string {
	st.Helper()
	task, err := st.change().Task()
	st.ok(err)
	return task.Title
}

// ready returns the number at which the stream begins, from its first event.
func (st *stream) ready() int64 {
	st.Helper()
	var data struct{ Seq *int64 }
	st.ok(json.Unmarshal([]byte(st.event("ready").data), &data))
	if data.Seq == nil {
		st.Fatal("ready has no seq")
	}
	return *data.Seq
}

var streamCases = []contractCase{
	{"a stream begins with ready, then has change events with an id and one line of data", func(s *subject) {
		task := s.create(full())
		seq := s.seq()
		st := s.open(s.token, "?after="+strconv.FormatInt(seq, 10), streamTimeout)
		if got := st.ready(); got != seq {
			s.Errorf("ready at %d, want %d", got, seq)
		}
		trashed, err := s.client.DeleteTask(s.Context(), task.ID)
		s.ok(err)
		s.sameChanges([]taskapi.Change{st.change()}, []taskapi.Change{changedTo(s.seq(), trashed)})
		s.must(s.client.EraseTask(s.Context(), task.ID))
		s.sameChanges([]taskapi.Change{st.change()}, []taskapi.Change{erased(s.seq(), task.ID)})
	}},
	{"changes since the cursor come first", func(s *subject) {
		tasks := s.createTasks("a", "b", "c")
		for query, want := range map[string][]string{
			"":         {"a", "b", "c"},
			"?after=0": {"a", "b", "c"},
			"?after=" + strconv.FormatInt(s.feed(0, 0)[0].Seq, 10): {"b", "c"},
		} {
			st := s.open(s.token, query, streamTimeout)
			st.ready()
			var got []string
			for range want {
				got = append(got, st.title())
			}
			if !slices.Equal(got, want) {
				s.Errorf("%s: got %q, want %q", query, got, want)
			}
		}
		s.same("the tasks", s.state(), state{tasks[0].ID: tasks[0], tasks[1].ID: tasks[1], tasks[2].ID: tasks[2]})
	}},
	{"Last-Event-ID takes precedence over after", func(s *subject) {
		s.createTasks("a", "b", "c")
		second := strconv.FormatInt(s.feed(0, 0)[1].Seq, 10)
		for _, query := range []string{"", "?after=0"} {
			st := s.open(s.token, query, streamTimeout, "Last-Event-ID", second)
			st.ready()
			if got := st.title(); got != "c" {
				s.Errorf("%q: got %s, want c", query, got)
			}
		}
	}},
	{"only the user's own changes are sent", func(s *subject) {
		other := s.another()
		st := s.open(s.token, "", streamTimeout)
		st.ready()
		other.createTasks("not mine")
		s.createTasks("mine")
		if got := st.title(); got != "mine" {
			s.Errorf("the first change is of %q, want mine", got)
		}
	}},
	{"a write that changes nothing sends no event", func(s *subject) {
		task := s.create(full())
		st := s.open(s.token, "?after="+strconv.FormatInt(s.seq(), 10), streamTimeout)
		st.ready()
		s.update(task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
		s.createTasks("next")
		if got := st.title(); got != "next" {
			s.Errorf("the first change is of %q, want next", got)
		}
	}},
	{"a comment is sent every 15 s", func(s *subject) {
		st := s.open(s.token, "", 2*s.target.Heartbeat+streamTimeout)
		st.ready()
		start := time.Now()
		if f, ok := st.next(); !ok || !f.comment {
			s.Fatalf("got %+v, want a comment", f)
		}
		if took := time.Since(start); took > 2*s.target.Heartbeat+time.Second {
			s.Errorf("the heartbeat took %v, want %v", took, s.target.Heartbeat)
		}
	}},
	{"the stream ends with the event expired when the token expires", func(s *subject) {
		st := s.open(s.target.Token(s.T, s.user, 3*time.Second-s.target.Leeway), "", streamTimeout)
		st.ready()
		st.event("expired")
		if f, ok := st.next(); ok {
			s.Errorf("got %+v after the event expired, want the end of the stream", f)
		}
	}},
	{"an expired cursor is 410 before the stream begins", func(s *subject) {
		s.createTasks("a")
		s.problem(s.raw(http.MethodGet, "/api/events?after=999", "", "Content-Type", ""), taskapi.CodeCursorExpired)
		for _, err := range s.client.Watch(s.Context(), 999) {
			s.fails(err, sdk.ErrCursorExpired)
			return
		}
		s.Error("Watch ended without an error")
	}},
	{"without a token or with an invalid cursor, the response is a problem", func(s *subject) {
		s.problem(s.raw(http.MethodGet, "/api/events", "", "Authorization", ""), taskapi.CodeUnauthenticated)
		s.problem(s.raw(http.MethodGet, "/api/events?after=-1", ""), taskapi.CodeInvalid, field422("after", taskapi.FieldOutOfRange))
		s.problem(s.raw(http.MethodGet, "/api/events?after=now", ""), taskapi.CodeInvalid, field422("after", taskapi.FieldType))
	}},
	{"list, then watch: no change is lost, repeated or out of order when streams end", func(s *subject) {
		s.createTasks("a", "b")
		page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{})
		s.ok(err)
		read := state{}
		for _, task := range page.Tasks {
			read[task.ID] = task
		}
		// Each connection ends with its token, after a moment.
		client := s.newClient(sdk.TokenFunc(func(context.Context) (string, error) {
			return s.target.Token(s.T, s.user, 3*time.Second-s.target.Leeway), nil
		}))
		const writers, writes = 4, 10
		var all sync.WaitGroup
		for range writers {
			all.Go(func() { s.write(writes) })
		}
		ctx, cancel := context.WithTimeout(s.Context(), streamTimeout)
		defer cancel()
		last := make(chan taskapi.Task, 1)
		go func() {
			all.Wait()
			// By then a stream has ended and reconnected.
			time.AfterFunc(5*time.Second, func() {
				task, err := s.client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "last"})
				if err != nil {
					cancel()
				}
				last <- task
			})
		}()
		seq := page.Meta.Changes
		versions := map[string]int64{}
		for change, err := range client.Watch(ctx, seq) {
			s.ok(err)
			if change.Seq <= seq {
				s.Fatalf("change %d comes after %d", change.Seq, seq)
			}
			seq = change.Seq
			read.apply(s, change)
			task, ok := read[change.ID]
			if ok && task.Version <= versions[change.ID] {
				s.Errorf("version %d of a task comes after %d", task.Version, versions[change.ID])
			}
			versions[change.ID] = task.Version
			if task.Title == "last" {
				break
			}
		}
		<-last
		s.same("state", read, s.state())
	}},
	{"Watch ends with its context", func(s *subject) {
		ctx, cancel := context.WithCancel(s.Context())
		defer cancel()
		s.createTasks("a")
		for _, err := range s.client.Watch(ctx, 0) {
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				s.Errorf("Watch ended with %v, want context.Canceled", err)
			}
		}
	}},
}
