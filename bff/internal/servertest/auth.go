package servertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// Auth is a running Better Auth server.
type Auth struct {
	// URL is where it is reached.
	URL *url.URL
	// Secret is its BETTER_AUTH_SECRET.
	Secret string

	process  *process
	database string
	issuer   string
}

// StartAuth starts a Better Auth server for a site at the public origin, which
// pages of the trusted origins may call too.
func StartAuth(t testing.TB, public string, trusted ...string) *Auth {
	t.Helper()
	database, _ := newDatabase(t)
	ports := freePorts(t, 1)
	a := &Auth{
		URL:      parse(t, "http://127.0.0.1:"+ports[0]),
		Secret:   rand.Text() + rand.Text(),
		database: database,
		issuer:   public,
	}
	a.process = &process{
		t:       t,
		command: []string{"node", "server.mjs"},
		dir:     filepath.Join(root(t), "services", "auth"),
		ready:   a.URL.JoinPath("/readyz").String(),
		env: []string{
			"BETTER_AUTH_SECRET=" + a.Secret,
			"BETTER_AUTH_URL=" + public,
			"BETTER_AUTH_TRUSTED_ORIGINS=" + strings.Join(trusted, ","),
			"DATABASE_URL=" + database,
			"HOST=127.0.0.1",
			"PORT=" + ports[0],
			// All tests come from one address.
			"RATE_LIMIT_ENABLED=false",
		},
	}
	a.process.start()
	return a
}

// Stop ends the server, as in an outage.
func (a *Auth) Stop() { a.process.stop() }

// Restart starts the server again where it was, with its data.
func (a *Auth) Restart() {
	a.process.t.Helper()
	a.process.start()
}

// Exec changes the server's database behind its back.
func (a *Auth) Exec(statement string, args ...any) {
	a.process.t.Helper()
	run(a.process.t, a.database, statement, args...)
}

// Password is that of every user of the tests.
const Password = "correct horse battery staple"

// SignUp makes a user and returns the cookies of the first session.
func (a *Auth) SignUp() []*http.Cookie {
	a.process.t.Helper()
	return a.Post("/api/auth/sign-up/email", map[string]any{
		"name": "Ada Lovelace", "email": NewEmail(), "password": Password,
	}).Cookies()
}

// NewEmail returns an address that no other user has.
func NewEmail() string { return strings.ToLower(rand.Text()) + "@example.com" }

// Post calls the server itself, as a program without a browser does, and
// returns the answer, which must be a success. Its body is read already.
func (a *Auth) Post(path string, body any, cookies ...*http.Cookie) *http.Response {
	t := a.process.t
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, a.URL.JoinPath(path).String(), bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if len(cookies) > 0 {
		// With a cookie, Better Auth wants to know where the request is from.
		r.Header.Set("Origin", a.issuer)
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %d %s (%v)", path, response.StatusCode, answer, err)
	}
	return response
}
