package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/doctor"
	"github.com/tasklane/tasklane/services/environ"
)

// clockTolerance is how far Better Auth's clock may be from ours: the leeway that the
// task service gives tokens.
const clockTolerance = 30 * time.Second

type doctorCommand struct{}

// Run goes the way of a request through the servers that the environment names, with
// an account that it makes and deletes, and says what to do about what is wrong.
func (doctorCommand) Run(ctx context.Context) error {
	var c config
	if err := environ.Read(&c); err != nil {
		return err
	}
	return examine(ctx, c, os.Stdout)
}

func examine(ctx context.Context, c config, out io.Writer) error {
	p := &patient{
		config: c, auth: session.NewBetterAuth(c.BetterAuthURL.URL),
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	defer p.deleteAccount(context.WithoutCancel(ctx))
	return doctor.Examine(ctx, out, p.checks())
}

// patient is a site that is examined, and what was found out so far.
type patient struct {
	config

	auth *session.BetterAuth
	http *http.Client
	// cookies are those of the account that was made, password is its.
	cookies  []*http.Cookie
	password string
	jwt      string
}

// The names of the checks.
const (
	authCheck    = "auth"
	originCheck  = "origin"
	cookieCheck  = "cookie"
	tokenCheck   = "token"
	serviceCheck = "service"
)

func (p *patient) checks() []doctor.Check {
	return []doctor.Check{
		{Name: authCheck, Run: p.checkAuth, Cure: "see whether Better Auth runs, and whether BETTER_AUTH_URL leads to it"},
		{Name: "clock", Needs: authCheck, Run: p.checkClock, Cure: "let both machines synchronise with NTP: a JWT counts by this time"},
		{Name: originCheck, Needs: authCheck, Run: p.checkOrigin, Cure: "look at Better Auth's log"},
		{Name: cookieCheck, Needs: originCheck, Run: p.checkCookie, Cure: "set COOKIE_PREFIX to Better Auth's advanced.cookiePrefix"},
		{Name: "secret", Needs: cookieCheck, Run: p.checkSecret, Cure: "set BETTER_AUTH_SECRET to Better Auth's"},
		{Name: tokenCheck, Needs: cookieCheck, Run: p.checkToken, Cure: "give Better Auth its plugin jwt"},
		{Name: serviceCheck, Run: p.checkService, Cure: "see whether the task service runs, and whether TASKS_URL leads to it"},
		{Name: "chain", Needs: tokenCheck, Run: p.checkChain, Cure: "look at the task service's log"},
	}
}

// checkAuth asks for the keys, which Better Auth reads from its database.
func (p *patient) checkAuth(ctx context.Context) (string, error) {
	answer, err := p.ask(ctx, http.MethodGet, p.auth.URL.JoinPath("jwks"), nil)
	if err != nil {
		return "", err
	}
	var keys struct {
		Keys []struct{ Alg string } `json:"keys"`
	}
	switch {
	case answer.status >= http.StatusInternalServerError:
		return "", &doctor.Fault{Problem: fmt.Sprintf("answers %d for its keys", answer.status), Cure: "look at Better Auth's log: it may not reach its database"}
	case answer.status != http.StatusOK || json.Unmarshal(answer.body, &keys) != nil || keys.Keys == nil:
		return "", &doctor.Fault{
			Problem: fmt.Sprintf("%s answers %d, which is not a list of keys", p.auth.URL, answer.status),
			Cure:    "let BETTER_AUTH_URL lead to Better Auth, with its path if that is not /api/auth, and give it the plugin jwt",
		}
	}
	return fmt.Sprintf("answers, with %d keys", len(keys.Keys)), nil
}

func (p *patient) checkClock(ctx context.Context) (string, error) {
	answer, err := p.ask(ctx, http.MethodGet, p.auth.URL.JoinPath("ok"), nil)
	if err != nil {
		return "", err
	}
	there, err := http.ParseTime(answer.header.Get("Date"))
	if err != nil {
		return "not told by Better Auth", nil
	}
	if apart := time.Since(there).Abs(); apart > clockTolerance {
		return "", fmt.Errorf("Better Auth's clock is %s from this machine's", apart.Round(time.Second)) //nolint:staticcheck // a name
	}
	return "agrees with Better Auth's", nil
}

// checkOrigin makes an account, as a page of the site and of each trusted origin does.
func (p *patient) checkOrigin(ctx context.Context) (string, error) {
	p.password = rand.Text()
	body := map[string]string{"name": "doctor", "email": "doctor-" + strings.ToLower(rand.Text()) + "@example.com", "password": p.password}
	answer, err := p.ask(ctx, http.MethodPost, p.auth.URL.JoinPath("sign-up/email"), body)
	if err != nil {
		return "", err
	}
	var refusal struct{ Code, Message string }
	_ = json.Unmarshal(answer.body, &refusal) // what is no object has no code
	switch {
	case strings.Contains(refusal.Code, "ORIGIN"):
		return "", p.untrusted(p.PublicURL.String())
	case answer.status == http.StatusTooManyRequests:
		return "", &doctor.Fault{Problem: "Better Auth limits sign-ups", Cure: "try again in a minute; the bffs must be in TRUSTED_PROXIES of the auth server"}
	case answer.status != http.StatusOK:
		return "", fmt.Errorf("sign-up: status %d: %s %s", answer.status, refusal.Code, refusal.Message)
	}
	p.cookies = answer.cookies
	for _, origin := range p.TrustedOrigins {
		answer, err := p.ask(ctx, http.MethodPost, p.auth.URL.JoinPath("update-user"), map[string]string{"name": "doctor"}, "Origin", origin.String())
		if err != nil {
			return "", err
		}
		if answer.status == http.StatusForbidden {
			return "", p.untrusted(origin.String())
		}
	}
	return "is trusted by Better Auth: " + p.PublicURL.String(), nil
}

func (p *patient) untrusted(origin string) error {
	return &doctor.Fault{
		Problem: "Better Auth refuses pages of " + origin,
		Cure:    "set BETTER_AUTH_URL of the auth server to PUBLIC_URL, and BETTER_AUTH_TRUSTED_ORIGINS there to TRUSTED_ORIGINS; with your own Better Auth: baseURL and trustedOrigins",
	}
}

// sessionCookie returns the session cookie that Better Auth has set, or nil.
func (p *patient) sessionCookie() *http.Cookie {
	i := slices.IndexFunc(p.cookies, func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, ".session_token") })
	if i < 0 {
		return nil
	}
	return p.cookies[i]
}

func (p *patient) checkCookie(context.Context) (string, error) {
	cookie := p.sessionCookie()
	if cookie == nil {
		return "", &doctor.Fault{
			Problem: "a sign-up begins no session",
			Cure:    "if email addresses must be confirmed first (REQUIRE_EMAIL_VERIFICATION), that is as it should be: turn it off to have the rest checked",
		}
	}
	name, isSecure := strings.CutPrefix(cookie.Name, "__Secure-")
	if want := string(p.CookiePrefix) + ".session_token"; name != want {
		return "", fmt.Errorf("it is named %s, not %s", name, want)
	}
	if isHTTPS := p.PublicURL.Scheme == "https"; isHTTPS != isSecure {
		return "", &doctor.Fault{
			Problem: fmt.Sprintf("it is named %s, and PUBLIC_URL is %s", cookie.Name, p.PublicURL),
			Cure:    "let BETTER_AUTH_URL of the auth server (its baseURL) be PUBLIC_URL, with the same scheme",
		}
	}
	return "is named " + cookie.Name, nil
}

func (p *patient) checkSecret(context.Context) (string, error) {
	if p.Secret == "" {
		return "is not set: each unknown cookie is a question to Better Auth", nil
	}
	r := &http.Request{Header: http.Header{}}
	r.AddCookie(p.sessionCookie())
	cookies := session.NewCookies(string(p.Secret), p.PublicURL.Scheme == "https", string(p.CookiePrefix))
	if len(cookies.Candidates(r)) == 0 {
		return "", errors.New("the cookie that Better Auth has signed has another signature")
	}
	return "is Better Auth's", nil
}

func (p *patient) checkToken(ctx context.Context) (string, error) {
	target := p.auth.URL.JoinPath("get-session")
	target.RawQuery = "disableCookieCache=true"
	answer, err := p.ask(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	if p.jwt = answer.header.Get("Set-Auth-Jwt"); p.jwt == "" {
		return "", fmt.Errorf("get-session answers %d without a JWT", answer.status)
	}
	algorithm, issuer, audience := p.tokenSays()
	return fmt.Sprintf("of %s for %s, signed with %s", issuer, audience, algorithm), nil
}

// tokenSays returns what stands in the JWT.
func (p *patient) tokenSays() (algorithm, issuer string, audience any) {
	var header struct{ Alg string }
	var claims struct {
		Iss string
		Aud any
	}
	parts := strings.Split(p.jwt, ".")
	for i, v := range []any{&header, &claims} {
		if i < len(parts) {
			decoded, _ := base64.RawURLEncoding.DecodeString(parts[i]) // what cannot be read says nothing
			_ = json.Unmarshal(decoded, v)
		}
	}
	return header.Alg, claims.Iss, claims.Aud
}

func (p *patient) checkService(ctx context.Context) (string, error) {
	answer, err := p.ask(ctx, http.MethodHead, p.TasksURL.URL, nil)
	if err != nil {
		return "", err
	}
	if answer.status != http.StatusNoContent {
		return "", fmt.Errorf("%s answers %d: it is not the task service", p.TasksURL, answer.status)
	}
	return "answers", nil
}

// checkChain asks the task service with the JWT.
func (p *patient) checkChain(ctx context.Context) (string, error) {
	target := p.TasksURL.JoinPath("api/tasks")
	target.RawQuery = "limit=1"
	answer, err := p.ask(ctx, http.MethodGet, target, nil, "Authorization", "Bearer "+p.jwt, "Cookie", "")
	if err != nil {
		return "", err
	}
	algorithm, issuer, audience := p.tokenSays()
	challenge := answer.header.Get("Www-Authenticate")
	fault := func(problem, cure string) error { return &doctor.Fault{Problem: problem, Cure: cure} }
	switch {
	case answer.status == http.StatusOK:
		return "holds: the task service answers for a user of Better Auth", nil
	case answer.status != http.StatusUnauthorized:
		return "", fmt.Errorf("the task service answers %d", answer.status)
	case strings.Contains(challenge, "JWT_ISSUER"):
		return "", fault("the task service expects another issuer", "set its JWT_ISSUER to "+issuer)
	case strings.Contains(challenge, "JWT_AUDIENCE"):
		return "", fault("the task service expects another audience", fmt.Sprintf("set its JWT_AUDIENCE to %v", audience))
	case strings.Contains(challenge, "expired"):
		return "", fault("the task service takes a new JWT for an old one", "let its machine synchronise with NTP")
	default:
		return "", fault("the task service does not accept the signature",
			fmt.Sprintf("let its BETTER_AUTH_URL, or JWKS_URL, lead to this Better Auth, and JWT_ALGORITHMS have %s", algorithm))
	}
}

// deleteAccount deletes the account that was made. One that stays is an account
// without tasks.
func (p *patient) deleteAccount(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, clockTolerance)
	defer cancel()
	if p.cookies != nil {
		_, _ = p.ask(ctx, http.MethodPost, p.auth.URL.JoinPath("delete-user"), map[string]string{"password": p.password})
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
func (p *patient) ask(ctx context.Context, method string, target *url.URL, body any, header ...string) (*reply, error) {
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
	answer, err := io.ReadAll(io.LimitReader(response.Body, longest))
	return &reply{response.StatusCode, response.Header, response.Cookies(), answer}, err
}
