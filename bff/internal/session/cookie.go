package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DefaultPrefix is with what the names of Better Auth's cookies begin, with a
// dot behind it, unless it is told otherwise.
const DefaultPrefix = "better-auth"

// What else is in the names. On https each begins with securePrefix, on http it
// does not; Better Auth decides which by its own address.
const (
	securePrefix = "__Secure-"

	tokenName        = "session_token"
	dontRememberName = "dont_remember"
	dataName         = "session_data"
)

// CookieName and SecureCookieName are the session cookie's two names with the
// default prefix: where Better Auth's address begins with http and with https.
const (
	CookieName       = DefaultPrefix + "." + tokenName
	SecureCookieName = securePrefix + CookieName
)

// ErrUnauthenticated means that a request has no session cookie, or one that
// was not issued by Better Auth.
var ErrUnauthenticated = errors.New("no valid session cookie")

// maxCandidates bounds the session cookies of one request that are considered.
const maxCandidates = 4

// Cookie is the session cookie of a browser.
type Cookie struct {
	name, value string
	// forward is what the exchange sends as its Cookie header.
	forward string
	// key names the session in the cache.
	key [sha256.Size]byte
}

// Key names the session. It is of no use to a thief.
func (c Cookie) Key() [sha256.Size]byte { return c.key }

// Cookies reads and filters the cookies of Better Auth.
type Cookies struct {
	secret []byte
	prefix string
	names  [2]string
}

// NewCookies returns the rules for a site. The secret is BETTER_AUTH_SECRET;
// where it is empty, signatures are left for Better Auth to check. Where secure
// is set the https name of the cookie is looked for first, because an http page
// of the same host could plant the other one. The prefix is Better Auth's
// cookiePrefix.
func NewCookies(secret string, secure bool, prefix string) *Cookies {
	prefix += "."
	names := [2]string{prefix + tokenName, securePrefix + prefix + tokenName}
	if secure {
		slices.Reverse(names[:])
	}
	return &Cookies{secret: []byte(secret), prefix: prefix, names: names}
}

// Candidates returns the session cookies of a request whose signatures fit, at
// most four. A browser can send several of one name, and their order means
// nothing (RFC 6265, section 4.2.2): another host of the domain may have set one
// of them.
func (c *Cookies) Candidates(r *http.Request) []Cookie {
	var found []Cookie
	for _, name := range c.names {
		for _, cookie := range r.CookiesNamed(name) {
			candidate, ok := c.read(r, cookie)
			same := func(other Cookie) bool { return other.key == candidate.key }
			if ok && len(found) < maxCandidates && !slices.ContainsFunc(found, same) {
				found = append(found, candidate)
			}
		}
	}
	return found
}

// read returns the session that a cookie names. It returns false if its signature
// does not fit.
func (c *Cookies) read(r *http.Request, cookie *http.Cookie) (Cookie, bool) {
	value, ok := c.unsign(cookie)
	if !ok {
		return Cookie{}, false
	}
	forward := cookie.Name + "=" + cookie.Value
	// Without its sibling, a session that was to end with the browser would
	// be made to last. Cached answers of session_data are left out: they
	// would bring revoked sessions back to life.
	sibling := strings.TrimSuffix(cookie.Name, tokenName) + dontRememberName
	if found := c.best(r.CookiesNamed(sibling)); found != nil {
		forward += "; " + sibling + "=" + found.Value
	}
	// The signature is part of the key: it is what makes the token a
	// credential where it is not checked here.
	return Cookie{cookie.Name, cookie.Value, forward, sha256.Sum256([]byte(value))}, true
}

// best returns the first of several cookies of one name whose signature fits, or
// the first one, or nil.
func (c *Cookies) best(found []*http.Cookie) *http.Cookie {
	for _, cookie := range found {
		if _, ok := c.unsign(cookie); ok {
			return cookie
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// unsign returns the value of a signed cookie, decoded. It returns false if the
// signature does not fit.
func (c *Cookies) unsign(cookie *http.Cookie) (string, bool) {
	// Better Auth writes the value with encodeURIComponent, to which a plus
	// is a plus: QueryUnescape would make it a space.
	value, err := url.PathUnescape(cookie.Value)
	return value, err == nil && c.signed(value)
}

// signed reports whether value is TOKEN.SIGNATURE with the signature that
// Better Auth makes: HMAC-SHA256 in padded standard base64.
func (c *Cookies) signed(value string) bool {
	dot := strings.LastIndexByte(value, '.')
	if dot <= 0 {
		return false
	}
	if len(c.secret) == 0 {
		return true
	}
	mac := hmac.New(sha256.New, c.secret)
	mac.Write([]byte(value[:dot]))
	// Compared as text: decoding overlooks line breaks and, unless it is
	// strict, bits at the end. One token would have many cookies, each of
	// them worth an exchange.
	return hmac.Equal([]byte(value[dot+1:]), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))))
}

// Forwarded returns the Cookie header with which a request goes on to Better
// Auth, or "": the given cookie of the session and no other one, and one of each
// further name that is Better Auth's, without the cached answers of session_data.
func (c *Cookies) Forwarded(r *http.Request, session Cookie) string {
	var kept, names []string
	for _, cookie := range r.Cookies() {
		if !c.isOwn(cookie.Name) || isData(cookie.Name) || slices.Contains(names, cookie.Name) {
			continue
		}
		names = append(names, cookie.Name)
		if !slices.Contains(c.names[:], cookie.Name) {
			kept = append(kept, cookie.Name+"="+c.best(r.CookiesNamed(cookie.Name)).Value)
		} else if cookie.Name == session.name {
			kept = append(kept, session.name+"="+session.value)
		}
	}
	return strings.Join(kept, "; ")
}

// Relayed returns the Set-Cookie lines of Better Auth that may reach the
// browser: all, except that session_data may be cleared but not set, because
// it can hold a JWT. A cookie for a whole domain does not replace the one of
// its name for the host alone, which may be left from before and would count
// first: that one is cleared besides.
func Relayed(lines []string) []string {
	var kept []string
	for _, line := range lines {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			continue
		}
		if isData(cookie.Name) && cookie.MaxAge >= 0 {
			continue
		}
		if cookie.Domain != "" {
			kept = append(kept, clearHostOnly(cookie))
		}
		kept = append(kept, line)
	}
	return kept
}

// clearHostOnly returns the Set-Cookie line that clears the cookie of this name
// which has no domain.
func clearHostOnly(cookie *http.Cookie) string {
	hostOnly := *cookie
	hostOnly.Value, hostOnly.Domain, hostOnly.MaxAge, hostOnly.Expires = "", "", -1, time.Time{}
	return hostOnly.String()
}

// Changed reports whether Set-Cookie lines give the browser another session
// than this one, or take it away.
func (c *Cookies) Changed(session Cookie, lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		cookie, err := http.ParseSetCookie(line)
		return err == nil && slices.Contains(c.names[:], cookie.Name) &&
			(cookie.Name != session.name || cookie.Value != session.value)
	})
}

// isOwn reports whether the cookie is Better Auth's.
func (c *Cookies) isOwn(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, securePrefix), c.prefix)
}

// isData reports whether the cookie is session_data or a chunk of it, whatever
// the prefix.
func isData(name string) bool {
	_, rest, found := strings.Cut(name, "."+dataName)
	return found && (rest == "" || rest[0] == '.')
}
