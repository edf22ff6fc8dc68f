package web_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// testFlood sends forged cookies from several clients. None of them may cause a request to
// Better Auth.
func testFlood(t *testing.T, s *site, ada *browser) {
	const senders, each = 5, 2000
	value, err := url.PathUnescape(ada.cookie().Value)
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.authTap.Requests())
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			nobody := s.newBrowser(t)
			for i := range each {
				forgery := forgeries[i%len(forgeries)]
				cookie := session.CookieName + "=" + url.PathEscape(forgery.make(value))
				got := nobody.do(http.MethodGet, "/api/tasks", nil, http.Header{"Cookie": {cookie}})
				if got.status != http.StatusUnauthorized || !strings.Contains(string(got.body), string(taskapi.CodeUnauthenticated)) {
					t.Errorf("%s: %d %s", forgery.name, got.status, got.body)
				}
			}
		})
	}
	all.Wait()
	if n := len(s.authTap.Requests()) - before; n != 0 {
		t.Errorf("%d forged cookies: Better Auth got %d requests, want none", senders*each, n)
	}
	ada.get("/api/tasks").is(http.StatusOK)
	t.Logf("counted: cookies forged %d", senders*each)
}

// forgeries make forged cookies from a genuine one.
var forgeries = []struct {
	name string
	make func(genuine string) string
}{
	{"nothing", func(string) string { return "" }},
	{"garbage", func(string) string { return rand.Text() }},
	{"a token without a signature", func(g string) string { return tokenOf(g) }},
	{"a token with an empty signature", func(g string) string { return tokenOf(g) + "." }},
	{"a signature without a token", func(g string) string { return "." + signatureOf(g) }},
	{"a signature of random bytes", func(g string) string { return tokenOf(g) + "." + sign(rand.Text(), rand.Text()) }},
	{"a signature with another secret", func(g string) string { return tokenOf(g) + "." + sign("another secret of 32 characters.", tokenOf(g)) }},
	{"a signature with Better Auth's default secret", func(g string) string {
		return tokenOf(g) + "." + sign("better-auth-secret-12345678901234567890", tokenOf(g))
	}},
	{"a signature with its older default secret", func(g string) string { return tokenOf(g) + "." + sign("better-auth-secret-123456789", tokenOf(g)) }},
	{"a signature with no secret", func(g string) string { return tokenOf(g) + "." + sign("", tokenOf(g)) }},
	{"a long cookie", func(g string) string { return strings.Repeat("A", 16<<10) + "." + signatureOf(g) }},
	{"a JWT", func(string) string { return "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ." }},
	{"a new well-formed token", func(string) string {
		token := (rand.Text() + rand.Text())[:32]
		return token + "." + sign("another secret of 32 characters.", token)
	}},
	{"another token under a genuine signature", func(g string) string { return rand.Text() + "." + signatureOf(g) }},
	{"a token with a suffix", func(g string) string { return tokenOf(g) + ".x." + signatureOf(g) }},
	{"a truncated signature", func(g string) string { return g[:len(g)-8] }},
	{"a cookie with a suffix", func(g string) string { return g + "AAAA" }},
	{"a signature without its padding", func(g string) string { return strings.TrimRight(g, "=") }},
	{"a signature in hexadecimal", func(g string) string { return tokenOf(g) + "." + hex.EncodeToString(decoded(signatureOf(g))) }},
	{"a signature with a line break", func(g string) string { return g[:len(g)-4] + "\n" + g[len(g)-4:] }},
	{"a cookie encoded twice", func(g string) string { return url.QueryEscape(g) }},
	{"a cookie in base64", func(g string) string { return base64.StdEncoding.EncodeToString([]byte(g)) }},
	{"a cookie in quotes", func(g string) string { return `"` + g + `"` }},
	{"the token in capitals", func(g string) string { return strings.ToUpper(tokenOf(g)) + "!." + signatureOf(g) }},
}

func tokenOf(cookie string) string { return cookie[:strings.LastIndexByte(cookie, '.')] }

func signatureOf(cookie string) string { return cookie[strings.LastIndexByte(cookie, '.')+1:] }

func decoded(signature string) []byte {
	raw, _ := base64.StdEncoding.DecodeString(signature) // as Better Auth makes it
	return raw
}

func sign(secret, token string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
