package session

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzCookies checks that only a cookie signed with the secret is a session, and that only
// cookies of Better Auth are forwarded to it.
func FuzzCookies(f *testing.F) {
	good := "better-auth.session_token=" + encoded(signed("4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo", secret))
	for _, seed := range []string{
		"", good, good + "; " + good, "theme=dark; " + good + "; better-auth.dont_remember=true.sig", "__Secure-" + good,
		`better-auth.session_token="x.y"`, "better-auth.session_token=%zz.%00", "better-auth.session_data.0=x; =; ;;", good + "\x00; a",
	} {
		f.Add(seed)
	}
	cookies := NewCookies(secret, true, DefaultPrefix)
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{Header: http.Header{"Cookie": {header}}}
		var got Cookie
		candidates := cookies.Candidates(r)
		if len(candidates) > 0 {
			got = candidates[0]
		}
		if len(candidates) > 0 && !strings.Contains(header, "4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo") {
			t.Fatalf("%q is a session", header)
		}
		for what, sent := range map[string]string{"of the session": got.forward, "of Better Auth": cookies.Forwarded(r, got)} {
			if strings.ContainsAny(sent, "\r\n\x00") {
				t.Fatalf("the cookies %s of %q would be %q", what, header, sent)
			}
			again := &http.Request{Header: http.Header{"Cookie": {sent}}}
			for _, cookie := range again.Cookies() {
				if !cookies.isOwn(cookie.Name) || isData(cookie.Name) {
					t.Fatalf("%q of %q is forwarded", cookie.Name, header)
				}
			}
			if second := cookies.Candidates(again); len(candidates) > 0 && (len(second) != 1 || second[0].key != got.key) {
				t.Fatalf("%q is forwarded as another session, %q", header, sent)
			}
		}
	})
}

// FuzzRelayed checks that no relayed line sets session_data, in which a JWT would reach the
// browser.
func FuzzRelayed(f *testing.F) {
	for _, seed := range []string{
		"better-auth.session_token=a.b; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax", "better-auth.session_data=eyJ; Max-Age=300; Path=/",
		"__Secure-my-app.session_data.0=x; Domain=example.com", "a=b; Domain=example.com; Expires=Mon, 23 Nov 2026 08:00:30 GMT", "=x", ";",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, relayed := range Relayed([]string{line}) {
			cookie, err := http.ParseSetCookie(relayed)
			if err != nil {
				t.Fatalf("%q becomes %q: %v", line, relayed, err)
			}
			if isData(cookie.Name) && cookie.MaxAge >= 0 {
				t.Fatalf("%q is relayed", relayed)
			}
		}
	})
}
