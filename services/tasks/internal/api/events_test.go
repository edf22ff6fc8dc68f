package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
	"github.com/tasklane/tasklane/services/wirejson"
)

// event is a server-sent event. Comments are skipped.
type event struct {
	ID, Name, Data string
}

// watch opens a stream of changes. Its events arrive on the channel, which is closed when
// the stream ends.
func (s *service) watch(ctx context.Context, t *testing.T, token, query string, header ...string) <-chan event {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("watch: %d %s", res.StatusCode, got)
	}
	events := make(chan event)
	go func() {
		defer close(events)
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewReader(res.Body)
		var e event
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch name {
			case "id":
				e.ID = value
			case "event":
				e.Name = value
			case "data":
				e.Data = value
			case "":
				if e == (event{}) {
					continue // after a comment
				}
				select {
				case events <- e:
				case <-ctx.Done():
					return
				}
				e = event{}
			}
		}
	}()
	return events
}

func (s *service) token(t *testing.T, user string) string {
	t.Helper()
	return s.key.Token(t, issuertest.Claims(user), nil)
}

// next returns the change of the next event.
func next(t *testing.T, events <-chan event) taskapi.Change {
	t.Helper()
	e, open := <-events
	if !open || e.Name != "change" {
		t.Fatalf("event %+v, open %t, want a change", e, open)
	}
	var change taskapi.Change
	if err := json.Unmarshal([]byte(e.Data), &change); err != nil {
		t.Fatal(err)
	}
	if cursor, err := taskapi.ParseChangeCursor(e.ID); err != nil || cursor.After != change.Seq {
		t.Errorf("id %q of change %d", e.ID, change.Seq)
	}
	return change
}

// changeOf returns the change with a task's current state.
func changeOf(seq int64, task taskapi.Task) taskapi.Change {
	data, err := wirejson.Marshal(task)
	if err != nil {
		panic(err) // a task can always be encoded
	}
	return taskapi.Change{Seq: seq, Kind: taskapi.KindTask, ID: task.ID, Data: data}
}

// taskOf decodes the task of a change.
func taskOf(t *testing.T, change taskapi.Change) taskapi.Task {
	t.Helper()
	task, err := change.Task()
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestWatch(t *testing.T) {
	t.Parallel()

	t.Run("can be resumed after any event, also after a purge", func(t *testing.T) {
		t.Parallel()
		db := storetest.NewDatabase(t)
		s := newReplica(t, db)
		for range 3 {
			s.create(t, `{"title":"kept"}`)
		}
		erased := s.create(t, `{"title":"erased"}`)
		s.as(t, "alice", http.MethodDelete, "/api/tasks/"+erased.ID+"?permanent=true", "")
		owner, err := pgx.Connect(t.Context(), db.OwnerURL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
		if _, err := owner.Exec(t.Context(), "UPDATE tasklane.erased SET erased_at = erased_at - interval '31 days'; SELECT tasklane.purge()"); err != nil {
			t.Fatal(err)
		}
		var header []string
		for seq := range int64(3) {
			events := s.watch(t.Context(), t, s.token(t, "alice"), "", header...)
			<-events // ready
			e := <-events
			if cursor, err := taskapi.ParseChangeCursor(e.ID); err != nil || cursor != (taskapi.ChangeCursor{After: seq + 1, Began: 5}) {
				t.Fatalf("event %+v, want change %d with a cursor that began at 5", e, seq+1)
			}
			header = []string{"Last-Event-ID", e.ID}
		}
		wantProblem(t, s.as(t, "alice", http.MethodGet, "/api/changes?cursor=2", ""), taskapi.CodeCursorExpired)
		for _, cursor := range []string{"-1", "1-", "1-2-3", "x", "1e3", "9223372036854775808"} {
			page := s.as(t, "alice", http.MethodGet, "/api/changes?cursor="+cursor, "")
			stream := s.as(t, "alice", http.MethodGet, "/api/events", "", "Last-Event-ID", cursor)
			if page.status != http.StatusUnprocessableEntity || stream.status != http.StatusUnprocessableEntity {
				t.Errorf("the cursor %q: %d and %d", cursor, page.status, stream.status)
			}
		}
	})

	t.Run("begins with ready, then sends earlier and new changes", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		first := s.create(t, `{"title":"first"}`)
		events := s.watch(t.Context(), t, s.token(t, "alice"), "")
		if diff := cmp.Diff(event{Name: "ready", Data: `{"seq":0}`}, <-events); diff != "" {
			t.Errorf("the first event (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(changeOf(1, first), next(t, events)); diff != "" {
			t.Errorf("the earlier change (-want +got):\n%s", diff)
		}
		second := s.create(t, `{"title":"second"}`)
		if diff := cmp.Diff(changeOf(2, second), next(t, events)); diff != "" {
			t.Errorf("the new change (-want +got):\n%s", diff)
		}
		s.as(t, "alice", http.MethodDelete, "/api/tasks/"+first.ID+"?permanent=true", "")
		if diff := cmp.Diff(taskapi.Change{Seq: 3, Kind: taskapi.KindTask, ID: first.ID, Data: json.RawMessage("null")}, next(t, events)); diff != "" {
			t.Errorf("the change of an erased task (-want +got):\n%s", diff)
		}
	})

	t.Run("sends no changes of other users", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		events := s.watch(t.Context(), t, s.token(t, "bob"), "")
		<-events // ready
		s.create(t, `{"title":"alice's"}`)
		s.as(t, "bob", http.MethodPost, "/api/tasks", `{"title":"bob's"}`)
		if task := taskOf(t, next(t, events)); task.Title != "bob's" {
			t.Errorf("bob received the change of %q", task.Title)
		}
	})

	t.Run("begins after the given change", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		for i := range 3 {
			s.create(t, fmt.Sprintf(`{"title":"%d"}`, i))
		}
		for name, events := range map[string]<-chan event{
			"after":         s.watch(t.Context(), t, s.token(t, "alice"), "?after=2"),
			"Last-Event-ID": s.watch(t.Context(), t, s.token(t, "alice"), "", "Last-Event-ID", "2"),
			"Last-Event-ID takes precedence over after": s.watch(t.Context(), t, s.token(t, "alice"), "?after=1", "Last-Event-ID", "2"),
		} {
			if ready := <-events; ready.Data != `{"seq":2}` {
				t.Errorf("%s: %+v", name, ready)
			}
			if change := next(t, events); change.Seq != 3 {
				t.Errorf("%s: change %d, want 3", name, change.Seq)
			}
		}
	})

	t.Run("ends when the token expires", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		claims := issuertest.Claims("alice")
		claims["exp"] = jwt.NewNumericDate(time.Now().Add(time.Second)).Unix()
		events := s.watch(t.Context(), t, s.key.Token(t, claims, nil), "")
		<-events // ready
		if e := <-events; e.Name != "expired" {
			t.Errorf("event %+v, want expired", e)
		}
		if e, open := <-events; open {
			t.Errorf("event %+v after the end", e)
		}
	})

	t.Run("ends when the service stops", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		events := s.watch(t.Context(), t, s.token(t, "alice"), "")
		<-events // ready
		s.hub.Close()
		if e, open := <-events; open {
			t.Errorf("event %+v after the end", e)
		}
	})

	t.Run("is rejected before it begins", func(t *testing.T) {
		t.Parallel()
		s := newService(t)
		wantProblem(t, s.as(t, "", http.MethodGet, "/api/events", ""), taskapi.CodeUnauthenticated)
		wantProblem(t, s.as(t, "alice", http.MethodGet, "/api/events?after=9", ""), taskapi.CodeCursorExpired)
		wantProblem(t, s.as(t, "alice", http.MethodGet, "/api/events", "", "Last-Event-ID", "x"), taskapi.CodeInvalid,
			taskapi.FieldError{Field: "Last-Event-ID", Code: taskapi.FieldType})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		for range 50 {
			<-s.watch(ctx, t, s.token(t, "alice"), "")
		}
		wantProblem(t, s.as(t, "alice", http.MethodGet, "/api/events", ""), taskapi.CodeRateLimited)
		if a := s.as(t, "bob", http.MethodGet, "/api/tasks/stats", ""); a.status != http.StatusOK {
			t.Errorf("bob: %d %s", a.status, a.body)
		}
	})
}

// TestSlowReader_DelaysNobodyElse opens a stream without reading it, and makes more changes
// than a connection buffers.
func TestSlowReader_DelaysNobodyElse(t *testing.T) {
	t.Parallel()
	s := newService(t)
	stuck, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stuck.Close() }()
	if err := stuck.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(stuck, "GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", s.token(t, "alice")); err != nil {
		t.Fatal(err)
	}
	events := s.watch(t.Context(), t, s.token(t, "alice"), "")
	<-events // ready

	const batches, each = 6, 30
	long := strings.Repeat("x", taskapi.MaxDescriptionLength)
	create := fmt.Sprintf(`{"op":"create","kind":"task","data":{"title":"long","description":%q}}`, long)
	body := `{"operations":[` + strings.Repeat(create+",", each-1) + create + `]}`
	want := int64(1)
	for range batches {
		if a := s.as(t, "alice", http.MethodPost, "/api/batch", body); a.status != http.StatusOK {
			t.Fatalf("batch: %d %s", a.status, a.body)
		}
		for range each {
			if change := next(t, events); change.Seq != want {
				t.Fatalf("change %d, want %d", change.Seq, want)
			}
			want++
		}
	}
}

func TestWatchAcrossReplicas(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	here, there := newReplica(t, db), newReplica(t, db)

	t.Run("a lost notification delays a change but does not lose it", func(t *testing.T) {
		// No hub is running yet, so only polling can find the change.
		events := here.watch(t.Context(), t, here.token(t, "alice"), "")
		<-events // ready
		created := there.create(t, `{"title":"silent"}`)
		if change := next(t, events); change.ID != created.ID {
			t.Errorf("got the change of %s, want %s", change.ID, created.ID)
		}
	})

	t.Run("a change wakes the streams of other replicas", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var running errgroup.Group
		defer func() {
			stop()
			_ = running.Wait() // it never fails
		}()
		for _, hub := range []*feed.Hub{here.hub, there.hub} {
			running.Go(func() error {
				hub.Run(ctx)
				return nil
			})
		}
		events := here.watch(t.Context(), t, here.token(t, "bob"), "")
		<-events // ready
		// The hub may not be listening yet for the first change.
		for here.hub.Counts().Received == 0 {
			there.as(t, "bob", http.MethodPost, "/api/tasks", `{"title":"loud"}`)
			if task := taskOf(t, next(t, events)); task.Title != "loud" {
				t.Errorf("task %+v", task)
			}
		}
	})
}

// TestStream_LosesNothingUnderConcurrentWriters makes 32 writers change alice's tasks while a
// reader follows the stream over a connection that is cut at random. The reader must end
// with the service's state, receive no change twice, and see the versions of each task
// increase.
func TestStream_LosesNothingUnderConcurrentWriters(t *testing.T) {
	t.Parallel()
	const writers, writesEach = 32, 25
	s := newService(t)
	var ids []string
	for range 20 {
		ids = append(ids, s.create(t, `{"title":"task"}`).ID)
	}
	token := s.token(t, "alice")
	var writing errgroup.Group
	for w := range writers {
		writing.Go(func() error {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range writesEach {
				path := "/api/tasks/" + ids[random.IntN(len(ids))]
				method, body := http.MethodPatch, fmt.Sprintf(`{"title":"%d of %d"}`, i, w)
				switch random.IntN(8) {
				case 0:
					method, path = http.MethodPost, "/api/tasks"
				case 1:
					method, body = http.MethodDelete, ""
				case 2:
					method, path, body = http.MethodPost, path+"/restore", ""
				case 3:
					method, path, body = http.MethodDelete, path+"?permanent=true", ""
				}
				if err := send(t.Context(), s.url, token, method, path, body); err != nil {
					return err
				}
			}
			return nil
		})
	}
	finished := make(chan error, 1)
	go func() { finished <- writing.Wait() }()

	state, erased := map[string]taskapi.Task{}, map[string]bool{}
	var cursor, last int64 = 0, -1
	random := rand.New(rand.NewPCG(7, 7))
	cuts := 0
	for last < 0 || cursor < last {
		ctx, cut := context.WithCancel(t.Context())
		events := s.watch(ctx, t, token, "?after="+strconv.FormatInt(cursor, 10))
		<-events // ready
		for remaining := random.IntN(40); remaining > 0 && (last < 0 || cursor < last); remaining-- {
			var change taskapi.Change
			select {
			case err := <-finished:
				if err != nil {
					t.Fatal(err)
				}
				list := decode[taskapi.TaskListResponse](t, s.as(t, "alice", http.MethodGet, "/api/tasks?limit=1", ""))
				last = list.Meta.Changes
				continue
			case e := <-events:
				if err := json.Unmarshal([]byte(e.Data), &change); err != nil {
					t.Fatalf("%+v: %v", e, err)
				}
			}
			if change.Seq <= cursor {
				t.Fatalf("change %d came after %d", change.Seq, cursor)
			}
			cursor = change.Seq
			if erased[change.ID] {
				t.Fatalf("%s changed after it was erased", change.ID)
			}
			if change.Erased() {
				erased[change.ID] = true
				delete(state, change.ID)
				continue
			}
			task := taskOf(t, change)
			if before, known := state[change.ID]; known && task.Version <= before.Version {
				t.Fatalf("version %d came after %d", task.Version, before.Version)
			}
			state[change.ID] = task
		}
		cut()
		cuts++
	}
	want := map[string]taskapi.Task{}
	for _, query := range []string{"", "&deleted=true"} {
		list := decode[taskapi.TaskListResponse](t, s.as(t, "alice", http.MethodGet, "/api/tasks?limit=200"+query, ""))
		if list.Meta.NextCursor != nil {
			t.Fatal("the tasks do not fit on one page")
		}
		for _, task := range list.Data {
			want[task.ID] = task
		}
	}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Errorf("the stream's state after %d cuts (-service +stream):\n%s", cuts, diff)
	}
}

// send makes a request on a task that may be erased or in the trash.
func send(ctx context.Context, url, token, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 && res.StatusCode != http.StatusNotFound {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	return err
}
