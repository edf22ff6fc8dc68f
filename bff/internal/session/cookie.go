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

// DefaultPrefix is the default prefix of the names of Better Auth's cookies. A
// dot follows it.
const DefaultPrefix = "better-auth"

// The other parts of the names. On https each name begins with securePrefix;
// Better Auth decides by its own address.
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

// maxCookieBytes is the longest cookie that is considered, as in browsers. A stream keeps
// its session's.
const maxCookieBytes = 4096

// Cookie is the session cookie of a browser.
type Cookie struct {
	name, value string
	// forward is what the exchange sends as its Cookie header.
	forward string
	// key names the session in the cache.
	key [sha256.Size]byte
}

// Key identifies the session. It is a hash, so it is useless to a thief.
func (c Cookie) Key() [sha256.Size]byte { return c.key }

// Cookies reads and filters the cookies of Better Auth.
type Cookies struct {
	secret []byte
	prefix string
	names  [2]string
	forged atomic.Int64
}

// NewCookies returns the rules for a site. The secret is BETTER_AUTH_SECRET; if it
// is empty, only Better Auth checks signatures. If secure is set, the https name of
// the cookie is looked for first, because an http page of the same host could plant
// the other one. The prefix is Better Auth's cookiePrefix.
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

// Candidates returns the session cookies of a request whose signatures are valid,
// at most four. A browser can send several of one name, and their order means
// nothing (RFC 6265, section 4.2.2): another host of the domain may have set one
// of them.
func (c *Cookies) Candidates(r *http.Request) []Cookie {
	var found []Cookie
	for _, name := range c.names {
		for _, cookie := range r.CookiesNamed(name) {
			candidate, ok := c.read(r, cookie)
			if !ok {
				c.forged.Add(1)
			}
			same := func(other Cookie) bool { return other.key == candidate.key }
			if ok && len(found) < maxCandidates && !slices.ContainsFunc(found, same) {
				found = append(found, candidate)
			}
		}
	}
	return found
}

// read returns the session that a cookie names, and false if its signature is
// invalid.
func (c *Cookies) read(r *http.Request, cookie *http.Cookie) (Cookie, bool) {
	value, ok := c.unsign(cookie)
	if !ok {
		return Cookie{}, false
	}
	forward := cookie.Name + "=" + cookie.Value
	// Parts of forward: those of cookie would keep the whole header in memory.
	ownName, ownValue := forward[:len(cookie.Name)], forward[len(cookie.Name)+1:]
	// Without its dont_remember cookie, a browser session would become persistent.
	// Cached sessions (session_data) are left out: they would revive revoked ones.
	sibling := strings.TrimSuffix(cookie.Name, tokenName) + dontRememberName
	if found := c.best(r.CookiesNamed(sibling)); found != nil {
		if _, ok := c.unsign(found); ok {
			forward += "; " + sibling + "=" + found.Value
		}
	}
	// The signature is part of the key: without it, the token is no credential. A
	// cookie that Better Auth's response depends on must be part of it, too. Otherwise
	// a request with one value would get the response that is cached for another.
	return Cookie{ownName, ownValue, forward, sha256.Sum256([]byte(value))}, true
}

// best returns the first of several cookies of one name that has a valid
// signature, else the first one. Without cookies it returns nil.
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

// unsign returns the decoded value of a signed cookie, and false if the signature
// is invalid.
func (c *Cookies) unsign(cookie *http.Cookie) (string, bool) {
	// Better Auth encodes the value with encodeURIComponent, which keeps a plus
	// sign. QueryUnescape would turn it into a space.
	value, err := url.PathUnescape(cookie.Value)
	return value, err == nil && len(cookie.Value) <= maxCookieBytes && c.signed(value)
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
	// Compare the text: decoding ignores line breaks and, unless it is strict,
	// trailing bits. One token would then have many valid cookies, and each
	// would cost an exchange.
	return hmac.Equal([]byte(value[dot+1:]), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))))
}

// Forwarded returns the Cookie header for a request to Better Auth, or "". It has
// the given session cookie, no other one, and one cookie of each other name of
// Better Auth's, but not session_data, which caches the session.
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
// browser: all of them, but session_data may only be cleared, because it can hold
// a JWT. A cookie for a whole domain does not replace an older one of the same
// name for the host alone, which would take precedence, so that one is cleared.
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

// isData reports whether the cookie is session_data or a chunk of it, whatever
// the prefix.
func isData(name string) bool {
	_, rest, found := strings.Cut(name, "."+dataName)
	return found && (rest == "" || rest[0] == '.')
}
