package web_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// fakeSite is a bff in front of the SDK's in-memory service. Every session belongs to the
// user ada.
type fakeSite struct {
	*stubs

	fake *sdktest.Server
	ada  *sdk.Client
}

func newFakeSite(t *testing.T) *fakeSite {
	t.Helper()
	fake := sdktest.NewServer(t)
	return &fakeSite{fake: fake, ada: fake.Client(t, "ada"), stubs: newStubs(t, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+fake.Token("ada"))
		fake.ServeHTTP(w, r)
	}, nil)}
}

// tab opens a session's stream.
func (w *fakeSite) tab(cookie string, after int64) *eventStream {
	w.t.Helper()
	return w.watch("?after="+strconv.FormatInt(after, 10), http.Header{"Cookie": {session.CookieName + "=" + cookie}}).ready(after)
}

func (w *fakeSite) create(title string) taskapi.Task {
	w.t.Helper()
	task, err := w.ada.CreateTask(w.t.Context(), taskapi.CreateTaskRequest{Title: title})
	if err != nil {
		w.t.Fatal(err)
	}
	return task
}

func TestFeed_IsSharedByTabsOfASession(t *testing.T) {
	t.Parallel()
	w := newFakeSite(t)
	w.create("before")
	const tabs = 5
	var streams []*eventStream
	for range tabs {
		streams = append(streams, w.tab("a.b", 0))
	}
	for _, stream := range streams {
		if got := stream.change(); got.Seq != 1 {
			t.Errorf("change %d", got.Seq)
		}
	}
	eventually(t, "the feed is connected", func() bool { return w.fake.Requests("watchChanges") == 1 })
	// A stream that starts before the feed's latest change reads at once.
	late := w.tab("a.b", 0)
	late.change()
	const changes = 20
	for i := range changes {
		w.create(strconv.Itoa(i))
	}
	for _, stream := range append(streams, late) {
		for want := range int64(changes) {
			if got := stream.change(); got.Seq != want+2 {
				t.Fatalf("change %d, want %d", got.Seq, want+2)
			}
		}
	}
	if n := w.fake.Requests("watchChanges"); n != 1 {
		t.Errorf("%d connections for one session", n)
	}
	// Each stream starts with a read of its own; later reads are shared.
	if n := w.fake.Requests("listChanges"); n > tabs+1+changes*(tabs+1)/2 {
		t.Errorf("%d reads of %d changes by %d tabs", n, changes, tabs+1)
	}
}

func TestFeed_IsNotSharedBySessions(t *testing.T) {
	t.Parallel()
	w := newFakeSite(t)
	here, there := w.tab("a.b", 0), w.tab("c.d", 0)
	eventually(t, "both are connected", func() bool { return w.fake.Requests("watchChanges") == 2 })
	w.create("task")
	here.change()
	there.change()
}

func TestFeed_SurvivesAReload(t *testing.T) {
	t.Parallel()
	w := newFakeSite(t)
	first := w.tab("a.b", 0)
	eventually(t, "the feed is connected", func() bool { return w.fake.Requests("watchChanges") == 1 })
	first.leave()
	w.create("meanwhile")
	second := w.tab("a.b", 0)
	second.change()
	w.create("after")
	if got := second.change(); got.Seq != 2 {
		t.Errorf("change %d, want 2", got.Seq)
	}
	if n := w.fake.Requests("watchChanges"); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestStreams_SendEveryChangeOnce(t *testing.T) {
	t.Parallel()
	w := newFakeSite(t)
	const writers, each = 4, 25
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for i := range each {
				w.create(strconv.Itoa(i))
				if i%10 == 5 {
					w.fake.CutStreams()
				}
			}
		})
	}
	var reading sync.WaitGroup
	for tab := range 6 {
		stream := w.tab([]string{"a.b", "c.d"}[tab%2], 0)
		reading.Go(func() {
			for want := range int64(writers * each) {
				if got := stream.change(); got.Seq != want+1 {
					t.Errorf("tab %d: change %d, want %d", tab, got.Seq, want+1)
					return
				}
			}
		})
	}
	writing.Wait()
	reading.Wait()
}

func TestFailedRead_IsRetried(t *testing.T) {
	t.Parallel()
	w := newFakeSite(t)
	stream := w.tab("a.b", 0)
	eventually(t, "the feed is connected", func() bool { return w.fake.Requests("watchChanges") == 1 })
	w.fake.Inject(sdktest.Fault{Operation: "listChanges", Times: 1, Code: taskapi.CodeUnavailable})
	w.create("task")
	if got := stream.change(); got.Seq != 1 {
		t.Errorf("change %d", got.Seq)
	}
}
