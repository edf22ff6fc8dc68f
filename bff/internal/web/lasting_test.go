package web_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// streamTTL is the lifetime of cached sessions in tests that wait for it.
const streamTTL = time.Second

// TestStream_OutlivesTheServersBehindIt restarts one server after another during a stream,
// which must send every change.
func TestStream_OutlivesTheServersBehindIt(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, siteConfig{ttl: streamTTL})
	ada := s.newBrowser(t)
	ada.signUp()
	stream := ada.watch("", nil).ready(0)
	var seq int64
	receives := func(title string) {
		t.Helper()
		ada.create(title)
		if change := stream.change(); taskOf(t, change).Title != title || change.Seq != seq+1 {
			t.Fatalf("after change %d: %+v, want %q", seq, change, title)
		}
		seq++
	}
	receives("before")

	s.auth.Kill()
	failed := s.authTap.Count(getSession) + 2
	eventually(t, "a session check fails", func() bool { return s.authTap.Count(getSession) >= failed })
	receives("while Better Auth is down")
	s.auth.Restart()
	receives("after Better Auth is up")

	connections := s.tasksTap.Count(eventsPath)
	s.tasks.Restart()
	receives("after the task service is up")
	s.tasks.Kill()
	s.tasks.Restart()
	receives("after the task service has crashed")
	if n := s.tasksTap.Count(eventsPath); n < connections+2 {
		t.Errorf("%d connections to the task service, want %d at least", n, connections+2)
	}

	t.Run("cookies set by a check reach the browser with its next request", func(t *testing.T) {
		// Better Auth renews a session after its first day.
		s.auth.Exec(`UPDATE session SET "expiresAt" = now() + interval '5 days'`)
		checks := s.exchanges(ada.cookie().Value) + 2
		eventually(t, "the stream checks its session", func() bool { return s.exchanges(ada.cookie().Value) >= checks })
		for i, want := range []int{1, 0} {
			set := ada.get("/api/session").is(http.StatusOK).header.Values("Set-Cookie")
			if n := strings.Count(strings.Join(set, "\n"), session.CookieName+"="); n != want {
				t.Errorf("request %d: the session cookie is set %d times, want %d: %q", i, n, want, set)
			}
		}
	})

	t.Run("a session ended elsewhere ends the stream after the TTL", func(t *testing.T) {
		s.auth.Exec(`DELETE FROM session`)
		stream.endsWithSession()
		ada.get(eventsPath).fails(taskapi.CodeSessionExpired)
	})
}

// TestStream_OutlivesItsJWT uses JWTs with a lifetime of two seconds.
func TestStream_OutlivesItsJWT(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, siteConfig{ttl: streamTTL, jwtLifetime: "2s"})
	ada := s.newBrowser(t)
	ada.signUp()
	stream := ada.watch("", nil).ready(0)
	tokens := func() map[string]bool {
		used := map[string]bool{}
		for _, r := range s.tasksTap.Requests() {
			if r.URL.Path == eventsPath {
				used[r.Header.Get("Authorization")] = true
			}
		}
		return used
	}
	for i := range int64(2) {
		before := len(tokens())
		eventually(t, "the task service gets another JWT", func() bool { return len(tokens()) > before })
		task := ada.create("task")
		if change := stream.change(); change.ID != task.ID || change.Seq != i+1 {
			t.Errorf("change %+v, want %d of %s", change, i+1, task.ID)
		}
	}

	s.auth.Kill()
	stream.ends() // without session_ended
	if got := ada.get(eventsPath); got.status != http.StatusServiceUnavailable {
		t.Errorf("during the outage: %d", got.status)
	}
	s.auth.Restart()
	// The bff may just have detected that Better Auth is down.
	eventually(t, "the browser reconnects", func() bool { return ada.get("/api/session").status == http.StatusOK })
	ada.create("third")
	if change := ada.watch("", http.Header{"Last-Event-Id": {"2"}}).ready(2).change(); change.Seq != 3 {
		t.Errorf("change %d, want 3", change.Seq)
	}
}

// testStreamEnds tests streams that end for reasons other than their session.
func testStreamEnds(t *testing.T, s *site) {
	t.Run("a stalled reader is dropped and does not delay others", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		stalled, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", parse(t, s.url).Host)
		if err != nil {
			t.Fatal(err)
		}
		defer stalled.Close()
		if err := stalled.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			t.Fatal(err)
		}
		const id = "stalled-reader"
		if _, err := fmt.Fprintf(stalled, "GET %s HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\nCookie: %s\r\n\r\n", eventsPath, id, ada.cookie()); err != nil {
			t.Fatal(err)
		}
		stream := ada.watch("", nil).ready(0)
		const batches, each = 3, 90
		// Words, because a long run of letters could be base64, in which checkNoJWT looks
		// for JWTs: that would slow down the other reader as well.
		long := strings.Repeat("word ", taskapi.MaxDescriptionLength/len("word "))
		var operations []any
		for range each {
			operations = append(operations, map[string]any{"op": "create", "kind": "task", "data": map[string]any{
				"title": "long", "description": long,
			}})
		}
		want := int64(1)
		for range batches {
			ada.post("/api/batch", map[string]any{"operations": operations}).is(http.StatusOK)
			for range each {
				if change := stream.change(); change.Seq != want {
					t.Fatalf("change %d, want %d", change.Seq, want)
				}
				want++
			}
		}
		eventually(t, "the stalled reader is dropped", func() bool {
			for _, line := range s.log.Log() {
				if strings.Contains(line, id) && strings.Contains(line, "send events") {
					return true
				}
			}
			return false
		})
	})

	t.Run("an idle stream sends heartbeats, and ends with a shutdown", func(t *testing.T) {
		t.Parallel()
		handler := newHandler(t, handlerConfig{
			public: s.url, secret: s.auth.Secret, auth: s.authTap.URL, tasks: s.tasksTap.URL.String(), heartbeat: 10 * time.Millisecond, log: io.Discard,
		})
		bff := httptest.NewServer(handler)
		t.Cleanup(bff.Close)
		ada := s.newBrowser(t)
		ada.signUp()
		here := ada.onSite(&site{url: bff.URL})
		stream := here.watch("", nil).ready(0)
		for range 3 {
			if e, more := <-stream.events; !more || e != (event{}) {
				t.Fatalf("event %+v, want a comment", e)
			}
		}
		handler.EndStreams()
		stream.ends()
		here.watch("", nil).ready(0).ends()
		here.get("/api/tasks").is(http.StatusOK)
	})
}
