package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/stack/heaptest"
)

const secret = "0f9a1d6c4b7e82531c5d90ae46b3f872"

// signed returns a cookie's value before encoding.
func signed(token, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return token + "." + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// encoded does what encodeURIComponent does to a cookie's value.
func encoded(value string) string {
	return strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(value)
}

func TestCandidates_HaveAValidSignature(t *testing.T) {
	t.Parallel()
	// Its signature contains "+", "/" and "=".
	const token = "4bTdUGlXV3hhm7iDzcIEvNeyYR05q001"
	good := signed(token, secret)
	if !strings.ContainsAny(good, "+") || !strings.ContainsAny(good, "/") {
		t.Fatalf("the signature contains no + or no /: %s", good)
	}
	other := signed("Zq3kV0bT8yWmN1cRf5uJx7LhDp2sGa9E", secret)
	// Base64 ignores two bits of the last digit before the padding: this decodes to
	// the same signature.
	padded := len(good) - 2
	sameSignature := good[:padded] + string(good[padded]+1) + "="

	for name, test := range map[string]struct {
		cookies string
		secret  string
		secure  bool
		// want is the Cookie header for Better Auth; empty if there is no session.
		want string
	}{
		"no cookie": {secret: secret},
		"encoded": {
			secret:  secret,
			cookies: "better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good),
		},
		"not encoded": {
			secret:  secret,
			cookies: "better-auth.session_token=" + good,
			want:    "better-auth.session_token=" + good,
		},
		"the https name": {
			secret:  secret,
			cookies: "__Secure-better-auth.session_token=" + encoded(good),
			want:    "__Secure-better-auth.session_token=" + encoded(good),
		},
		"both names on http": {
			secret:  secret,
			cookies: "__Secure-better-auth.session_token=" + encoded(other) + "; better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good),
		},
		"both names on https": {
			secret:  secret,
			secure:  true,
			cookies: "better-auth.session_token=" + encoded(other) + "; __Secure-better-auth.session_token=" + encoded(good),
			want:    "__Secure-better-auth.session_token=" + encoded(good),
		},
		"a forged cookie before it": {
			secret:  secret,
			cookies: "better-auth.session_token=forged; better-auth.session_token=" + encoded(signed(token, secret+"x")) + "; better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good),
		},
		"a forged cookie after it": {
			secret:  secret,
			cookies: "better-auth.session_token=" + encoded(good) + "; better-auth.session_token=forged",
			want:    "better-auth.session_token=" + encoded(good),
		},
		"many forged cookies before it": {
			secret:  secret,
			cookies: strings.Repeat("better-auth.session_token=forged.x; ", 100) + "better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good),
		},
		"a forged cookie whose name has precedence": {
			secret:  secret,
			secure:  true,
			cookies: "__Secure-better-auth.session_token=forged; better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good),
		},
		"two dont_remember cookies": {
			secret:  secret,
			cookies: "better-auth.dont_remember=x.y; better-auth.dont_remember=" + encoded(signed("true", secret)) + "; better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good) + "; better-auth.dont_remember=" + encoded(signed("true", secret)),
		},
		"only dont_remember is forwarded with it": {
			secret: secret,
			cookies: "theme=dark; better-auth.session_data=cached; better-auth.dont_remember=" + encoded(signed("true", secret)) + "; __Secure-better-auth.dont_remember=x; " +
				"better-auth.session_token=" + encoded(good),
			want: "better-auth.session_token=" + encoded(good) + "; better-auth.dont_remember=" + encoded(signed("true", secret)),
		},
		"a forged dont_remember": {
			secret:  secret,
			cookies: "better-auth.dont_remember=" + strings.Repeat("x", 20<<10) + ".sig; better-auth.session_token=" + encoded(good),
			want:    "better-auth.session_token=" + encoded(good),
		},
		"a long dont_remember without a secret": {
			cookies: "better-auth.dont_remember=" + strings.Repeat("x", 20<<10) + ".sig; better-auth.session_token=" + good,
			want:    "better-auth.session_token=" + good,
		},
		"longer than a browser's":         {cookies: "better-auth.session_token=" + strings.Repeat("x", 4<<10) + ".sig"},
		"another secret":                  {secret: secret, cookies: "better-auth.session_token=" + encoded(signed(token, secret+"x"))},
		"another token":                   {secret: secret, cookies: "better-auth.session_token=" + encoded("x"+good)},
		"no signature":                    {secret: secret, cookies: "better-auth.session_token=" + token},
		"an empty signature":              {secret: secret, cookies: "better-auth.session_token=" + token + "."},
		"no token":                        {secret: secret, cookies: "better-auth.session_token=" + encoded(signed("", secret))},
		"a line break":                    {secret: secret, cookies: "better-auth.session_token=" + encoded(good[:padded]) + "%0A" + encoded(good[padded:])},
		"no padding":                      {secret: secret, cookies: "better-auth.session_token=" + strings.TrimSuffix(good, "=")},
		"another base64 of the signature": {secret: secret, cookies: "better-auth.session_token=" + encoded(sameSignature)},
		"a broken escape":                 {secret: secret, cookies: "better-auth.session_token=" + good + "%zz"},
		"empty":                           {secret: secret, cookies: "better-auth.session_token="},
		"without a secret, the signature is not checked": {
			cookies: "better-auth.session_token=" + token + ".whatever",
			want:    "better-auth.session_token=" + token + ".whatever",
		},
		"without a secret, a signature is required": {cookies: "better-auth.session_token=" + token},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{Header: http.Header{"Cookie": {test.cookies}}}
			var got string
			if found := NewCookies(test.secret, test.secure, DefaultPrefix).Candidates(r); len(found) > 0 {
				got = found[0].forward
			}
			if got != test.want {
				t.Errorf("forwarded\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestCookieKey_DoesNotDependOnTheEncoding(t *testing.T) {
	t.Parallel()
	cookies := NewCookies(secret, false, DefaultPrefix)
	read := func(header string) Cookie {
		t.Helper()
		return first(t, cookies, &http.Request{Header: http.Header{"Cookie": {header}}})
	}
	one := signed("4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo", secret)
	other := signed("Zq3kV0bT8yWmN1cRf5uJx7LhDp2sGa9E", secret)
	plain := read("better-auth.session_token=" + one)
	if escaped := read("better-auth.session_token=" + url.PathEscape(one)); escaped.key != plain.key {
		t.Error("two encodings of a session have two keys")
	}
	if another := read("better-auth.session_token=" + other); another.key == plain.key {
		t.Error("two sessions have one key")
	}
}

func TestCandidates_AreDistinctAndAtMostFour(t *testing.T) {
	t.Parallel()
	var header []string
	for i := range 6 {
		header = append(header, "better-auth.session_token="+strconv.Itoa(i)+".x")
	}
	header = slices.Insert(header, 1, "__Secure-better-auth.session_token=s.x", header[0])
	r := &http.Request{Header: http.Header{"Cookie": {strings.Join(header, "; ")}}}
	var got []string
	for _, candidate := range NewCookies("", true, DefaultPrefix).Candidates(r) {
		got = append(got, candidate.value)
	}
	if diff := cmp.Diff([]string{"s.x", "0.x", "1.x", "2.x"}, got); diff != "" {
		t.Errorf("Candidates (-want +got):\n%s", diff)
	}
}

// TestCandidates_CheckEachSignatureOnce counts allocations, of which each check needs some. A
// header of 32 KiB fits 150 valid cookies and 500 that accompany each of them.
func TestCandidates_CheckEachSignatureOnce(t *testing.T) { // not parallel: it counts allocations
	const sessions, siblings = 150, 500
	r := &http.Request{Header: http.Header{"Cookie": {
		strings.Repeat("better-auth.session_token="+encoded(signed("4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo", secret))+"; ", sessions) +
			strings.Repeat("better-auth.dont_remember=a.; ", siblings),
	}}}
	cookies := NewCookies(secret, false, DefaultPrefix)
	if n := testing.AllocsPerRun(1, func() { cookies.Candidates(r) }); n > 20*(sessions+siblings) {
		t.Errorf("%.0f allocations for %d cookies", n, sessions+siblings)
	}
}

// TestForwarded_ReadsTheHeaderOnce measures memory, of which reading the header needs some for
// each cookie in it.
func TestForwarded_ReadsTheHeaderOnce(t *testing.T) { // not parallel: it measures memory
	const names = 1500
	var header strings.Builder
	for i := range names {
		fmt.Fprintf(&header, "better-auth.%d=; ", i)
	}
	r := &http.Request{Header: http.Header{"Cookie": {header.String()}}}
	cookies := NewCookies(secret, false, DefaultPrefix)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cookies.Forwarded(r, Cookie{})
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / names; each > 1<<10 {
		t.Errorf("%d bytes for each cookie", each)
	}
}

// TestCandidates_FreeTheRestOfTheHeader: a stream keeps its session's cookie for hours, and
// the request's header may be 32 KiB.
func TestCandidates_FreeTheRestOfTheHeader(t *testing.T) { // not parallel: it measures the heap
	const streams, junk = 2000, 30 << 10
	cookies := NewCookies(secret, false, DefaultPrefix)
	good := encoded(signed("4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo", secret))
	before := heaptest.InUse()
	var kept []Cookie
	for range streams {
		kept = append(kept, first(t, cookies, &http.Request{Header: http.Header{"Cookie": {
			"theme=" + strings.Repeat("x", junk) + "; better-auth.session_token=" + good,
		}}}))
	}
	if each := (heaptest.InUse() - before) / streams; each > 1<<10 {
		t.Errorf("a session's cookie keeps %d bytes in memory", each)
	}
	runtime.KeepAlive(kept)
}

// first returns the first session cookie of a request, which must have one.
func first(t *testing.T, cookies *Cookies, r *http.Request) Cookie {
	t.Helper()
	found := cookies.Candidates(r)
	if len(found) == 0 {
		t.Fatalf("no session cookie in %q", r.Header)
	}
	return found[0]
}

func TestForwarded_HasOneSessionAndNoCache(t *testing.T) {
	t.Parallel()
	cookies := NewCookies(secret, false, DefaultPrefix)
	good, state := encoded(signed("4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo", secret)), encoded(signed("state", secret))
	r := &http.Request{Header: http.Header{"Cookie": {
		"theme=dark; better-auth.session_token=a.b; __Secure-better-auth.state=s; better-auth.state=x; better-auth.state=" + state + "; __Secure-better-auth.session_token=a.b",
		"better-auth.session_data=1; better-auth.session_data.0=2; __Secure-better-auth.session_data=3; better-auth.dont_remember=d; better-authentic=x; better-auth.session_token=" + good,
	}}}
	want := "better-auth.session_token=" + good + "; __Secure-better-auth.state=s; better-auth.state=" + state + "; better-auth.dont_remember=d"
	if got := cookies.Forwarded(r, first(t, cookies, r)); got != want {
		t.Errorf("Forwarded = %q, want %q", got, want)
	}
	if got := cookies.Forwarded(r, Cookie{}); strings.Contains(got, tokenName) {
		t.Errorf("Forwarded without a session = %q", got)
	}
}

func TestRelayed_DropsCachedSessionData(t *testing.T) {
	t.Parallel()
	got := Relayed([]string{
		"better-auth.session_token=a.b; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.session_data=eyJ; Max-Age=300; Path=/",
		"__Secure-better-auth.session_data.0=eyJ; Path=/",
		"better-auth.session_data=; Max-Age=0; Path=/",
		"better-auth.state=s; Path=/",
		"__Secure-better-auth.session_token=a.b; Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
		"my-app.session_data.1=eyJ; Path=/",
		"=nameless",
	})
	want := []string{
		"better-auth.session_token=a.b; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.session_data=; Max-Age=0; Path=/",
		"better-auth.state=s; Path=/",
		"__Secure-better-auth.session_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"__Secure-better-auth.session_token=a.b; Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Relayed (-want +got):\n%s", diff)
	}
}

func TestChanged_ReportsReplacedAndClearedSessions(t *testing.T) {
	t.Parallel()
	cookie := Cookie{name: CookieName, value: "a.b"}
	for line, want := range map[string]bool{
		"better-auth.session_token=a.b; Max-Age=604800":  false,
		"better-auth.session_token=c.d; Max-Age=604800":  true,
		"better-auth.session_token=; Max-Age=0":          true,
		"__Secure-better-auth.session_token=a.b; Path=/": true,
		"better-auth.dont_remember=true.sig":             false,
		"better-auth.session_data=; Max-Age=0; Path=/":   false,
	} {
		if got := NewCookies(secret, false, DefaultPrefix).Changed(cookie, []string{line}); got != want {
			t.Errorf("Changed(%q) = %t, want %t", line, got, want)
		}
	}
}

func TestCookiePrefix_CanBeChanged(t *testing.T) {
	t.Parallel()
	value, dontRemember := signed("4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo", secret), signed("true", secret)
	cookies := NewCookies(secret, true, "my-app")
	r := &http.Request{Header: http.Header{"Cookie": {
		"better-auth.session_token=theirs; __Secure-my-app.dont_remember=" + dontRemember + "; __Secure-my-app.session_token=" + value + "; __Secure-my-app.session_data=y; my-application.x=z",
	}}}
	got := first(t, cookies, r)
	if want := "__Secure-my-app.session_token=" + value + "; __Secure-my-app.dont_remember=" + dontRemember; got.forward != want {
		t.Errorf("forwarded\n%s\nwant\n%s", got.forward, want)
	}
	if got, want := cookies.Forwarded(r, got), "__Secure-my-app.dont_remember="+dontRemember+"; __Secure-my-app.session_token="+value; got != want {
		t.Errorf("forwarded to the proxy\n%s\nwant\n%s", got, want)
	}
	for line, want := range map[string]bool{
		"__Secure-my-app.session_token=; Max-Age=0":    true,
		"__Secure-better-auth.session_token=a.b":       false,
		"__Secure-my-app.session_token=" + value + ";": false,
	} {
		if got := cookies.Changed(got, []string{line}); got != want {
			t.Errorf("Changed(%q) = %t, want %t", line, got, want)
		}
	}
}
