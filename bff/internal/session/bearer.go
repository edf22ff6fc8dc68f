package session

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// ErrJWT means that a bearer token is a JWT, which is for the task service.
var ErrJWT = errors.New("the bearer token is a JWT, not a session token")

// Bearer returns the token of a request that has one in place of the session
// cookie: a program's, or a native app's.
func Bearer(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(strings.Join(r.Header.Values("Authorization"), ", "), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// OfBearer returns the session of a bearer token, which is the value of the session
// cookie, encoded as in the cookie or not. It fails with [ErrJWT] or
// [ErrUnauthenticated].
func (c *Cookies) OfBearer(token string) (Cookie, error) {
	if strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2 {
		return Cookie{}, ErrJWT
	}
	value, err := url.PathUnescape(token)
	if err != nil || !c.signed(value) {
		return Cookie{}, ErrUnauthenticated
	}
	cookie := Cookie{name: c.names[0], value: url.QueryEscape(value), key: sha256.Sum256([]byte(value))}
	cookie.forward = cookie.name + "=" + cookie.value
	return cookie, nil
}

// Alone returns the Cookie header with the session alone.
func (c Cookie) Alone() string { return c.forward }

// Token returns the session token that Set-Cookie lines begin or renew a session
// with, or "".
func (c *Cookies) Token(lines []string) string {
	for _, line := range lines {
		cookie, err := http.ParseSetCookie(line)
		if err != nil || cookie.MaxAge < 0 || cookie.Value == "" {
			continue
		}
		for _, name := range c.names {
			if cookie.Name == name {
				return cookie.Value
			}
		}
	}
	return ""
}
