package servertest

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed" // oauth.mjs
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

// Auth is a running Better Auth server.
type Auth struct {
	// URL is its address.
	URL *url.URL
	// Secret is its BETTER_AUTH_SECRET.
	Secret string

	*process

	database string
	postgres *Postgres
	issuer   string
	route    Route
	// tasksPort is the port of the first task service that StartTasks starts for it.
	tasksPort  string
	firstTasks sync.Once
}

// Route returns the address by which one server reaches another one, which listens at
// address: that of a proxy, for example. The nil Route returns address itself.
type Route func(from, to, address string) string

func (r Route) address(from, to, address string) string {
	if r == nil {
		return address
	}
	return r(from, to, address)
}

// AuthConfig configures a test's Better Auth server.
type AuthConfig struct {
	// Public is the origin of the site.
	Public string
	// Trusted are other origins whose pages may call the server.
	Trusted []string
	// JWTLifetime is the lifetime of JWTs, such as "10s"; empty for the default.
	JWTLifetime string
	// Postgres is the server for its data and that of its task service; nil for
	// the shared one.
	Postgres *Postgres
	// Route returns the addresses that this server and the servers started
	// with it use for each other.
	Route Route
	// Provider is the address of an OAuth provider that users may sign in
	// with, under the id "provider"; empty for none. Its endpoints are
	// /authorize, /token and /user.
	Provider string
	// Env adds environment variables.
	Env []string
}

// oauthServer is a Better Auth server with sign-in at config.Provider.
//
//go:embed oauth.mjs
var oauthServer string

// StartAuth starts a Better Auth server for a site at the public origin. Pages of the
// trusted origins may call it too.
func StartAuth(t testing.TB, public string, trusted ...string) *Auth {
	t.Helper()
	return StartAuthWith(t, AuthConfig{Public: public, Trusted: trusted})
}

// StartAuthWith starts a Better Auth server.
func StartAuthWith(t testing.TB, config AuthConfig) *Auth {
	t.Helper()
	database, _ := newDatabase(t, config.Postgres)
	ports := freePorts(t, 2)
	a := &Auth{
		URL:      parse(t, "http://127.0.0.1:"+ports[0]),
		Secret:   rand.Text() + rand.Text(),
		database: database,
		postgres: config.Postgres,
		issuer:   config.Public,
		route:    config.Route,

		tasksPort: ports[1],
	}
	a.process = &process{
		t:       t,
		command: []string{"node", "server.mjs"},
		dir:     filepath.Join(repotest.Root(t), "services", "auth"),
		ready:   a.URL.JoinPath("/readyz").String(),
		env: []string{
			"BETTER_AUTH_SECRET=" + a.Secret,
			"BETTER_AUTH_URL=" + config.Public,
			"BETTER_AUTH_TRUSTED_ORIGINS=" + strings.Join(config.Trusted, ","),
			"DATABASE_URL=" + config.Route.address("auth", "postgres", database),
			"TASKS_URL=" + config.Route.address("auth", "tasks", "http://127.0.0.1:"+ports[1]),
			"HOST=127.0.0.1",
			"TRUSTED_PROXIES=127.0.0.1",
			"PORT=" + ports[0],
			"JWT_LIFETIME=" + config.JWTLifetime,
			// All tests share one address.
			"RATE_LIMIT_ENABLED=false",
		},
	}
	a.env = append(a.env, config.Env...)
	if config.Provider != "" {
		a.command = []string{"node", "--input-type=module", "--eval", oauthServer}
		a.env = append(a.env, "OAUTH_PROVIDER_URL="+config.Provider)
	}
	a.start()
	return a
}

// Replica starts another Better Auth server on the same database.
func (a *Auth) Replica() *Auth {
	t := a.t
	t.Helper()
	ports := freePorts(t, 1)
	replica := &Auth{
		URL: parse(t, "http://127.0.0.1:"+ports[0]), Secret: a.Secret,
		database: a.database, postgres: a.postgres, issuer: a.issuer, route: a.route,
	}
	replica.process = &process{
		t: t, command: a.command, dir: a.dir, ready: replica.URL.JoinPath("/readyz").String(),
		env: append(slices.Clip(a.env), "PORT="+ports[0]), // overrides an earlier PORT
	}
	replica.start()
	return replica
}

// OwnerURL is the URL of the server's database as superuser.
func (a *Auth) OwnerURL() string { return a.database }

// Exec runs a statement in the server's database.
func (a *Auth) Exec(statement string, args ...any) {
	a.t.Helper()
	run(a.t, a.database, statement, args...)
}

// Password is the password of every test user.
const Password = "correct horse battery staple"

// SignUp signs up a user and returns the cookies of the first session.
func (a *Auth) SignUp() []*http.Cookie {
	a.t.Helper()
	return a.Post("/api/auth/sign-up/email", map[string]any{
		"name": "Ada Lovelace", "email": NewEmail(), "password": Password,
	}).Cookies()
}

// NewEmail returns a unique email address.
func NewEmail() string { return strings.ToLower(rand.Text()) + "@example.com" }

// JWT returns a JWT of a session.
func (a *Auth) JWT(cookie *http.Cookie) string {
	a.t.Helper()
	return a.Get("/api/auth/get-session", cookie).Header.Get("Set-Auth-Jwt")
}

// Get sends a request to the server, not through a bff, and returns the response, which must
// be a 200.
func (a *Auth) Get(path string, cookies ...*http.Cookie) *http.Response {
	a.t.Helper()
	return a.send(http.MethodGet, path, nil, cookies)
}

// Post is Get with a body.
func (a *Auth) Post(path string, body any, cookies ...*http.Cookie) *http.Response {
	a.t.Helper()
	return a.send(http.MethodPost, path, body, cookies)
}

func (a *Auth) send(method, path string, body any, cookies []*http.Cookie) *http.Response {
	t := a.t
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if body == nil {
		encoded = nil
	}
	r, err := http.NewRequestWithContext(context.Background(), method, a.URL.String()+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", a.issuer) // Better Auth requires an origin for writes with a cookie
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s (%v)", method, path, response.StatusCode, data, err)
	}
	response.Body = io.NopCloser(bytes.NewReader(data))
	return response
}
