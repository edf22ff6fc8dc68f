package servertest_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	signInPath  = "/api/auth/sign-in/email"
	sessionPath = "/api/auth/get-session"

	// tokenLifetime is the lifetime of JWTs of services/auth.
	tokenLifetime = 15 * time.Minute
)

// servers are a real Better Auth server and a real task service.
type servers struct {
	auth  *servertest.Auth
	tasks *servertest.Tasks
}

// TestSDK runs Go programs, which call the servers without the bff, against the real
// servers.
func TestSDK(t *testing.T) {
	t.Parallel()
	s := servers{auth: servertest.StartAuth(t, "http://localhost:3000")}
	s.tasks = servertest.StartTasks(t, s.auth)
	for name, test := range map[string]func(*program){
		"signs in once and renews in time":       signsInOnce,
		"signs in again after a revocation":      signsInAgain,
		"a wrong password fails at once":         wrongPassword,
		"renews the session of a cookie":         sessionCookie,
		"uses its JWT while Better Auth is down": authIsDown,
		"a watch waits until Better Auth is up":  watchWaitsForAuth,
		"replaces a rejected JWT":                rejectedToken,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, s)
			// Within synctest, the program's clock advances at once while the
			// program sleeps, and stops while it waits for a server.
			synctest.Test(t, func(t *testing.T) {
				p.T = t
				test(p)
			})
		})
	}
	t.Run("the command-line client", func(t *testing.T) {
		t.Parallel()
		commandLine(t, s)
	})
}

// program is a Go program with its own user.
type program struct {
	*testing.T
	servers
	email             string
	cookie            *http.Cookie // of the session started by the sign-up
	authTap, tasksTap *servertest.Tap
}

func newProgram(t *testing.T, s servers) *program {
	t.Helper()
	p := &program{
		T:        t,
		servers:  s,
		email:    servertest.NewEmail(),
		authTap:  servertest.NewTap(t, s.auth.URL),
		tasksTap: servertest.NewTap(t, s.tasks.URL),
	}
	response := s.auth.Post("/api/auth/sign-up/email", map[string]any{"name": "Ada", "email": p.email, "password": servertest.Password})
	for _, cookie := range response.Cookies() {
		if strings.HasSuffix(cookie.Name, ".session_token") {
			p.cookie = cookie
		}
	}
	return p
}

// httpClient returns a client without idle goroutines, for which synctest's clock would
// wait.
func httpClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

func (p *program) passwordSource(password string) *sdk.BetterAuth {
	p.Helper()
	source, err := sdk.NewPasswordSource(p.authTap.URL.String(), p.email, password, sdk.WithBetterAuthHTTPClient(httpClient()))
	if err != nil {
		p.Fatal(err)
	}
	return source
}

// sessionSource is a token source for the session started by the sign-up.
func (p *program) sessionSource() *sdk.BetterAuth {
	p.Helper()
	source, err := sdk.NewSessionSource(p.authTap.URL.String(), p.cookie.Name+"="+p.cookie.Value,
		sdk.WithBetterAuthHTTPClient(httpClient()))
	if err != nil {
		p.Fatal(err)
	}
	return source
}

func (p *program) client(source sdk.TokenSource) *sdk.Client {
	p.Helper()
	client, err := sdk.New(p.tasksTap.URL.String(), sdk.WithTokenSource(source), sdk.WithHTTPClient(httpClient()))
	if err != nil {
		p.Fatal(err)
	}
	return client
}

// token gets a token from a source and checks that the task service accepts it.
func (p *program) token(source sdk.TokenSource) string {
	p.Helper()
	token, err := source.Token(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	if _, err := p.client(nil).TaskStats(p.Context(), "", sdk.WithToken(token)); err != nil {
		p.Fatalf("the task service rejects the token: %v", err)
	}
	return token
}

// wantRequests checks the number of requests to Better Auth so far.
func (p *program) wantRequests(when string, signIns, exchanges int) {
	p.Helper()
	if gotSignIns, gotExchanges := p.authTap.Count(signInPath), p.authTap.Count(sessionPath); gotSignIns != signIns || gotExchanges != exchanges {
		p.Errorf("%s: %d sign-ins and %d exchanges, want %d and %d", when, gotSignIns, gotExchanges, signIns, exchanges)
	}
}

// revoke ends all sessions of the user.
func (p *program) revoke() {
	p.Helper()
	p.auth.Exec(`DELETE FROM session WHERE "userId" = (SELECT id FROM "user" WHERE email = $1)`, p.email)
}

func signsInOnce(p *program) {
	source := p.passwordSource(servertest.Password)
	client := p.client(source)
	if _, err := client.CreateTask(p.Context(), taskapi.CreateTaskRequest{Title: "Water the plants"}); err != nil {
		p.Fatal(err)
	}
	p.wantRequests("at first", 1, 1)

	first := p.token(source)
	time.Sleep(tokenLifetime - 2*time.Minute)
	if p.token(source) != first {
		p.Error("the token was renewed two minutes before it expired")
	}
	time.Sleep(time.Minute + time.Second)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := client.TaskStats(p.Context(), ""); err != nil {
				p.Error(err)
			}
		})
	}
	all.Wait()
	p.wantRequests("shortly before the token expires", 1, 2)
}

func signsInAgain(p *program) {
	source := p.passwordSource(servertest.Password)
	p.token(source)
	p.revoke()
	p.token(source)
	p.wantRequests("while the token is valid", 1, 1)
	time.Sleep(tokenLifetime)
	p.token(source)
	p.wantRequests("after the token has expired", 2, 3)
}

func wrongPassword(p *program) {
	_, err := p.client(p.passwordSource("a wrong password")).TaskStats(p.Context(), "")
	var failure *sdk.Error
	if !errors.Is(err, sdk.ErrUnauthenticated) || !errors.As(err, &failure) || failure.Attempts != 0 {
		p.Fatalf("got %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "sign in: ") || strings.Contains(text, "a wrong password") {
		p.Errorf("the error is %s", text)
	}
	p.wantRequests("with a wrong password", 1, 0)
}

func sessionCookie(p *program) {
	source := p.sessionSource()
	p.token(source)
	time.Sleep(tokenLifetime)
	p.token(source)
	p.wantRequests("after one renewal", 0, 2)
	p.revoke()
	time.Sleep(tokenLifetime)
	if _, err := p.client(source).TaskStats(p.Context(), ""); !errors.Is(err, sdk.ErrSessionExpired) {
		p.Errorf("after the session has ended: %v", err)
	}
}

// stopAuth closes every connection to Better Auth.
func (p *program) stopAuth() {
	p.authTap.Instead(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

func authIsDown(p *program) {
	source := p.passwordSource(servertest.Password)
	client := p.client(source)
	p.token(source)
	p.stopAuth()
	time.Sleep(tokenLifetime - 30*time.Second)
	if _, err := client.TaskStats(p.Context(), ""); err != nil {
		p.Errorf("while the token is valid: %v", err)
	}
	time.Sleep(time.Minute)
	if _, err := client.TaskStats(p.Context(), ""); !errors.Is(err, sdk.ErrAuthUnavailable) {
		p.Errorf("after the token has expired: %v", err)
	}
	p.authTap.Instead(nil)
	time.Sleep(10 * time.Second)
	p.token(source)
}

func watchWaitsForAuth(p *program) {
	task, err := p.client(p.passwordSource(servertest.Password)).CreateTask(p.Context(), taskapi.CreateTaskRequest{Title: "Water the plants"})
	if err != nil {
		p.Fatal(err)
	}
	before := p.authTap.Count(signInPath)
	p.stopAuth()
	time.AfterFunc(time.Minute, func() { p.authTap.Instead(nil) })
	for change, err := range p.client(p.passwordSource(servertest.Password)).Watch(p.Context(), 0) {
		if err != nil || change.ID != task.ID {
			p.Fatalf("got %+v, %v", change, err)
		}
		break
	}
	if tried := p.authTap.Count(signInPath) - before; tried < 3 || tried > 15 {
		p.Errorf("sent %d requests to Better Auth in a minute", tried)
	}
}

func rejectedToken(p *program) {
	source := p.passwordSource(servertest.Password)
	client := p.client(source)
	first := p.token(source)
	// Within one second, Better Auth returns the same token.
	for p.token(p.sessionSource()) == first {
	}
	time.Sleep(time.Minute)
	exchanges := p.authTap.Count(sessionPath)
	p.tasksTap.Instead(func(w http.ResponseWriter, _ *http.Request) {
		p.tasksTap.Instead(nil)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"success":false,"code":"token_expired","status":401,"error":"The token has expired."}`))
	})
	var response sdk.Response
	if _, err := client.TaskStats(p.Context(), "", sdk.WithResponse(&response)); err != nil || response.Attempts != 2 {
		p.Errorf("got %v after %d attempts", err, response.Attempts)
	}
	p.wantRequests("after a 401", 1, exchanges+1)
	if p.token(source) == first {
		p.Error("the source still returns the rejected token")
	}
}
