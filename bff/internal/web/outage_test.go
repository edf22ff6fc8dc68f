package web_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// shortTTL makes sessions expire from the cache early enough to notice an outage.
const shortTTL = 500 * time.Millisecond

// steadyWork is how long users send requests before an outage of Better Auth. It is more
// than a second, because the times in a JWT are truncated to seconds.
const steadyWork = 1500 * time.Millisecond

// TestAuthOutage_RejectsNobodyWithAValidJWT stops Better Auth while users work.
func TestAuthOutage_RejectsNobodyWithAValidJWT(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, siteConfig{ttl: shortTTL, jwtLifetime: "5s", directAuth: true})
	l := s.startLoad(t, 4)
	begin := time.Now()
	l.awaitSuccess()

	for _, outage := range []struct {
		name          string
		stop, restore func()
	}{
		{"Better Auth killed", s.auth.Kill, s.auth.Restart},
		{"Better Auth hanging", s.auth.Pause, s.auth.Resume},
	} {
		l.await("at work", func(all []result) bool {
			return len(all) > 0 && all[len(all)-1].end.Sub(all[0].begin) > steadyWork
		})
		start := time.Now()
		outage.stop()
		l.awaitCode(taskapi.CodeAuthUnavailable)
		l.log(outage.name, start)
		restored := time.Now()
		outage.restore()
		l.awaitSuccess()
		t.Logf("all users were served %s after the restart began", time.Since(restored).Round(time.Millisecond))
	}
	l.end()

	l.failsOnlyWith(begin, taskapi.CodeAuthUnavailable)
	s.checkServedWhileJWTsValid(l)
	l.checkWrites()
}

// checkServedWhileJWTsValid fails the test if a request was rejected while the user's JWT
// was valid.
func (s *site) checkServedWhileJWTsValid(l *load) {
	t := l.t
	t.Helper()
	type validity struct{ from, until time.Time }
	validities := map[string][]validity{} // by user id
	for _, r := range s.tasksTap.Requests() {
		user, from, until := claims(t, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		validities[user] = append(validities[user], validity{from, until})
	}
	for _, w := range l.users {
		user := w.userID()
		if len(validities[user]) == 0 {
			t.Errorf("%s: no JWT reached the task service", w.name)
		}
		for _, rejected := range w.since(time.Time{}) {
			if !rejected.failed() {
				continue
			}
			for _, jwt := range validities[user] {
				if jwt.from.Before(rejected.begin) && rejected.end.Before(jwt.until) {
					t.Errorf("%s was rejected %s before the JWT expired", w.name, jwt.until.Sub(rejected.end))
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

// TestServiceOutage_LosesNoWrite stops the task service and PostgreSQL while users work.
func TestServiceOutage_LosesNoWrite(t *testing.T) {
	t.Parallel()
	database := servertest.StartPostgres(t)
	s := newSiteWith(t, siteConfig{ttl: shortTTL, postgres: database, directAuth: true, directTasks: true})
	uncached := s.newBrowser(t) // its session is not in the cache
	email := uncached.signUp()
	l := s.startLoad(t, 4)
	begin := time.Now()
	l.awaitSuccess()

	for _, outage := range []struct {
		name          string
		stop, restore func()
		code          taskapi.ErrorCode
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
		outage.stop()
		l.awaitCode(outage.code)
		l.log(outage.name, start)
		restored := time.Now()
		outage.restore()
		l.awaitSuccess()
		t.Logf("all users were served %s after the restart began", time.Since(restored).Round(time.Millisecond))
	}
	l.end()

	// If the response to a write was lost, the write may still be running when it is
	// retried.
	l.failsOnlyWith(begin, taskapi.CodeUnavailable, taskapi.CodeTimeout, taskapi.CodeIdempotencyInProgress)
	l.checkWrites()
	uncached.get("/api/session").is(http.StatusOK)
}

// TestAuthOutage_OfOneCookieEndsNoSession sends the cookie of an ended session, as another
// host of the domain may have set it, beside one that Better Auth cannot check.
func TestAuthOutage_OfOneCookieEndsNoSession(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	nobody := browserWith(t, func(w http.ResponseWriter, r *http.Request) {
		switch cookie := r.Header.Get("Cookie"); {
		case strings.Contains(cookie, "ended"):
			w.Header().Set("Set-Cookie", session.CookieName+"=; Max-Age=0; Path=/")
			_, _ = io.WriteString(w, "null")
		case down.Load() || strings.Contains(cookie, "unknown"):
			w.WriteHeader(http.StatusInternalServerError)
		default:
			writeSession(w)
		}
	})
	get := func(tokens ...string) *response {
		var cookies []string
		for _, token := range tokens {
			cookies = append(cookies, session.CookieName+"="+token+".x")
		}
		return nobody.do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {strings.Join(cookies, "; ")}})
	}
	get("known").is(http.StatusOK)
	down.Store(true)
	for _, tokens := range [][]string{{"unknown", "ended"}, {"ended", "unknown"}, {"ended", "unknown", "ended2"}} {
		response := get(tokens...)
		response.fails(taskapi.CodeAuthUnavailable)
		if lines := response.header.Values("Set-Cookie"); len(lines) > 0 {
			t.Errorf("%q: the response sets %q", tokens, lines)
		}
	}
	for _, tokens := range [][]string{{"unknown", "known"}, {"known", "unknown"}, {"unknown", "ended", "known"}} {
		get(tokens...).is(http.StatusOK)
	}
}
