package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/doctor"
	"github.com/tasklane/tasklane/services/environ"
)

// clockTolerance is the largest accepted difference between Better Auth's clock and this
// machine's. It is the leeway with which the task service checks tokens.
const clockTolerance = 30 * time.Second

type doctorCommand struct {
	Email    string `placeholder:"EMAIL" help:"Also sign in as this user, with the password in DOCTOR_PASSWORD."`
	Password string `env:"DOCTOR_PASSWORD" hidden:""`
}

// Run sends requests to the servers that the environment names and prints how to fix what
// fails. It changes nothing: it signs out of the session that it starts.
func (d doctorCommand) Run(ctx context.Context) error {
	var c config
	if err := environ.Read(&c); err != nil {
		return err
	}
	return runChecks(ctx, c, d, os.Stdout)
}

func runChecks(ctx context.Context, c config, user doctorCommand, out io.Writer) error {
	d := &diagnosis{
		config: c, user: user, auth: session.NewBetterAuth(c.BetterAuthURL.URL),
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	defer d.signOut(context.WithoutCancel(ctx))
	return doctor.Run(ctx, out, d.checks())
}

// diagnosis is the state of one run of the checks.
type diagnosis struct {
	config

	user doctorCommand
	auth *session.BetterAuth
	http *http.Client
	// cookies are those of the user's session, jwt is its JWT.
	cookies []*http.Cookie
	jwt     string
}

func (d *diagnosis) checks() []doctor.Check {
	return []doctor.Check{
		{Name: "site", Run: d.checkSite, Fix: "make the proxy in front, or the rewrites, forward /api to this bff"},
		{Name: "auth", Run: d.checkAuth, Fix: "check that Better Auth runs, and that BETTER_AUTH_URL is its address"},
		{Name: "clock", Needs: "auth", Run: d.checkClock, Fix: "synchronize both with NTP: the expiry of JWTs depends on the clocks"},
		{Name: "origin", Needs: "auth", Run: d.checkOrigin, Fix: "see Better Auth's log"},
		{Name: "proxy", Needs: "auth", Run: d.checkProxy, Fix: "see Better Auth's log"},
		{Name: "passkeys", Needs: "origin", Run: d.checkPasskeys, Fix: "set BETTER_AUTH_URL of the auth server to PUBLIC_URL, and COOKIE_DOMAIN there to its host or a parent domain; with your own Better Auth, set rpID of its passkey plugin"},
		{Name: "service", Run: d.checkService, Fix: "check that the task service runs, and that TASKS_URL is its address"},
		{Name: "sign-in", Needs: "origin", Run: d.checkSignIn, Fix: "see Better Auth's log"},
		{Name: "cookie", Needs: "sign-in", Run: d.checkCookie, Fix: "set COOKIE_PREFIX to Better Auth's advanced.cookiePrefix"},
		{Name: "secret", Needs: "cookie", Run: d.checkSecret, Fix: "set BETTER_AUTH_SECRET to Better Auth's secret"},
		{Name: "token", Needs: "cookie", Run: d.checkToken, Fix: "set BETTER_AUTH_URL to Better Auth itself, not to a bff or a proxy that drops the header Set-Auth-Jwt; do not set disableSettingJwtHeader of its plugin jwt"},
		{Name: "chain", Needs: "token", Run: d.checkChain, Fix: "run \"tasks doctor\" in the task service's environment"},
	}
}

// fault returns an error whose fix replaces that of the check.
func fault(problem, fix string) error { return &doctor.Fault{Problem: problem, Fix: fix} }

// response is a response whose body has been read.
type response struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    []byte
}

// send sends a request as a page of the site does. header has names and values, which
// replace the page's. It reads at most 1 MiB of the response.
func (d *diagnosis) send(ctx context.Context, method string, target *url.URL, body any, header ...string) (*response, error) {
	const maxBytes = 1 << 20
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		encoded = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", d.PublicURL.String())
	for _, cookie := range d.cookies {
		r.AddCookie(cookie)
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	unread, err := d.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer unread.Body.Close()
	content, err := io.ReadAll(io.LimitReader(unread.Body, maxBytes))
	return &response{unread.StatusCode, unread.Header, unread.Cookies(), content}, err
}
