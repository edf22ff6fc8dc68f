package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/doctor"
)

// checkSignIn begins a session, as the page does.
func (p *siteCheck) checkSignIn(ctx context.Context) (string, error) {
	if p.user.Email == "" {
		return "", doctor.Skip("for the rest, give --email and DOCTOR_PASSWORD of a user")
	}
	body := map[string]string{"email": p.user.Email, "password": p.user.Password}
	response, err := p.ask(ctx, http.MethodPost, p.auth.URL.JoinPath("sign-in/email"), body)
	if err != nil {
		return "", err
	}
	var problem struct{ Code, Message string }
	_ = json.Unmarshal(response.body, &problem) // a body that is not an object has no code
	p.cookies = response.cookies
	fault := func(problem, fix string) error { return &doctor.Fault{Problem: problem, Fix: fix} }
	switch {
	case problem.Code == "INVALID_EMAIL_OR_PASSWORD":
		return "", fault("no user has this email and password", "give --email and DOCTOR_PASSWORD of a user who has a password")
	case problem.Code == "EMAIL_NOT_VERIFIED":
		return "", fault("this user's email address is not confirmed", "open the link in the mail that was just sent, or give another user")
	case response.status == http.StatusTooManyRequests:
		return "", fault("Better Auth limits sign-ins", "try again in a minute")
	case response.status != http.StatusOK:
		return "", fmt.Errorf("status %d: %s %s", response.status, problem.Code, problem.Message)
	case p.sessionCookie() == nil:
		return "", fault("it begins no session", "give a user without a second factor")
	}
	return "begins a session", nil
}

// signOut ends the session.
func (p *siteCheck) signOut(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, clockTolerance)
	defer cancel()
	if p.cookies != nil {
		_, _ = p.ask(ctx, http.MethodPost, p.auth.URL.JoinPath("sign-out"), struct{}{}) // it also ends by itself
	}
}

// sessionCookie returns the session cookie that Better Auth has set, or nil.
func (p *siteCheck) sessionCookie() *http.Cookie {
	i := slices.IndexFunc(p.cookies, func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, ".session_token") })
	if i < 0 {
		return nil
	}
	return p.cookies[i]
}

func (p *siteCheck) checkCookie(context.Context) (string, error) {
	cookie := p.sessionCookie()
	name, isSecure := strings.CutPrefix(cookie.Name, "__Secure-")
	if want := string(p.CookiePrefix) + ".session_token"; name != want {
		return "", fmt.Errorf("it is named %s, not %s", name, want)
	}
	if isHTTPS := p.PublicURL.Scheme == "https"; isHTTPS != isSecure {
		return "", &doctor.Fault{
			Problem: fmt.Sprintf("it is named %s, and PUBLIC_URL is %s", cookie.Name, p.PublicURL),
			Fix:     "let BETTER_AUTH_URL of the auth server (its baseURL) be PUBLIC_URL, with the same scheme",
		}
	}
	return "is named " + cookie.Name, nil
}

func (p *siteCheck) checkSecret(context.Context) (string, error) {
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

func (p *siteCheck) checkToken(ctx context.Context) (string, error) {
	target := p.auth.URL.JoinPath("get-session")
	target.RawQuery = "disableCookieCache=true"
	response, err := p.ask(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	if p.jwt = response.header.Get("Set-Auth-Jwt"); p.jwt == "" {
		return "", fmt.Errorf("get-session responds with %d and without a JWT", response.status)
	}
	algorithm, issuer, audience := p.tokenSays()
	return fmt.Sprintf("of %s for %s, signed with %s", issuer, audience, algorithm), nil
}

// tokenSays returns what stands in the JWT.
func (p *siteCheck) tokenSays() (algorithm, issuer string, audience any) {
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

// checkChain asks the task service with the JWT.
func (p *siteCheck) checkChain(ctx context.Context) (string, error) {
	target := p.TasksURL.JoinPath("api/tasks")
	target.RawQuery = "limit=1"
	response, err := p.ask(ctx, http.MethodGet, target, nil, "Authorization", "Bearer "+p.jwt, "Cookie", "")
	if err != nil {
		return "", err
	}
	algorithm, issuer, audience := p.tokenSays()
	challenge := response.header.Get("Www-Authenticate")
	fault := func(problem, fix string) error { return &doctor.Fault{Problem: problem, Fix: fix} }
	switch {
	case response.status == http.StatusOK:
		return "holds: the task service responds to a user of Better Auth", nil
	case response.status != http.StatusUnauthorized:
		return "", fmt.Errorf("the task service responds with %d", response.status)
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
