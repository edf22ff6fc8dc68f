package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
)

// testLogs sends requests about accounts and tasks, with and without errors, and searches
// the logs of all servers for personal data.
func testLogs(t *testing.T, s *site) {
	email, password, name, word := servertest.NewEmail(), "secret-"+rand.Text(), "Name"+rand.Text(), "word"+strings.ToLower(rand.Text())
	local, _, _ := strings.Cut(email, "@")
	ada, nobody := s.newBrowser(t), s.newBrowser(t)
	account := map[string]any{"name": name, "email": email, "password": password}
	ada.post("/api/auth/sign-up/email", account).is(http.StatusOK)
	cookie, err := url.PathUnescape(ada.cookie().Value)
	if err != nil {
		t.Fatal(err)
	}
	token, signature, _ := strings.Cut(cookie, ".")

	nobody.post("/api/auth/sign-up/email", account)
	nobody.post("/api/auth/sign-in/email", map[string]any{"email": email, "password": password + "x"}).is(http.StatusUnauthorized)
	nobody.post("/api/auth/sign-in/email", map[string]any{"email": "no-" + email, "password": password}).is(http.StatusUnauthorized)
	nobody.post("/api/auth/sign-in/email", `{"email":"`+email+`"`)
	nobody.post("/api/auth/sign-up/email", map[string]any{"name": name, "email": email + "@", "password": "short"})
	nobody.post("/api/auth/request-password-reset", map[string]any{"email": email, "redirectTo": "/reset?of=" + email})
	nobody.post("/api/auth/reset-password", map[string]any{"newPassword": password, "token": token})
	nobody.get("/api/auth/reset-password/" + token + "?callbackURL=%2Freset")
	nobody.post("/api/auth/send-verification-email", map[string]any{"email": email})
	nobody.get("/api/auth/verify-email?token=" + token)
	nobody.do(http.MethodPost, "/api/auth/sign-in/email", account, http.Header{"Origin": {"https://" + local + ".example"}, "Sec-Fetch-Site": {"same-origin"}})
	nobody.do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {session.CookieName + "=" + token + ".forged"}, "Authorization": {"Bearer " + token}})
	short := "7" + strings.ToLower(rand.Text()[:7]) // too short to be redacted as a token
	for _, secret := range []string{local, token, word, short} {
		for _, path := range []string{"/", "/assets/", "/api/", "/api/tasks/", "/api/auth/", "/api/auth/sign-in/", "/api/auth/rest-password/", "/x/api/auth/reset-password/"} {
			nobody.get(path + secret)
			nobody.do(http.MethodPut, path+secret, map[string]any{}, nil)
			ada.get(path + secret)
		}
	}
	var all sync.WaitGroup
	twice := map[string]any{"name": name, "email": "twice-" + email, "password": password}
	for range 3 { // the database rejects some
		all.Go(func() { s.newBrowser(t).post("/api/auth/sign-up/email", twice) })
	}
	all.Wait()

	ada.post("/api/auth/update-user", map[string]any{"name": name + "2"}).is(http.StatusOK)
	ada.post("/api/auth/change-email", map[string]any{"newEmail": "new-" + email})
	ada.post("/api/auth/change-password", map[string]any{"currentPassword": password + "x", "newPassword": password + "y"})
	ada.post("/api/auth/revoke-session", map[string]any{"token": token})
	ada.post("/api/tasks", map[string]any{"title": word, "description": email})
	ada.post("/api/tasks", map[string]any{"title": word, word: email})
	ada.get("/api/tasks?q=" + word + "&tag=" + word)
	ada.get("/api/tasks?" + word + "=" + token)
	ada.get("/api/tasks?cursor=" + word)
	ada.post("/api/auth/delete-user", map[string]any{"password": password})
	ada.post("/api/auth/sign-out", map[string]any{})
	last := s.newBrowser(t).get("/api/auth/ok").header.Get("X-Request-Id")
	logged(t, s.auth, last) // all earlier lines have been logged

	for what, secret := range map[string]string{
		"address": local, "password": password, "name": name, "token": token, "signature": signature, "words": word, "unknown path": short,
	} {
		for server, log := range map[string]interface{ Log() []string }{"the bff": s.log, "Better Auth": s.auth, "the task service": s.tasks} {
			for _, line := range log.Log() {
				if strings.Contains(strings.ToLower(line), strings.ToLower(secret)) {
					t.Errorf("the log of %s contains the %s: %s", server, what, line)
				}
			}
		}
	}
}
