package web_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// shortTTL makes sessions expire from the cache early enough to notice an outage.
const shortTTL = 500 * time.Millisecond

// steadyWork is how long users send requests before an outage of Better Auth. It is more
// than a second, because the times in a JWT are truncated to seconds.
const steadyWork = 1500 * time.Millisecond

// TestAuthOutageUnderLoad stops Better Auth while users work.
func TestAuthOutageUnderLoad(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, siteConfig{ttl: shortTTL, jwtLifetime: "5s", directAuth: true})
	l := s.startLoad(t, 4)
	begin := time.Now()
	l.awaitSuccess()

	for _, outage := range []struct {
		what       string
		down, back func()
	}{
		{"Better Auth killed", s.auth.Kill, s.auth.Restart},
		{"Better Auth hanging", s.auth.Pause, s.auth.Resume},
	} {
		l.await("at work", func(all []seen) bool {
			return len(all) > 0 && all[len(all)-1].end.Sub(all[0].begin) > steadyWork
		})
		start := time.Now()
		outage.down()
		l.awaitCode(taskapi.CodeAuthUnavailable)
		l.log(outage.what, start)
		back := time.Now()
		outage.back()
		l.awaitSuccess()
		t.Logf("all users were served %s after the restart began", time.Since(back).Round(time.Millisecond))
	}
	l.end()

	l.failsOnlyWith(begin, taskapi.CodeAuthUnavailable)
	s.servedToTheEnd(l)
	l.checkWrites()
}

// servedToTheEnd fails the test if a request was rejected while the user's JWT was valid.
func (s *site) servedToTheEnd(l *load) {
	t := l.t
	t.Helper()
	type use struct{ at, until time.Time }
	uses := map[string][]use{} // by user id
	for _, r := range s.tasksTap.Requests() {
		user, from, until := claims(t, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		uses[user] = append(uses[user], use{from, until})
	}
	for _, w := range l.users {
		user := w.userID()
		if len(uses[user]) == 0 {
			t.Errorf("%s: no JWT reached the task service", w.name)
		}
		for _, rejected := range w.since(time.Time{}) {
			if !rejected.failed() {
				continue
			}
			for _, u := range uses[user] {
				if u.at.Before(rejected.begin) && rejected.end.Before(u.until) {
					t.Errorf("%s was rejected %s before the JWT expired", w.name, u.until.Sub(rejected.end))
					break
				}
			}
		}
	}
}

// userID returns the id of the browser's user.
func (b *browser) userID() string {
	b.t.Helper()
	var body struct {
		Data struct{ User struct{ ID string } }
	}
	b.get("/api/session").is(http.StatusOK).into(&body)
	return body.Data.User.ID
}

// claims returns the user of a JWT and the time during which the JWT was certainly valid:
// its times are truncated to seconds.
func claims(t *testing.T, token string) (user string, from, until time.Time) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is not a JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Sub      string
		Iat, Exp int64
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c.Sub, time.Unix(c.Iat+1, 0), time.Unix(c.Exp, 0)
}

// TestServiceOutageUnderLoad stops the task service and PostgreSQL while users work.
func TestServiceOutageUnderLoad(t *testing.T) {
	t.Parallel()
	database := servertest.StartPostgres(t)
	s := newSiteWith(t, siteConfig{ttl: shortTTL, postgres: database, directAuth: true, directTasks: true})
	uncached := s.newBrowser(t) // its session is not in the cache
	email := uncached.signUp()
	l := s.startLoad(t, 4)
	begin := time.Now()
	l.awaitSuccess()

	for _, outage := range []struct {
		what       string
		down, back func()
		code       taskapi.ErrorCode
	}{
		{"task service killed", s.tasks.Kill, s.tasks.Restart, taskapi.CodeUnavailable},
		{"task service hanging", s.tasks.Pause, s.tasks.Resume, taskapi.CodeTimeout},
		{"PostgreSQL killed", database.Kill, func() {
			uncached.get("/api/session").fails(taskapi.CodeAuthUnavailable)
			uncached.get("/api/tasks").fails(taskapi.CodeAuthUnavailable)
			uncached.post("/api/auth/sign-in/email", map[string]any{"email": email, "password": servertest.Password}).fails(taskapi.CodeAuthUnavailable)
			database.Restart()
		}, taskapi.CodeUnavailable},
	} {
		start := time.Now()
		outage.down()
		l.awaitCode(outage.code)
		l.log(outage.what, start)
		back := time.Now()
		outage.back()
		l.awaitSuccess()
		t.Logf("all users were served %s after the restart began", time.Since(back).Round(time.Millisecond))
	}
	l.end()

	// If the response to a write was lost, the write may still be running when it is
	// retried.
	l.failsOnlyWith(begin, taskapi.CodeUnavailable, taskapi.CodeTimeout, taskapi.CodeIdempotencyInProgress)
	l.checkWrites()
	uncached.get("/api/session").is(http.StatusOK)
}
