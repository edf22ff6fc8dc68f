package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// response is a response of Better Auth.
type response struct {
	status int
	body   string
}

// atSite returns a user at a site that gives these responses at paths of Better Auth: one
// after another, and then the last one again.
func atSite(t *testing.T, responses map[string][]response) *user {
	t.Helper()
	mux := http.NewServeMux()
	for path, rest := range responses {
		mux.HandleFunc("/api/auth"+path, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(rest[0].status)
			_, _ = io.WriteString(w, rest[0].body)
			rest = rest[min(1, len(rest)-1):]
		})
	}
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	u := newUser(t)
	u.env = map[string]string{"TASKLANE_SITE": site.URL}
	return u
}

// withoutWaiting returns the user's program, which does not wait between requests.
func (u *user) withoutWaiting(stdout io.Writer) program {
	p := u.program(stdout, io.Discard)
	p.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return p
}

var deviceCode = []response{{200, `{"device_code":"d","user_code":"U","verification_uri_complete":"http://page","expires_in":60}`}}

func TestLogin_ContinuesAfterAnOutage(t *testing.T) {
	t.Parallel()
	u := atSite(t, map[string][]response{
		"/device/code": deviceCode,
		"/device/token": {
			{400, `{"error":"authorization_pending"}`},
			{503, `{"code":"auth_unavailable"}`},
			{429, `{}`},
			{200, `{"access_token":"token"}`},
		},
	})
	var stdout strings.Builder
	if code := u.withoutWaiting(&stdout).run(t.Context(), []string{"login"}); code != exitDone || !strings.HasPrefix(stdout.String(), "Signed in at") {
		t.Errorf("login printed %q (exit code %d)", &stdout, code)
	}
}

func TestLogin_EndsIfItCannotSucceed(t *testing.T) {
	t.Parallel()
	for want, token := range map[int]response{
		exitSignIn: {400, `{"error":"access_denied"}`},
		exitFailed: {400, `{"error":"expired_token"}`},
	} {
		u := atSite(t, map[string][]response{"/device/code": deviceCode, "/device/token": {token}})
		if code := u.withoutWaiting(io.Discard).run(t.Context(), []string{"login"}); code != want {
			t.Errorf("%s: exit code %d, want %d", token.body, code, want)
		}
	}
	busy := atSite(t, map[string][]response{"/device/code": {{503, ``}}})
	busy.fails(exitUnreachable, "is unavailable (503): try again later", "login")
	p := busy.program(io.Discard, io.Discard)
	p.configDir = ""
	if code := p.run(t.Context(), []string{"login"}); code != exitUsage {
		t.Errorf("without a configuration directory: exit code %d, want %d", code, exitUsage)
	}
}

func TestLogin_CanBeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	u := newUser(t)
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client is gone
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(site.Close)
	if code := u.program(io.Discard, io.Discard).run(ctx, []string{"login", "-site", site.URL}); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}

func TestKeys_RevokesTheNamedKeyOnly(t *testing.T) {
	t.Parallel()
	u := atSite(t, map[string][]response{
		"/api-key/list":   {{200, `{"apiKeys":[{"id":"1","name":"report"},{"id":"2","name":"report"},{"id":"3","name":"backup"}]}`}},
		"/api-key/delete": {{200, `{}`}},
	})
	if err := u.program(nil, nil).saveLogin(savedLogin{Site: u.env["TASKLANE_SITE"], Token: "token"}); err != nil {
		t.Fatal(err)
	}
	u.fails(exitUsage, `2 keys are called "report"; use an id`, "keys", "-revoke", "report")
	u.fails(exitNotFound, "you have no such key", "keys", "-revoke", "none")
	u.sees("", "keys", "-revoke", "2")
	u.sees("", "keys", "-revoke", "backup")
}
