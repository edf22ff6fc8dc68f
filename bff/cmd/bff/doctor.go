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

// clockTolerance is how far Better Auth's clock may be from ours: the leeway that the
// task service gives tokens.
const clockTolerance = 30 * time.Second

type doctorCommand struct {
	Email    string `help:"Sign in as this user, too, with the password in DOCTOR_PASSWORD."`
	Password string `env:"DOCTOR_PASSWORD" hidden:""`
}

// Run goes the way of a request through the servers that the environment names, and says
// what to do about what is wrong. It changes nothing: the session that it begins is ended.
func (d doctorCommand) Run(ctx context.Context) error {
	var c config
	if err := environ.Read(&c); err != nil {
		return err
	}
	return examine(ctx, c, d, os.Stdout)
}

func examine(ctx context.Context, c config, user doctorCommand, out io.Writer) error {
	p := &siteCheck{
		config: c, user: user, auth: session.NewBetterAuth(c.BetterAuthURL.URL),
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	defer p.signOut(context.WithoutCancel(ctx))
	return doctor.Run(ctx, out, p.checks())
}

// siteCheck is a site to check, with the results so far.
type siteCheck struct {
	config

	user doctorCommand
	auth *session.BetterAuth
	http *http.Client
	// cookies are those of the user's session, jwt is its JWT.
	cookies []*http.Cookie
	jwt     string
}

// The names of the checks.
const (
	authCheck   = "auth"
	originCheck = "origin"
	signInCheck = "sign-in"
	cookieCheck = "cookie"
	tokenCheck  = "token"
)

func (p *siteCheck) checks() []doctor.Check {
	return []doctor.Check{
		{Name: "site", Run: p.checkSite, Fix: "let the proxy in front, or the rewrites, hand /api to this bff"},
		{Name: authCheck, Run: p.checkAuth, Fix: "see whether Better Auth runs, and whether BETTER_AUTH_URL leads to it"},
		{Name: "clock", Needs: authCheck, Run: p.checkClock, Fix: "let both machines synchronise with NTP: a JWT counts by this time"},
		{Name: originCheck, Needs: authCheck, Run: p.checkOrigin, Fix: "look at Better Auth's log"},
		{Name: "proxy", Needs: authCheck, Run: p.checkProxy, Fix: "look at Better Auth's log"},
		{Name: "passkeys", Needs: originCheck, Run: p.checkPasskeys, Fix: "set BETTER_AUTH_URL of the auth server to PUBLIC_URL, and COOKIE_DOMAIN there to its host or a parent domain; with your own Better Auth, set rpID of its passkey plugin"},
		{Name: "service", Run: p.checkService, Fix: "see whether the task service runs, and whether TASKS_URL leads to it"},
		{Name: signInCheck, Needs: originCheck, Run: p.checkSignIn, Fix: "look at Better Auth's log"},
		{Name: cookieCheck, Needs: signInCheck, Run: p.checkCookie, Fix: "set COOKIE_PREFIX to Better Auth's advanced.cookiePrefix"},
		{Name: "secret", Needs: cookieCheck, Run: p.checkSecret, Fix: "set BETTER_AUTH_SECRET to Better Auth's"},
		{Name: tokenCheck, Needs: cookieCheck, Run: p.checkToken, Fix: "let BETTER_AUTH_URL lead to Better Auth itself, not to a bff or a proxy that drops the header Set-Auth-Jwt; leave out disableSettingJwtHeader of its plugin jwt"},
		{Name: "chain", Needs: tokenCheck, Run: p.checkChain, Fix: "run \"tasks doctor\" in the task service's environment"},
	}
}

type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    []byte
}

// ask sends a request as a page of the site does. A header replaces what it would
// send.
func (p *siteCheck) ask(ctx context.Context, method string, target *url.URL, body any, header ...string) (*reply, error) {
	const longest = 1 << 20
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
	r.Header.Set("Origin", p.PublicURL.String())
	for _, cookie := range p.cookies {
		r.AddCookie(cookie)
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, longest))
	return &reply{response.StatusCode, response.Header, response.Cookies(), read}, err
}
