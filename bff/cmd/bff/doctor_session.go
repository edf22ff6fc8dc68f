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
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/doctor"
)

// checkSignIn signs in as the page does.
func (d *diagnosis) checkSignIn(ctx context.Context) (string, error) {
	if d.user.Email == "" {
		return "", doctor.Skip("set --email and DOCTOR_PASSWORD to those of a user to check the rest")
	}
	body := map[string]string{"email": d.user.Email, "password": d.user.Password}
	response, err := d.send(ctx, http.MethodPost, d.auth.URL.JoinPath("sign-in/email"), body)
	if err != nil {
		return "", err
	}
	var problem struct{ Code, Message string }
	_ = json.Unmarshal(response.body, &problem) // a body that is not an object has no code
	d.cookies = response.cookies
	switch {
	case problem.Code == "INVALID_EMAIL_OR_PASSWORD":
		return "", fault("no user has this email and password", "set --email and DOCTOR_PASSWORD to those of a user who has a password")
	case problem.Code == "EMAIL_NOT_VERIFIED":
		return "", fault("this user's email address is not confirmed", "open the link in the mail that was just sent, or use another user")
	case response.status == http.StatusTooManyRequests:
		return "", fault("Better Auth limits sign-ins", "try again in a minute")
	case response.status != http.StatusOK:
		return "", fmt.Errorf("status %d: %s %s", response.status, problem.Code, problem.Message)
	case d.sessionCookie() == nil:
		return "", fault("the sign-in starts no session", "use a user without a second factor")
	}
	return "starts a session", nil
}

// signOut ends the session that checkSignIn started, if any.
func (d *diagnosis) signOut(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, budget.AuthRequest)
	defer cancel()
	if d.cookies != nil {
		_, _ = d.send(ctx, http.MethodPost, d.auth.URL.JoinPath("sign-out"), struct{}{}) // after an error, the session expires
	}
}

// sessionCookie returns the session cookie that Better Auth has set, or nil.
func (d *diagnosis) sessionCookie() *http.Cookie {
	i := slices.IndexFunc(d.cookies, func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, ".session_token") })
	if i < 0 {
		return nil
	}
	return d.cookies[i]
}

func (d *diagnosis) checkCookie(context.Context) (string, error) {
	cookie := d.sessionCookie()
	name, isSecure := strings.CutPrefix(cookie.Name, "__Secure-")
	if want := string(d.CookiePrefix) + ".session_token"; name != want {
		return "", fmt.Errorf("the cookie is named %s, not %s", name, want)
	}
	if isHTTPS := d.PublicURL.Scheme == "https"; isHTTPS != isSecure {
		return "", fault(fmt.Sprintf("the cookie is named %s, but PUBLIC_URL is %s", cookie.Name, d.PublicURL),
			"set BETTER_AUTH_URL of the auth server (its baseURL) to PUBLIC_URL, with the same scheme")
	}
	return "is named " + cookie.Name, nil
}

func (d *diagnosis) checkSecret(context.Context) (string, error) {
	if d.Secret == "" {
		return "is not set: each unknown cookie costs a request to Better Auth", nil
	}
	r := &http.Request{Header: http.Header{}}
	r.AddCookie(d.sessionCookie())
	cookies := session.NewCookies(string(d.Secret), d.PublicURL.Scheme == "https", string(d.CookiePrefix))
	if len(cookies.Candidates(r)) == 0 {
		return "", errors.New("the signature of Better Auth's cookie is made with another secret")
	}
	return "is Better Auth's", nil
}

func (d *diagnosis) checkToken(ctx context.Context) (string, error) {
	target := d.auth.URL.JoinPath("get-session")
	target.RawQuery = "disableCookieCache=true"
	response, err := d.send(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	if d.jwt = response.header.Get("Set-Auth-Jwt"); d.jwt == "" {
		return "", fmt.Errorf("get-session responds with %d and without a JWT", response.status)
	}
	algorithm, issuer, audience := d.claims()
	return fmt.Sprintf("of %s for %s, signed with %s", issuer, audience, algorithm), nil
}

// claims returns the algorithm, the issuer and the audience in the JWT, or zero values for
// those that cannot be decoded.
func (d *diagnosis) claims() (algorithm, issuer string, audience any) {
	var header struct{ Alg string }
	var claims struct {
		Iss string
		Aud any
	}
	parts := strings.Split(d.jwt, ".")
	for i, v := range []any{&header, &claims} {
		if i < len(parts) {
			decoded, _ := base64.RawURLEncoding.DecodeString(parts[i])
			_ = json.Unmarshal(decoded, v)
		}
	}
	return header.Alg, claims.Iss, claims.Aud
}

// checkChain sends a request with the JWT to the task service.
func (d *diagnosis) checkChain(ctx context.Context) (string, error) {
	target := d.TasksURL.JoinPath("api/tasks")
	target.RawQuery = "limit=1"
	response, err := d.send(ctx, http.MethodGet, target, nil, "Authorization", "Bearer "+d.jwt, "Cookie", "")
	if err != nil {
		return "", err
	}
	algorithm, issuer, audience := d.claims()
	challenge := response.header.Get("Www-Authenticate")
	switch {
	case response.status == http.StatusOK:
		return "works: the task service accepts Better Auth's JWT", nil
	case response.status != http.StatusUnauthorized:
		return "", fmt.Errorf("the task service responds with %d", response.status)
	case strings.Contains(challenge, "JWT_ISSUER"):
		return "", fault("the task service expects another issuer", "set its JWT_ISSUER to "+issuer)
	case strings.Contains(challenge, "JWT_AUDIENCE"):
		return "", fault("the task service expects another audience", fmt.Sprintf("set its JWT_AUDIENCE to %v", audience))
	case strings.Contains(challenge, "expired"):
		return "", fault("the task service rejects a new JWT as expired", "synchronize its machine with NTP")
	default:
		return "", fault("the task service does not accept the signature",
			fmt.Sprintf("set its BETTER_AUTH_URL, or JWKS_URL, to this Better Auth, and add %s to JWT_ALGORITHMS", algorithm))
	}
}
