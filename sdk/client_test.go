package sdk_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
)

func TestNew_RejectsInvalidBaseURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, url string }{
		{"empty", ""},
		{"no scheme", "tasks:8080"},
		{"path only", "/api"},
		{"another scheme", "ftp://tasks"},
		{"no host", "http://"},
		{"no host but a port", "http://:8080"},
		{"password", "http://user:hunter2@tasks"},
		{"password with a slash", "http://user:hunter2/3@tasks"},
		{"query", "http://tasks?key=hunter2"},
		{"empty query", "http://tasks?"},
		{"fragment", "http://tasks#hunter2"},
		{"control character", "http://tasks/\x7f"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, err := sdk.New(tt.url)
			if err == nil {
				t.Fatalf("New(%q) = %v, want an error", tt.url, client)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error quotes a secret: %v", err)
			}
		})
	}
}

func TestNew_RejectsInvalidOptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		option sdk.Option
	}{
		{"negative attempts", sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: -1})},
		{"negative base delay", sdk.WithRetry(sdk.RetryPolicy{BaseDelay: -time.Second})},
		{"negative longest delay", sdk.WithRetry(sdk.RetryPolicy{MaxDelay: -time.Second})},
		{"negative Retry-After", sdk.WithRetry(sdk.RetryPolicy{MaxRetryAfter: -time.Second})},
		{"line break in the user agent", sdk.WithUserAgent("planner\r\nX-Evil: 1")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := sdk.New("http://tasks", tt.option); err == nil {
				t.Error("New succeeded, want an error")
			}
		})
	}
}

func TestClient_HidesItsToken(t *testing.T) {
	t.Parallel()
	client := newClient(t, "http://tasks/", sdk.WithTokenSource(sdk.StaticToken("secret-token")))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got, want := fmt.Sprintf(verb, client), "[Tasklane at http://tasks]"; got != want {
			t.Errorf("%s prints %s, want %s", verb, got, want)
		}
	}
}

func TestBaseURLMayHaveAPath(t *testing.T) {
	t.Parallel()
	s := serve(t, respondTask(fullTask()))
	for path, want := range map[string]string{
		"":             "/api/tasks/x",
		"/":            "/api/tasks/x",
		"/tasklane":    "/tasklane/api/tasks/x",
		"/task%2Flane": "/task%2Flane/api/tasks/x",
		"/a/b//":       "/a/b/api/tasks/x",
	} {
		if _, err := newClient(t, s.URL+path).GetTask(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		requests := s.received()
		if got := requests[len(requests)-1].uri; got != want {
			t.Errorf("base path %q: the path is %s, want %s", path, got, want)
		}
	}
}

func TestUserAgent_NamesProgramAndSDK(t *testing.T) {
	t.Parallel()
	s := serve(t, respondTask(fullTask()))
	own := "tasklane-sdk-go/" + sdk.Version + " (" + runtime.Version() + ")"
	for _, tt := range []struct {
		name   string
		client *sdk.Client
		want   string
	}{
		{"of the SDK", s.client(t), own},
		{"of a program", s.client(t, sdk.WithUserAgent("planner/1.4")), "planner/1.4 " + own},
	} {
		if _, err := tt.client.GetTask(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		requests := s.received()
		if got := requests[len(requests)-1].header.Get("User-Agent"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, respondTask(fullTask()))
	location := elsewhere.URL + "/api/tasks?secret=hunter2"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, location, http.StatusTemporaryRedirect)
	})
	for name, client := range map[string]*sdk.Client{
		"default":            s.client(t),
		"own HTTP client":    s.client(t, sdk.WithHTTPClient(&http.Client{})),
		"http.DefaultClient": s.client(t, sdk.WithHTTPClient(http.DefaultClient)),
	} {
		_, err := client.GetTask(t.Context(), "x", sdk.WithToken("secret-token"))
		failure := asError(t, err)
		if failure.Status != http.StatusTemporaryRedirect || failure.Code != "" {
			t.Errorf("%s: status %d, code %q", name, failure.Status, failure.Code)
		}
		if !strings.Contains(failure.Message, elsewhere.URL) || strings.Contains(failure.Message, "hunter2") {
			t.Errorf("%s: the message is %q, want the host of the redirect without its query", name, failure.Message)
		}
	}
	if http.DefaultClient.CheckRedirect != nil {
		t.Error("the caller's HTTP client was changed")
	}
	if got := elsewhere.received(); len(got) != 0 {
		t.Errorf("the redirect was followed: %+v", got)
	}
}

func TestWithHTTPClient_MayFollowRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, respondTask(fullTask()))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.RequestURI, http.StatusTemporaryRedirect)
	})
	client := s.client(t, sdk.WithHTTPClient(&http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
	}))
	task, err := client.GetTask(t.Context(), "x")
	if err != nil || task.ID != fullTask().ID {
		t.Errorf("got %+v, %v", task, err)
	}
}

func TestClose_ClosesIdleConnections(t *testing.T) {
	t.Parallel()
	states := make(chan http.ConnState, 100)
	server := httptest.NewUnstartedServer(respondTask(fullTask()))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew || state == http.StateClosed {
			states <- state
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := newClient(t, server.URL)
	for range 5 {
		if _, err := client.GetTask(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	for _, want := range []http.ConnState{http.StateNew, http.StateClosed} {
		select {
		case got := <-states:
			if got != want {
				t.Fatalf("a connection is %v, want %v: five calls share one connection", got, want)
			}
		case <-time.After(10 * time.Second): // shorter than the idle timeout
			t.Fatalf("no connection is %v", want)
		}
	}
}

func TestClose_KeepsTheCallersConnections(t *testing.T) {
	t.Parallel()
	states := make(chan http.ConnState, 100)
	server := httptest.NewUnstartedServer(respondTask(fullTask()))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			states <- state
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	for range 2 {
		client := newClient(t, server.URL, sdk.WithHTTPClient(&http.Client{Transport: transport}))
		if _, err := client.GetTask(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		client.Close()
	}
	if len(states) != 1 {
		t.Errorf("%d connections were opened, want one shared by both clients", len(states))
	}
}
