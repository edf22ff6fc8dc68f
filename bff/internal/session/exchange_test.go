package session_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/stack/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const public = "http://localhost:3000"

// requestOf returns the request for the session of a browser with these cookies.
func requestOf(t *testing.T, secret string, cookies []*http.Cookie) session.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, public, nil)
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	found := session.NewCookies(secret, false, session.DefaultPrefix).Candidates(r)
	if len(found) != 1 {
		t.Fatalf("Better Auth's own cookie: %d candidates", len(found))
	}
	return session.Request{Cookie: found[0], Client: netip.MustParseAddr("203.0.113.7"), RequestID: "request-1"}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	server := servertest.StartAuth(t, public)
	tap := servertest.NewTap(t, server.URL)
	auth := session.NewBetterAuth(tap.URL)

	t.Run("a live session has its user, its expiry and a JWT", func(t *testing.T) {
		t.Parallel()
		got, err := auth.Exchange(t.Context(), requestOf(t, server.Secret, server.SignUp()))
		if err != nil {
			t.Fatal(err)
		}
		if got.Session.User.ID == "" || got.Session.User.Name != "Ada Lovelace" || !strings.Contains(got.Session.User.Email, "@") || got.Session.User.Image != nil {
			t.Errorf("user %+v", got.Session.User)
		}
		if left := time.Until(got.Session.ExpiresAt); left < 6*24*time.Hour || left > 7*24*time.Hour {
			t.Errorf("the session ends in %s", left)
		}
		if strings.Count(got.Session.JWT(), ".") != 2 {
			t.Error("there is no JWT")
		}
		if encoded, err := json.Marshal(got); err != nil || strings.Contains(string(encoded), got.Session.JWT()) {
			t.Errorf("the JSON contains the JWT (%v)", err)
		}
		if len(got.SetCookie) != 0 {
			t.Errorf("cookies %q, want none", got.SetCookie)
		}
	})

	t.Run("a replica returns the same session, signs with the same key, and rejects it after the sign-out", func(t *testing.T) {
		t.Parallel()
		other := session.NewBetterAuth(server.Replica().URL)
		cookies := server.SignUp()
		req := requestOf(t, server.Secret, cookies)
		here, err := auth.Exchange(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		there, err := other.Exchange(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(here.Session.JWT(), ".")
		if there.Session.User != here.Session.User || !strings.HasPrefix(there.Session.JWT(), header+".") {
			t.Errorf("user %+v, not %+v, or another key", there.Session.User, here.Session.User)
		}
		server.Post("/api/auth/sign-out", map[string]any{}, cookies...)
		if _, err := other.Exchange(t.Context(), req); !errors.Is(err, session.ErrExpired) {
			t.Errorf("after the sign-out: %v, want %v", err, session.ErrExpired)
		}
	})

	t.Run("a large picture is left out, and a long name is truncated", func(t *testing.T) {
		t.Parallel()
		cookies := server.SignUp()
		// Tasklane's Better Auth allows less, but your own may not.
		const most = 1000 << 10 // about as much as the bff forwards
		server.Exec(`UPDATE "user" SET image = $1, name = $2 WHERE id = (SELECT "userId" FROM session WHERE token = $3)`,
			"data:image/png;base64,"+strings.Repeat("A", most), strings.Repeat("é", most/len("é")), token(t, cookies))
		got, err := auth.Exchange(t.Context(), requestOf(t, server.Secret, cookies))
		if err != nil {
			t.Fatal(err)
		}
		if user := got.Session.User; user.Image != nil || user.Name != strings.Repeat("é", 512) {
			t.Errorf("a name of %d bytes, picture %t", len(user.Name), user.Image != nil)
		}

		const address = "https://example.com/ada.png"
		server.Post("/api/auth/update-user", map[string]any{"image": address}, cookies...)
		got, err = auth.Exchange(t.Context(), requestOf(t, server.Secret, cookies))
		if err != nil || got.Session.User.Image == nil || *got.Session.User.Image != address {
			t.Errorf("the picture's address: %+v, %v", got.Session, err)
		}
	})

	t.Run("a renewed session has a new cookie", func(t *testing.T) {
		t.Parallel()
		cookies := server.SignUp()
		server.Exec(`UPDATE session SET "expiresAt" = now() + interval '5 days' WHERE token = $1`, token(t, cookies))
		got, err := auth.Exchange(t.Context(), requestOf(t, server.Secret, cookies))
		if err != nil {
			t.Fatal(err)
		}
		if left := time.Until(got.Session.ExpiresAt); left < 6*24*time.Hour {
			t.Errorf("the session ends in %s", left)
		}
		if len(got.SetCookie) == 0 || !strings.HasPrefix(got.SetCookie[0], session.CookieName+"=") || !strings.Contains(got.SetCookie[0], "Max-Age=604800") {
			t.Errorf("cookies %q do not renew the session", got.SetCookie)
		}
	})

	t.Run("a session without rememberMe still ends with the browser after its renewal", func(t *testing.T) {
		t.Parallel()
		email := servertest.NewEmail()
		server.Post("/api/auth/sign-up/email", map[string]any{"name": "Ada", "email": email, "password": servertest.Password})
		cookies := server.Post("/api/auth/sign-in/email", map[string]any{
			"email": email, "password": servertest.Password, "rememberMe": false,
		}).Cookies()
		server.Exec(`UPDATE session SET "expiresAt" = now() + interval '1 hour', "updatedAt" = now() - interval '23 hours' WHERE token = $1`, token(t, cookies))
		got, err := auth.Exchange(t.Context(), requestOf(t, server.Secret, cookies))
		if err != nil {
			t.Fatal(err)
		}
		if left := time.Until(got.Session.ExpiresAt); left > 24*time.Hour {
			t.Errorf("the session ends in %s", left)
		}
		for _, line := range got.SetCookie {
			if strings.HasPrefix(line, session.CookieName) && strings.Contains(line, "Max-Age") {
				t.Errorf("the cookie became persistent: %s", line)
			}
		}
	})

	for name, end := range map[string]func(t *testing.T, cookies []*http.Cookie){
		"a session that was signed out": func(_ *testing.T, cookies []*http.Cookie) {
			server.Post("/api/auth/sign-out", map[string]any{}, cookies...)
		},
		"a session that has expired": func(t *testing.T, cookies []*http.Cookie) {
			server.Exec(`UPDATE session SET "expiresAt" = now() - interval '1 second' WHERE token = $1`, token(t, cookies))
		},
	} {
		t.Run(name+" is expired, and its cookies are cleared", func(t *testing.T) {
			t.Parallel()
			cookies := server.SignUp()
			end(t, cookies)
			got, err := auth.Exchange(t.Context(), requestOf(t, server.Secret, cookies))
			if !errors.Is(err, session.ErrExpired) || got.Session != nil {
				t.Errorf("Exchange = %+v, %v", got, err)
			}
			if len(got.SetCookie) == 0 || !strings.HasPrefix(got.SetCookie[0], session.CookieName+"=;") {
				t.Errorf("cookies %q do not clear the session", got.SetCookie)
			}
		})
	}

	t.Run("Better Auth gets only the listed headers and cookies", func(t *testing.T) {
		t.Parallel()
		tap := servertest.NewTap(t, server.URL)
		cookies := append(server.SignUp(), &http.Cookie{Name: "better-auth.session_data", Value: "cached"}, &http.Cookie{Name: "theme", Value: "dark"})
		if _, err := session.NewBetterAuth(tap.URL).Exchange(t.Context(), requestOf(t, server.Secret, cookies)); err != nil {
			t.Fatal(err)
		}
		sent := tap.Requests()[0]
		if got := sent.Method + " " + sent.URL.String(); got != "GET /api/auth/get-session?disableCookieCache=true" {
			t.Errorf("the request is %s", got)
		}
		want := http.Header{
			"Accept":          {"application/json"},
			"Cookie":          {session.CookieName + "=" + cookies[0].Value},
			"User-Agent":      {"Go-http-client/1.1"},
			"Via":             {session.Via},
			"X-Forwarded-For": {"203.0.113.7"},
			"X-Request-Id":    {"request-1"},
		}
		if diff := cmp.Diff(want, sent.Header); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
	})

	t.Run("Better Auth is ready", func(t *testing.T) {
		t.Parallel()
		if err := auth.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// token returns the session token in Better Auth's cookies.
func token(t *testing.T, cookies []*http.Cookie) string {
	t.Helper()
	for _, cookie := range cookies {
		if cookie.Name == session.CookieName {
			token, _, _ := strings.Cut(cookie.Value, ".")
			return token
		}
	}
	t.Fatal("no session cookie")
	return ""
}

func TestExchange_IsUnavailableWithABrokenServer(t *testing.T) {
	t.Parallel()
	const user = `{"session": {"expiresAt": "2126-11-30T08:00:00Z"}, "user": {"id": "ada"}}`
	respond := func(status int, jwt, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Auth-Jwt", jwt)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"an error":                respond(http.StatusInternalServerError, "", ""),
		"not found":               respond(http.StatusNotFound, "", "null"),
		"too many requests":       respond(http.StatusTooManyRequests, "", "{}"),
		"a redirect":              func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"not JSON":                respond(http.StatusOK, "", "<html>"),
		"an empty body":           respond(http.StatusOK, "", ""),
		"JSON without a session":  respond(http.StatusOK, "", "{}"),
		"no JWT":                  respond(http.StatusOK, "", user),
		"a JWT of two parts":      respond(http.StatusOK, "a.b", user),
		"a JWT without exp":       respond(http.StatusOK, "e30.e30.c2ln", user),
		"a body that is too long": respond(http.StatusOK, "e30.eyJleHAiOjQ5NTE2NDAwMDB9.c2ln", user+strings.Repeat(" ", 5<<20)),
		"a JWT too long to send":  respond(http.StatusOK, "e30.eyJleHAiOjQ5NTE2NDAwMDB9."+strings.Repeat("a", 16<<10), user),
		"a broken connection":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			auth := session.NewBetterAuth(parse(t, server.URL))
			got, err := auth.Exchange(t.Context(), session.Request{})
			if diff := cmp.Diff(session.Result{}, got); diff != "" || !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("Exchange = %+v, %v", got, err)
			}
		})
	}

	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		auth := session.NewBetterAuth(parse(t, server.URL))
		if _, err := auth.Exchange(t.Context(), session.Request{}); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Exchange: %v", err)
		}
		if err := auth.Ready(t.Context()); err == nil {
			t.Error("ready")
		}
	})
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestNewBetterAuth_AddsTheDefaultPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://auth:3001":                  "http://auth:3001/api/auth",
		"http://auth:3001/":                 "http://auth:3001/api/auth",
		"https://login.example.com/my/auth": "https://login.example.com/my/auth",
	} {
		// String adds a missing slash, so the path is compared too.
		if got := session.NewBetterAuth(parse(t, address)).URL; got.String() != want || !strings.HasPrefix(got.Path, "/") {
			t.Errorf("endpoints of %s are at %s (path %q), want %s", address, got, got.Path, want)
		}
	}
}
