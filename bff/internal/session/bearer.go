package session

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ErrJWT means that a bearer token is a JWT, which is for the task service.
var ErrJWT = errors.New("the bearer token is a JWT, not a session token")

// Bearer returns the bearer token that a program or a native app sends in place of the
// session cookie.
func Bearer(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(strings.Join(r.Header.Values("Authorization"), ", "), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// FromBearer returns the session cookie with the value of a bearer token, which may be
// percent-encoded as in the cookie. The error is [ErrJWT] or [ErrUnauthenticated].
func (c *Cookies) FromBearer(token string) (Cookie, error) {
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

// Alone returns a Cookie header with only the session.
func (c Cookie) Alone() string { return c.forward }

// Token returns the session token in Set-Cookie lines that start or renew a session, or
// "".
func (c *Cookies) Token(lines []string) string {
	for _, line := range lines {
		cookie, err := http.ParseSetCookie(line)
		if err == nil && cookie.MaxAge >= 0 && cookie.Value != "" && slices.Contains(c.names[:], cookie.Name) {
			return cookie.Value
		}
	}
	return ""
}
