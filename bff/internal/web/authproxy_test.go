package web_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// testAuthProxy tests Better Auth behind the bff.
func testAuthProxy(t *testing.T, s *site) {
	t.Run("signing out ends the session and clears its cookie", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		ada.get("/api/session").is(http.StatusOK)
		old := session.CookieName + "=" + ada.cookie().Value
		ada.post("/api/auth/sign-out", map[string]any{}).is(http.StatusOK)
		if ada.cookie() != nil {
			t.Error("the browser still has the cookie")
		}
		ada.get("/api/session").fails(taskapi.CodeUnauthenticated)

		response := s.newBrowser(t).do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {old}})
		response.fails(taskapi.CodeSessionExpired)
		if cleared := response.header.Values("Set-Cookie"); len(cleared) == 0 || !strings.HasPrefix(cleared[0], session.CookieName+"=;") {
			t.Errorf("cookies %q do not clear the session", cleared)
		}
	})

	for name, revoke := range map[string]func(t *testing.T, here *browser){
		"all others": func(_ *testing.T, here *browser) {
			here.post("/api/auth/revoke-other-sessions", map[string]any{}).is(http.StatusOK)
		},
		"another session": func(t *testing.T, here *browser) {
			var all []struct{ Token string }
			here.get("/api/auth/list-sessions").is(http.StatusOK).into(&all)
			own, _, _ := strings.Cut(here.cookie().Value, ".")
			for _, one := range all {
				if one.Token != own {
					here.post("/api/auth/revoke-session", map[string]any{"token": one.Token}).is(http.StatusOK)
				}
			}
		},
		"others by a new password": func(_ *testing.T, here *browser) {
			here.post("/api/auth/change-password", map[string]any{
				"currentPassword": servertest.Password, "newPassword": "another horse", "revokeOtherSessions": true,
			}).is(http.StatusOK)
		},
	} {
		t.Run("revoking "+name+" takes effect at once", func(t *testing.T) {
			t.Parallel()
			here, there := s.newBrowser(t), s.newBrowser(t)
			email := here.signUp()
			there.signIn(email)
			there.get("/api/tasks").is(http.StatusOK)
			revoke(t, here)
			there.get("/api/tasks").fails(taskapi.CodeSessionExpired)
			here.get("/api/tasks").is(http.StatusOK)
		})
	}

	t.Run("a new name is in the next response", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		ada.get("/api/session").is(http.StatusOK)
		ada.post("/api/auth/update-user", map[string]any{"name": "Ada King"}).is(http.StatusOK)
		var got taskapi.Response[web.Session]
		ada.get("/api/session").is(http.StatusOK).into(&got)
		if got.Data.User.Name != "Ada King" {
			t.Errorf("the name is %q", got.Data.User.Name)
		}
	})

	t.Run("a value that Better Auth cannot store is not an outage", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		ada.post("/api/auth/update-user", map[string]any{"name": "Ada\x00"}).fails(taskapi.CodeInvalid)
		ada.post("/api/auth/update-user", map[string]any{"name": nil}).fails(taskapi.CodeInvalid)
		ada.post("/api/auth/device/code", map[string]any{"client_id": "\x00"}).fails(taskapi.CodeInvalid)
		ada.get("/api/auth/device?user_code=%00").fails(taskapi.CodeInvalid)
		ada.get("/api/auth/delete-user/callback?token=%00").fails(taskapi.CodeInvalid)
	})

	t.Run("a session without rememberMe has a cookie without Max-Age", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		email := ada.signUp()
		response := ada.post("/api/auth/sign-in/email", map[string]any{"email": email, "password": servertest.Password, "rememberMe": false}).is(http.StatusOK)
		for _, line := range response.header.Values("Set-Cookie") {
			if strings.HasPrefix(line, session.CookieName) && strings.Contains(line, "Max-Age") {
				t.Errorf("the cookie is persistent: %s", line)
			}
		}
		ada.get("/api/tasks").is(http.StatusOK)
	})

	t.Run("JWTs do not reach the browser", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		for _, path := range []string{
			"/api/auth/token", "/api/auth/%74oken", "/api/auth/token/", "/api/auth//token", "/api/auth/./token",
			"/api/auth/x/../token", "/api/auth/x/%2e%2e/token", "/api/auth/token?x=1",
		} {
			ada.get(path).fails(taskapi.CodeNotFound)
		}
		// These are not paths of Better Auth either; checkNoJWT checks the responses.
		for _, path := range []string{"/api/auth/TOKEN", "/api/auth/token%20", "/api/auth/token;x", "/api/auth/token%2f", "/api/auth/token%00", `/api/auth/x\..\token`} {
			if got := ada.get(path); got.status == http.StatusOK {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
		ada.post("/api/auth/get-access-token", map[string]any{"providerId": "x"}).fails(taskapi.CodeNotFound)
		ada.post("/api/auth/refresh-token", map[string]any{"providerId": "x"}).fails(taskapi.CodeNotFound)
	})

	t.Run("paths outside Better Auth are not reachable", func(t *testing.T) {
		t.Parallel()
		nobody := s.newBrowser(t)
		for _, path := range []string{"/api/auth", "/api/auth/", "/api/auth/../../readyz", "/api/auth/..%2f..%2freadyz", "/api/auth/%2e%2e/%2e%2e/readyz"} {
			nobody.get(path).fails(taskapi.CodeNotFound)
		}
	})

	t.Run("requests that would crash Better Auth do not reach it", func(t *testing.T) {
		t.Parallel()
		nobody := s.newBrowser(t)
		for _, method := range []string{http.MethodTrace, "TRACK", "QUERY", "PROPFIND", "get"} {
			for _, path := range []string{"/api/auth/ok", "/api/auth/sign-in/email"} {
				response := nobody.do(method, path, nil, nil)
				response.fails(taskapi.CodeMethodNotAllowed)
				want := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
				if diff := cmp.Diff(want, response.header.Values("Allow")); diff != "" {
					t.Errorf("%s %s: Allow (-want +got):\n%s", method, path, diff)
				}
			}
		}
		for host, want := range map[string]int{
			// net/http rejects characters that are invalid in a host.
			"a b": http.StatusBadRequest, "a/b": http.StatusBadRequest,
			"": http.StatusOK, "[": http.StatusOK, "%zz": http.StatusOK, "a:b:c": http.StatusOK, "a:99999": http.StatusOK,
		} {
			if got := s.statusWithHost(t, host, "/api/auth/ok"); got != want {
				t.Errorf("Host %q: %d, want %d", host, got, want)
			}
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
			if got := nobody.do(method, "/api/auth/ok", map[string]any{}, nil).status; got >= http.StatusInternalServerError {
				t.Errorf("%s: %d", method, got)
			}
		}
		for _, r := range s.authTap.Requests() {
			if r.Host != s.authTap.URL.Host {
				t.Errorf("Better Auth got the Host %q", r.Host)
			}
		}
		if got := (&site{url: s.auth.URL.String()}).newBrowser(t).get("/healthz"); got.status != http.StatusOK {
			t.Errorf("Better Auth's health: %d %s", got.status, got.body)
		}
	})

	t.Run("only listed headers reach Better Auth", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		// Another browser with ada's cookie in the test's own header.
		s.newBrowser(t).do(http.MethodPost, "/api/auth/update-user", map[string]any{"name": "x"}, http.Header{
			"Accept":            {"application/json"},
			"Authorization":     {"Basic x"},
			"Cookie":            {"theme=dark; " + session.CookieName + "=" + ada.cookie().Value + "; better-auth.session_data=cached"},
			"Forwarded":         {"for=198.51.100.1"},
			"User-Agent":        {"browser"},
			"X-Forwarded-For":   {"198.51.100.1", "203.0.113.9"},
			"X-Forwarded-Host":  {"evil.example"},
			"X-Forwarded-Proto": {"https"},
			"X-Real-Ip":         {"198.51.100.1"},
			"X-Request-Id":      {"headers-to-better-auth"},
			"X-User-Id":         {"bob"},
		}).is(http.StatusOK)
		for _, r := range s.authTap.Requests() {
			if r.URL.Path != "/api/auth/update-user" || r.Header.Get("X-Request-Id") != "headers-to-better-auth" {
				continue
			}
			want := http.Header{
				"Accept":          {"application/json"},
				"Content-Length":  {"12"},
				"Content-Type":    {"application/json"},
				"Cookie":          {session.CookieName + "=" + ada.cookie().Value},
				"Origin":          {s.url},
				"Sec-Fetch-Site":  {"same-origin"},
				"User-Agent":      {"browser"},
				"Via":             {session.Via},
				"X-Forwarded-For": {"203.0.113.9"},
				"X-Request-Id":    {"headers-to-better-auth"},
			}
			if diff := cmp.Diff(want, r.Header); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			return
		}
		t.Error("the request did not reach Better Auth")
	})

	t.Run("only listed headers reach the browser", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		ada.signUp()
		response := ada.get("/api/auth/get-session").is(http.StatusOK)
		response.header.Del("Content-Length") // not always set
		got := slices.Sorted(maps.Keys(response.header))
		want := []string{
			"Cache-Control", "Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy",
			"Date", "Referrer-Policy", "Vary", "X-Content-Type-Options", "X-Request-Id",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		ada.get("/api/auth/jwks").is(http.StatusOK)
		redirect := ada.get("/api/auth/reset-password/nonsense?callbackURL=%2Freset").is(http.StatusFound)
		if got := redirect.header.Get("Location"); got != s.url+"/reset?error=INVALID_TOKEN" {
			t.Errorf("redirected to %q", got)
		}
	})

	t.Run("a secret in the path is not logged", func(t *testing.T) {
		t.Parallel()
		id := s.newBrowser(t).get("/api/auth/reset-password/secret-token?callbackURL=%2Freset").header.Get("X-Request-Id")
		if got := logged(t, s.log, id); len(got) != 1 || !strings.Contains(got[0], `"path":"/api/auth/reset-password/…"`) {
			t.Errorf("the log: %q", got)
		}
	})

	t.Run("cross-origin writes are rejected, and writes of programs are not", func(t *testing.T) {
		t.Parallel()
		ada := s.newBrowser(t)
		email := ada.signUp()
		body := map[string]any{"email": email, "password": servertest.Password}
		evil := http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}
		ada.do(http.MethodPost, "/api/auth/sign-in/email", body, evil).fails(taskapi.CodeCrossOrigin)
		// Better Auth would clear the cookies even if the request had none.
		s.newBrowser(t).do(http.MethodPost, "/api/auth/sign-out", map[string]any{}, evil).fails(taskapi.CodeCrossOrigin)
		ada.do(http.MethodPost, "/api/auth/sso/register", map[string]any{}, evil).fails(taskapi.CodeCrossOrigin)
		// The error names the origin and the setting, for developers of a front end.
		vite := http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://localhost:5173"}}
		problem := ada.do(http.MethodPost, "/api/tasks", map[string]any{"title": "x"}, vite).fails(taskapi.CodeCrossOrigin)
		if !strings.Contains(problem.Error, "http://localhost:5173") || !strings.Contains(problem.Error, "TRUSTED_ORIGINS") {
			t.Errorf("the error is %q", problem.Error)
		}
		// Behind a proxy such as Vite's, a browser sends Sec-Fetch-Site: same-origin.
		vite.Set("Sec-Fetch-Site", "same-origin")
		rejected := ada.do(http.MethodPost, "/api/auth/sign-in/email", body, vite).is(http.StatusForbidden)
		if !strings.Contains(string(rejected.body), "http://localhost:5173") || !strings.Contains(string(rejected.body), "BETTER_AUTH_TRUSTED_ORIGINS") {
			t.Errorf("the error is %s", rejected.body)
		}
		for name, header := range map[string]http.Header{
			"a program":                      {"Origin": nil, "Sec-Fetch-Site": nil},
			"a program in Node":              {"Origin": nil, "Sec-Fetch-Site": nil, "Sec-Fetch-Mode": {"cors"}},
			"the page, without a referrer":   {"Origin": {"null"}},
			"the page, without an origin":    {"Origin": nil},
			"a person who typed the address": {"Origin": nil, "Sec-Fetch-Site": {"none"}},
		} {
			bob := s.newBrowser(t)
			bob.do(http.MethodPost, "/api/auth/sign-in/email", body, header).is(http.StatusOK)
			if got := bob.do(http.MethodPost, "/api/tasks", map[string]any{"title": "x"}, header); got.status != http.StatusCreated {
				t.Errorf("%s creates a task: %d %s", name, got.status, got.body)
			}
			if got := bob.do(http.MethodPost, "/api/auth/sign-out", map[string]any{}, header); got.status != http.StatusOK {
				t.Errorf("%s signs out: %d %s", name, got.status, got.body)
			}
		}
		// Better Auth checks the Origin of requests that have one.
		sandboxed := http.Header{"Origin": {"null"}, "Sec-Fetch-Site": nil}
		s.newBrowser(t).do(http.MethodPost, "/api/auth/sign-in/email", body, sandboxed).fails(taskapi.CodeCrossOrigin)
	})

	t.Run("an identity provider may post its response", func(t *testing.T) {
		t.Parallel()
		provider := http.Header{"Origin": {"https://login.example"}, "Sec-Fetch-Site": {"cross-site"}}
		for path, want := range map[string]int{
			"/api/auth/callback/apple":            http.StatusFound, // redirects to the error page, because no sign-in is pending
			"/api/auth/oauth2/callback/x":         http.StatusNotFound,
			"/api/auth/sso/saml2/callback/x":      http.StatusNotFound,
			"/api/auth/sso/saml2/sp/acs/x":        http.StatusNotFound,
			"/api/auth/sso/callback/x":            http.StatusNotFound,
			"/api/auth/sso/register":              http.StatusForbidden,
			"/api/auth/sso/update-provider":       http.StatusForbidden,
			"/api/auth/sso/saml2/sp/metadata":     http.StatusForbidden,
			"/api/auth/callback/../sign-out":      http.StatusNotFound,
			"/api/auth/callback/%2e%2e/sign-out":  http.StatusNotFound,
			"/api/auth/callback%2f..%2fsign-out":  http.StatusNotFound,
			"/api/auth/callbacks":                 http.StatusForbidden,
			"/api/auth/sign-out/callback/x":       http.StatusForbidden,
			"/api/auth/sign-out?x=/callback/true": http.StatusForbidden,
		} {
			s.newBrowser(t).do(http.MethodPost, path, map[string]any{}, provider).is(want)
		}
	})

	t.Run("the largest headers reach Better Auth", func(t *testing.T) {
		t.Parallel()
		s.newBrowser(t).do(http.MethodGet, "/api/auth/ok", nil, http.Header{"Accept-Language": {strings.Repeat("x", 31<<10)}}).is(http.StatusOK)
	})

	t.Run("Better Auth's errors are forwarded", func(t *testing.T) {
		t.Parallel()
		nobody := s.newBrowser(t)
		response := nobody.post("/api/auth/sign-in/email", map[string]any{"email": "nobody@example.com", "password": "wrong password"})
		response.is(http.StatusUnauthorized)
		id := response.header.Get("X-Request-Id")
		var got map[string]any
		response.into(&got)
		want := map[string]any{
			"message": "Invalid email or password", "code": "INVALID_EMAIL_OR_PASSWORD",
			"success": false, "error": "Invalid email or password", "status": 401.0, "title": "Unauthorized", "requestId": id,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the response (-want +got):\n%s", diff)
		}
		if got := response.header.Get("WWW-Authenticate"); got != httpapi.CookieChallenge {
			t.Errorf("WWW-Authenticate %q", got)
		}
		if got := logged(t, s.log, id); len(got) != 1 || !strings.Contains(got[0], `"code":"INVALID_EMAIL_OR_PASSWORD"`) {
			t.Errorf("the log: %q", got)
		}
		nobody.get("/api/auth/nothing").fails(taskapi.CodeNotFound)
		nobody.post("/api/auth/sign-in/email", map[string]any{"email": "x"}).is(http.StatusBadRequest)
		nobody.post("/api/auth/sign-in/email", map[string]any{"email": strings.Repeat("x", 2<<20)}).fails(taskapi.CodeBodyTooLarge)
	})
}

// TestErrorsOfBetterAuth_BecomeProblems checks that errors keep message and code, which
// Better Auth's client reads, and get the members of a problem.
func TestErrorsOfBetterAuth_BecomeProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		header http.Header
		body   string
		want   map[string]any
		retry  string
	}{
		"too many sign-ins": {
			429,
			http.Header{"X-Retry-After": {"7"}},
			`{"message":"Too many requests. Please try again later."}`,
			map[string]any{"message": "Too many requests. Please try again later.", "error": "Too many requests. Please try again later.", "code": "rate_limited", "title": "Too Many Requests"},
			"7",
		},
		"a Retry-After of the server": {429, http.Header{"X-Retry-After": {"7"}, "Retry-After": {"9"}}, `{}`, map[string]any{"error": "The request was rejected.", "code": "rate_limited", "title": "Too Many Requests"}, "9"},
		"OAuth's own error":           {400, nil, `{"error":"invalid_grant","error_description":"no"}`, map[string]any{"error": "invalid_grant", "error_description": "no", "code": "invalid", "title": "Bad Request"}, ""},
		"no body":                     {404, nil, ``, map[string]any{"error": "The request was rejected.", "code": "not_found", "title": "Not Found"}, ""},
		"not an object":               {403, nil, `["x"]`, map[string]any{"error": "The request was rejected.", "code": "invalid", "title": "Forbidden"}, ""},
		"too large":                   {422, nil, `{"code":"X","message":"` + strings.Repeat("x", 100_000) + `"}`, map[string]any{"error": "The request was rejected.", "code": "invalid", "title": "Unprocessable Entity"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := browserWith(t, func(w http.ResponseWriter, _ *http.Request) {
				maps.Copy(w.Header(), test.header)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}).get("/api/auth/get-session").is(test.status)
			var got map[string]any
			response.into(&got)
			test.want["success"], test.want["status"], test.want["requestId"] = false, float64(test.status), response.header.Get("X-Request-Id")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the response (-want +got):\n%s", diff)
			}
			if got := response.header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type %q", got)
			}
			if got := response.header.Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After %q, want %q", got, test.retry)
			}
		})
	}
}

// TestResetPassword_EndsSessions checks that all cached sessions are exchanged again after
// a reset, whose response does not name the user.
func TestResetPassword_EndsSessions(t *testing.T) {
	t.Parallel()
	var ended atomic.Bool
	nobody := browserWith(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/reset-password"):
			if strings.Contains(r.URL.RawQuery, "wrong") {
				w.WriteHeader(http.StatusBadRequest)
			}
			_, _ = io.WriteString(w, `{"status":true}`)
		case ended.Load() && strings.Contains(r.Header.Get("Cookie"), "ada"):
			_, _ = io.WriteString(w, "null")
		default:
			writeSession(w)
		}
	})
	get := func(token string) *response {
		return nobody.do(http.MethodGet, "/api/session", nil, http.Header{"Cookie": {session.CookieName + "=" + token + ".x"}})
	}
	for ada, path := range map[string]string{"ada1": "/api/auth/reset-password", "ada2": "/api/auth/email-otp/reset-password"} {
		ended.Store(false)
		get(ada).is(http.StatusOK)
		get("bob").is(http.StatusOK)
		ended.Store(true)
		nobody.post(path+"?wrong", map[string]any{"token": "x"}).is(http.StatusBadRequest)
		get(ada).is(http.StatusOK)
		nobody.post(path, map[string]any{"token": "x"}).is(http.StatusOK)
		get("bob").is(http.StatusOK)
		get(ada).fails(taskapi.CodeSessionExpired)
	}
}

func TestBrokenBetterAuth_IsUnavailable(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "SELECT * FROM session", http.StatusInternalServerError)
		},
		"a gateway's error": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Upstream", "SELECT")
			http.Error(w, "SELECT * FROM session", http.StatusBadGateway)
		},
		"a broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"another protocol":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := httptest.NewServer(handler)
			t.Cleanup(auth.Close)
			bff := httptest.NewServer(newHandler(t, handlerConfig{
				public: "http://localhost", auth: parse(t, auth.URL), tasks: auth.URL, log: &logBuffer{},
			}))
			t.Cleanup(bff.Close)
			// The second is not forwarded but exchanged.
			for _, path := range []string{"/api/auth/get-session", "/api/session"} {
				response := (&site{url: bff.URL}).newBrowser(t).do(http.MethodGet, path, nil, http.Header{"Cookie": {session.CookieName + "=a.b"}})
				response.fails(taskapi.CodeAuthUnavailable)
				if strings.Contains(string(response.body), "SELECT") || response.header.Get("X-Upstream") != "" {
					t.Errorf("%s: Better Auth's error text was forwarded: %s, %v", path, response.body, response.header)
				}
			}
		})
	}
}

func TestHTTPS_HasSecureCookiesAndHSTS(t *testing.T) {
	t.Parallel()
	const public = "https://tasks.example.com"
	auth := servertest.StartAuth(t, public)
	handler := newHandler(t, handlerConfig{
		public: public, secret: auth.Secret, auth: auth.URL, tasks: auth.URL.String(), log: &logBuffer{},
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, public+"/api/session", nil)
	for _, cookie := range auth.SignUp() {
		if cookie.Name != session.SecureCookieName {
			t.Errorf("Better Auth sets the cookie %s", cookie.Name)
		}
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	checkNoJWT(t, "GET /api/session", w.Body.Bytes(), w.Header())
	if w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Strict-Transport-Security"); got != "max-age=63072000" {
		t.Errorf("Strict-Transport-Security %q", got)
	}
}
