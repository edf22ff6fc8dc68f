package web_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/stack/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	// longTTL keeps sessions in the cache for a whole test.
	longTTL = time.Hour
	// trustedOrigin is another origin whose pages may call the API.
	trustedOrigin = "https://app.example.com"
	// trustedProxy is the address of a proxy in front of the test's bff.
	trustedProxy = "127.0.0.1/32"
	// waitTimeout bounds every wait, so that a test that hangs ends.
	waitTimeout  = time.Minute
	pollInterval = 10 * time.Millisecond
)

// site is a bff with a real Better Auth server and a real task service.
type site struct {
	url   string
	auth  *servertest.Auth
	tasks *servertest.Tasks
	// authTap and tasksTap record the requests to the servers.
	authTap, tasksTap *servertest.Tap
	log               *logBuffer
}

// siteConfig configures a test's site.
type siteConfig struct {
	// ttl is the lifetime of cached sessions; zero means the whole test.
	ttl time.Duration
	// jwtLifetime, postgres, provider and env configure Better Auth.
	jwtLifetime string
	postgres    *servertest.Postgres
	provider    string
	env         []string
	// directAuth and directTasks bypass the taps: a stopped server then rejects
	// connections, while a tap would accept and break them.
	directAuth, directTasks bool
}

// newSite starts a whole site.
func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteWith(t, siteConfig{})
}

func newSiteWith(t *testing.T, c siteConfig) *site {
	t.Helper()
	// Better Auth needs the address before there is a handler for it.
	server := httptest.NewUnstartedServer(nil)
	t.Cleanup(server.Close)
	s := &site{url: "http://" + server.Listener.Addr().String(), log: &logBuffer{}}
	s.auth = servertest.StartAuthWith(t, servertest.AuthConfig{
		Public: s.url, Trusted: []string{trustedOrigin}, JWTLifetime: c.jwtLifetime, Postgres: c.postgres, Provider: c.provider, Env: c.env,
	})
	s.authTap = servertest.NewTap(t, s.auth.URL)
	s.tasks = servertest.StartTasks(t, s.auth, "RATE_LIMIT=0")
	s.tasksTap = servertest.NewTap(t, s.tasks.URL)
	auth, tasks := s.authTap.URL, s.tasksTap.URL
	if c.directAuth {
		auth = s.auth.URL
	}
	if c.directTasks {
		tasks = s.tasks.URL
	}
	server.Config.Handler = newHandler(t, handlerConfig{
		public: s.url, secret: s.auth.Secret, auth: auth, tasks: tasks.String(), ttl: c.ttl, log: s.log,
	})
	server.Start()
	return s
}

// handlerConfig configures a test's handler.
type handlerConfig struct {
	public  string
	secret  string
	auth    *url.URL
	tasks   string
	pageDir string
	// callTimeout bounds a call of the task service; zero means the timeout of a
	// request.
	callTimeout time.Duration
	// ttl is as in siteConfig.
	ttl time.Duration
	// limits and clientRate are off by default, because all tests share one
	// address.
	limits     httpapi.Limits
	clientRate httpapi.Rate
	// heartbeat is the heartbeat of streams; zero means the default.
	heartbeat time.Duration
	log       io.Writer
}

func newHandler(t *testing.T, c handlerConfig) *web.Handler {
	t.Helper()
	connections := forward.NewTransport(time.Minute)
	t.Cleanup(connections.CloseIdleConnections)
	var transport http.RoundTripper = connections
	if c.callTimeout > 0 {
		transport = withTimeout{connections, c.callTimeout}
	}
	public, auth := parse(t, c.public), session.NewBetterAuth(c.auth)
	t.Cleanup(auth.Transport.CloseIdleConnections)
	sessions := session.NewSessions(auth, cmp.Or(c.ttl, longTTL))
	if c.secret == "" {
		sessions.CacheEnded()
	}
	handler, err := web.NewHandler(web.Config{
		PublicURL:       public,
		TrustedOrigins:  []environ.Origin{{URL: parse(t, trustedOrigin)}},
		TrustedProxies:  []environ.Network{environ.Network(netip.MustParsePrefix(trustedProxy))},
		PageDir:         c.pageDir,
		BetterAuth:      auth,
		Cookies:         session.NewCookies(c.secret, public.Scheme == "https", session.DefaultPrefix),
		Sessions:        sessions,
		TasksURL:        parse(t, c.tasks),
		TasksTransport:  transport,
		StreamTransport: forward.StreamTransport{Next: connections},
		Limits:          c.limits,
		ClientRate:      c.clientRate,
		Log:             slog.New(slog.NewJSONHandler(c.log, nil)),
		Heartbeat:       c.heartbeat,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(handler.EndStreams)
	if log, ok := c.log.(*logBuffer); ok {
		t.Cleanup(func() { servertest.CheckLog(t, "the bff", log.Log()) })
	}
	return handler
}

// withTimeout cancels requests after a timeout.
type withTimeout struct {
	http.RoundTripper

	callTimeout time.Duration
}

func (w withTimeout) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), w.callTimeout)
	context.AfterFunc(ctx, cancel)
	return w.RoundTripper.RoundTrip(r.WithContext(ctx))
}

// browser sends requests like a browser in which a page of the site runs.
type browser struct {
	t      *testing.T
	site   string
	client *http.Client
}

// newBrowser returns a browser without cookies. The test fails if a response to it contains
// a JWT.
func (s *site) newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, site: s.url, client: &http.Client{
		Jar:           jar,
		Transport:     &jwtChecker{t: t, next: transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signUp signs up a user and returns the email address.
func (b *browser) signUp() string {
	b.t.Helper()
	email := servertest.NewEmail()
	b.post("/api/auth/sign-up/email", map[string]any{"name": "Ada Lovelace", "email": email, "password": servertest.Password}).is(http.StatusOK)
	return email
}

// signIn starts another session of a user.
func (b *browser) signIn(email string) {
	b.t.Helper()
	b.post("/api/auth/sign-in/email", map[string]any{"email": email, "password": servertest.Password}).is(http.StatusOK)
}

func (b *browser) get(path string) *response {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, body any) *response {
	b.t.Helper()
	return b.do(http.MethodPost, path, body, nil)
}

// do sends a request; header overrides the browser's headers.
func (b *browser) do(method, path string, body any, header http.Header) *response {
	b.t.Helper()
	var content io.Reader
	if text, ok := body.(string); ok {
		content = strings.NewReader(text)
	} else if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site+path, content)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		r.Header.Set("Origin", b.site)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(r.Header, header)
	unread, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer unread.Body.Close()
	data, err := io.ReadAll(unread.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return &response{t: b.t, what: method + " " + path, status: unread.StatusCode, header: unread.Header, body: data}
}

// statusWithHost sends a GET request with an invalid Host header and returns the response's status.
func (s *site) statusWithHost(t *testing.T, host, path string) int {
	t.Helper()
	conn := s.sendRaw(t, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkNoJWT(t, "GET "+path, body, response.Header)
	return response.StatusCode
}

// cookie returns the browser's session cookie, or nil.
func (b *browser) cookie() *http.Cookie {
	for _, cookie := range b.client.Jar.Cookies(parse(b.t, b.site)) {
		if cookie.Name == session.CookieName {
			return cookie
		}
	}
	return nil
}

// response is a response to a browser.
type response struct {
	t      *testing.T
	what   string // the method and the path of the request
	status int
	header http.Header
	body   []byte
}

// is fails the test unless the response has this status.
func (r *response) is(status int) *response {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d %s, want %d", r.what, r.status, r.body, status)
	}
	return r
}

// into decodes the response.
func (r *response) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%s: %q: %v", r.what, r.body, err)
	}
}

// task returns the task in a response.
func (r *response) task() taskapi.Task {
	r.t.Helper()
	var body taskapi.TaskResponse
	r.into(&body)
	if !body.Success {
		r.t.Errorf("%s: %s is not a success", r.what, r.body)
	}
	return body.Data
}

// fails fails the test unless the response is a complete problem with this code and the
// request's id.
func (r *response) fails(code taskapi.ErrorCode) taskapi.Problem {
	r.t.Helper()
	r.is(code.Status())
	var problem taskapi.Problem
	r.into(&problem)
	if problem.Code != code || problem.Success || problem.Status != r.status || problem.Error == "" || problem.Title != http.StatusText(r.status) {
		r.t.Fatalf("%s: %s is not the problem %s", r.what, r.body, code)
	}
	if id := r.header.Get("X-Request-Id"); id == "" || problem.RequestID != id {
		r.t.Errorf("%s: request id %q in the body, %q in the header", r.what, problem.RequestID, id)
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("%s: Content-Type %q", r.what, got)
	}
	if got := r.header.Get("WWW-Authenticate"); (got == "") == (problem.Status == http.StatusUnauthorized) {
		r.t.Errorf("%s: WWW-Authenticate %q", r.what, got)
	}
	if (problem.Status == http.StatusServiceUnavailable || problem.Status == http.StatusGatewayTimeout) && r.header.Get("Retry-After") == "" {
		r.t.Errorf("%s: no Retry-After", r.what)
	}
	return problem
}

// logBuffer records log lines.
type logBuffer struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(line))
	return len(line), nil
}

// Log returns the lines so far.
func (l *logBuffer) Log() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// logged returns the log lines that contain a text. It waits for the first one, which may
// follow the response.
func logged(t *testing.T, log interface{ Log() []string }, text string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		found := slices.DeleteFunc(log.Log(), func(line string) bool { return !strings.Contains(line, text) })
		if len(found) > 0 {
			return found
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Errorf("no log line contains %q", text)
			return nil
		}
	}
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// browserWith returns a browser without a session, for a bff whose Better Auth is the handler.
func browserWith(t *testing.T, betterAuth http.HandlerFunc) *browser {
	t.Helper()
	auth := httptest.NewServer(betterAuth)
	t.Cleanup(auth.Close)
	bff := httptest.NewServer(newHandler(t, handlerConfig{public: "http://localhost", auth: parse(t, auth.URL), tasks: auth.URL, log: &logBuffer{}}))
	t.Cleanup(bff.Close)
	return (&site{url: bff.URL}).newBrowser(t)
}

// writeSession writes Better Auth's response for a live session.
func writeSession(w http.ResponseWriter) {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"exp":9999999999}`))
	w.Header().Set("Set-Auth-Jwt", "e30."+claims+".x")
	_, _ = io.WriteString(w, `{"session":{"expiresAt":"2999-01-01T00:00:00Z"},"user":{"id":"ada"}}`)
}
