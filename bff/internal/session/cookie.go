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
	"sync/atomic"
	"time"
)

// DefaultPrefix is the default of Better Auth's cookiePrefix. A dot follows it in the names
// of cookies.
const DefaultPrefix = "better-auth"

// The other parts of the names. If Better Auth's own address is https, each name begins
// with securePrefix.
const (
	securePrefix = "__Secure-"

	tokenName        = "session_token"
	dontRememberName = "dont_remember"
	dataName         = "session_data"
)

// CookieName and SecureCookieName are the names of the session cookie on http and on https,
// with the default prefix.
const (
	CookieName       = DefaultPrefix + "." + tokenName
	SecureCookieName = securePrefix + CookieName
)

// ErrUnauthenticated means that a request has no session cookie, or one that
// was not issued by Better Auth.
var ErrUnauthenticated = errors.New("no valid session cookie")

// maxCandidates bounds the session cookies of one request that [Cookies.Candidates]
// returns.
const maxCandidates = 4

// maxCookieBytes is the longest accepted cookie, as in browsers. It bounds the memory of
// streams, which keep their session's cookie.
const maxCookieBytes = 4096

// Cookie is the session cookie of a browser.
type Cookie struct {
	name, value string
	// forward is the Cookie header of the exchange.
	forward string
	// key is the session's key in the cache.
	key [sha256.Size]byte
}

// Key identifies the session. It is a hash, from which the cookie cannot be computed.
func (c Cookie) Key() [sha256.Size]byte { return c.key }

// Cookies reads and filters the cookies of Better Auth.
type Cookies struct {
	secret []byte
	prefix string
	names  [2]string
	forged atomic.Int64
}

// NewCookies returns the rules for a site. The secret is BETTER_AUTH_SECRET; if it is
// empty, only Better Auth checks signatures. If secure is set, the cookie's https name has
// precedence, because an http page of the same host could set the other one. The prefix is
// Better Auth's cookiePrefix.
func NewCookies(secret string, secure bool, prefix string) *Cookies {
	prefix += "."
	names := [2]string{prefix + tokenName, securePrefix + prefix + tokenName}
	if secure {
		slices.Reverse(names[:])
	}
	return &Cookies{secret: []byte(secret), prefix: prefix, names: names}
}

// Forged returns how many session cookies had an invalid signature.
func (c *Cookies) Forged() int64 { return c.forged.Load() }

// Candidates returns the session cookies of a request that have valid signatures, at most
// four. A browser can send several with one name, because other hosts of the domain can
// set some. Their order is not significant (RFC 6265, section 4.2.2).
func (c *Cookies) Candidates(r *http.Request) []Cookie {
	var found []Cookie
	for _, name := range c.names {
		cookies := r.CookiesNamed(name)
		if len(cookies) == 0 {
			continue
		}
		// Without its dont_remember cookie, a browser session would become persistent.
		// session_data is omitted: Better Auth would accept the session cached in it after
		// the session was revoked.
		siblings := ""
		sibling := strings.TrimSuffix(name, tokenName) + dontRememberName
		if valid := c.valid(r.CookiesNamed(sibling)...); valid != nil {
			siblings = "; " + sibling + "=" + valid.Value
		}
		for _, cookie := range cookies {
			value, ok := c.unsign(cookie)
			if !ok {
				c.forged.Add(1)
				continue
			}
			// The key includes the signature, because the token without it is not a credential.
			// It must include every cookie on which the session depends; otherwise a request with
			// one value would get the session that is cached for another. dont_remember affects
			// only how long the browser keeps its cookies.
			key := sha256.Sum256([]byte(value))
			same := func(other Cookie) bool { return other.key == key }
			if len(found) == maxCandidates || slices.ContainsFunc(found, same) {
				continue
			}
			// Substrings of forward, because those of cookie would keep the whole header in memory.
			forward := name + "=" + cookie.Value + siblings
			found = append(found, Cookie{forward[:len(name)], forward[len(name)+1:][:len(cookie.Value)], forward, key})
		}
	}
	return found
}

// valid returns the first of several cookies that has a valid signature, or nil.
func (c *Cookies) valid(found ...*http.Cookie) *http.Cookie {
	for _, cookie := range found {
		if _, ok := c.unsign(cookie); ok {
			return cookie
		}
	}
	return nil
}

// unsign returns the decoded value of a signed cookie, and false if the signature
// is invalid.
func (c *Cookies) unsign(cookie *http.Cookie) (string, bool) {
	// Better Auth encodes the value with encodeURIComponent. QueryUnescape would turn a
	// plus sign into a space.
	value, err := url.PathUnescape(cookie.Value)
	return value, err == nil && len(cookie.Value) <= maxCookieBytes && c.signed(value)
}

// signed reports whether value is TOKEN.SIGNATURE with Better Auth's signature, which is
// HMAC-SHA256 in padded standard base64.
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
	// Compare the base64, because decoding ignores line breaks and, unless it is
	// strict, trailing bits. One token would then have many valid cookies, and each
	// would cost an exchange.
	return hmac.Equal([]byte(value[dot+1:]), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))))
}

// Forwarded returns the Cookie header for a request to Better Auth, or "". It has this
// session cookie and no other one, and one cookie for each other name that is Better
// Auth's. It omits session_data, in which Better Auth caches the session.
func (c *Cookies) Forwarded(r *http.Request, session Cookie) string {
	var names, kept []string
	best := map[string]*http.Cookie{}
	for _, cookie := range r.Cookies() {
		known, seen := best[cookie.Name]
		switch {
		case !c.isOwn(cookie.Name) || isData(cookie.Name):
		case !seen:
			names = append(names, cookie.Name)
			best[cookie.Name] = cookie
		case c.valid(known, cookie) == cookie:
			best[cookie.Name] = cookie
		}
	}
	for _, name := range names {
		if !slices.Contains(c.names[:], name) {
			kept = append(kept, name+"="+best[name].Value)
		} else if name == session.name {
			kept = append(kept, name+"="+session.value)
		}
	}
	return strings.Join(kept, "; ")
}

// Relayed returns the Set-Cookie lines of Better Auth that may reach the browser: all
// except those that set session_data, which can contain a JWT. Before a cookie for a whole
// domain, it adds a line that clears the cookie of the same name for the host alone, which
// would otherwise remain and take precedence.
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
// that has no domain.
func clearHostOnly(cookie *http.Cookie) string {
	hostOnly := *cookie
	hostOnly.Value, hostOnly.Domain, hostOnly.MaxAge, hostOnly.Expires = "", "", -1, time.Time{}
	return hostOnly.String()
}

// Changed reports whether Set-Cookie lines replace this session in the browser or
// clear it.
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

// isData reports whether the cookie is session_data or a chunk of it, with any prefix.
func isData(name string) bool {
	_, rest, found := strings.Cut(name, "."+dataName)
	return found && (rest == "" || rest[0] == '.')
}
