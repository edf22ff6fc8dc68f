package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const tokenHeader = "Set-Auth-Token"

// program returns a function that sends requests as curl and native apps do: without an
// origin, and with the bearer token unless that is empty.
func (s *site) program(t *testing.T, token string) func(method, path string, body any, header ...string) *response {
	t.Helper()
	b := s.newBrowser(t)
	return func(method, path string, body any, header ...string) *response {
		t.Helper()
		all := http.Header{"Sec-Fetch-Site": nil, "Origin": nil}
		if token != "" {
			all.Set("Authorization", "Bearer "+token)
		}
		for i := 0; i < len(header); i += 2 {
			all.Set(header[i], header[i+1])
		}
		return b.do(method, path, body, all)
	}
}

func TestDocument_HasTheTokenWhereverItHasTheCookie(t *testing.T) {
	t.Parallel()
	document, err := web.Document()
	if err != nil {
		t.Fatal(err)
	}
	cookies, tokens := bytes.Count(document, []byte("- sessionCookie: []")), bytes.Count(document, []byte("- sessionToken: []"))
	if cookies == 0 || tokens != cookies {
		t.Errorf("%d operations have the cookie, %d the token", cookies, tokens)
	}
}

// TestBearer sends the session token in place of the cookie.
func TestBearer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.newBrowser(t)
	email := ada.signUp()
	credentials := map[string]any{"email": email, "password": servertest.Password}
	signedIn := s.program(t, "")(http.MethodPost, "/api/auth/sign-in/email", credentials).is(http.StatusOK)
	token := signedIn.header.Get(tokenHeader)

	t.Run("a page gets no token", func(t *testing.T) {
		for _, header := range []http.Header{nil, {"Sec-Fetch-Site": nil}, {"Origin": nil}} {
			if got := ada.do(http.MethodPost, "/api/auth/sign-in/email", credentials, header).is(http.StatusOK).header.Get(tokenHeader); got != "" {
				t.Errorf("with %v: %s", header, got)
			}
		}
	})
	t.Run("a page gets no token by the code of a device", func(t *testing.T) {
		client := map[string]any{"client_id": "program"}
		var code map[string]any
		ada.post("/api/auth/device/code", client).is(http.StatusOK).into(&code)
		ada.get("/api/auth/device?user_code=" + url.QueryEscape(code["user_code"].(string))).is(http.StatusOK)
		ada.post("/api/auth/device/approve", map[string]any{"userCode": code["user_code"]}).is(http.StatusOK)
		grant := map[string]any{"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code["device_code"], "client_id": "program"}
		for _, header := range []http.Header{nil, {"Sec-Fetch-Site": nil}, {"Origin": nil}} {
			ada.do(http.MethodPost, "/api/auth/device/token", grant, header).is(http.StatusNotFound)
		}
		s.program(t, "")(http.MethodPost, "/api/auth/device/token", grant).is(http.StatusOK)
	})
	t.Run("reads, writes and signs out", func(t *testing.T) {
		plain, err := url.PathUnescape(token)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{token, plain} {
			program := s.program(t, form)
			program(http.MethodPost, "/api/tasks", map[string]any{"title": "Water the plants"}).is(http.StatusCreated)
			// An app that shows pages has an origin of its own.
			program(http.MethodPost, "/api/tasks", map[string]any{"title": "Water the plants"}, "Origin", "capacitor://localhost").is(http.StatusCreated)
			var found taskapi.Response[web.Session]
			program(http.MethodGet, "/api/session", nil).is(http.StatusOK).into(&found)
			if found.Data.User.Email != email {
				t.Errorf("the user is %+v", found.Data.User)
			}
		}
		program := s.program(t, token)
		response := program(http.MethodPost, "/api/auth/update-user", map[string]any{"name": "Grace"}, "Origin", "capacitor://localhost").is(http.StatusOK)
		if cookies := response.header.Values("Set-Cookie"); cookies != nil {
			t.Errorf("the response sets %q", cookies)
		}
		program(http.MethodPost, "/api/auth/sign-out", map[string]any{}).is(http.StatusOK)
		program(http.MethodGet, "/api/session", nil).fails(taskapi.CodeSessionExpired)
	})
	t.Run("a token overrides a cookie", func(t *testing.T) {
		bob := s.newBrowser(t)
		bob.signUp()
		ada.do(http.MethodGet, "/api/session", nil, http.Header{"Authorization": {"Bearer x.y"}}).fails(taskapi.CodeUnauthenticated)
		var found taskapi.Response[web.Session]
		ada.do(http.MethodGet, "/api/session", nil, http.Header{"Authorization": {"Bearer " + bob.cookie().Value}}).is(http.StatusOK).into(&found)
		if found.Data.User.Email == email {
			t.Error("the cookie overrides the token")
		}
	})
	t.Run("the error for a JWT names the task service", func(t *testing.T) {
		jwt := s.auth.JWT(ada.cookie())
		for _, path := range []string{"/api/tasks", "/api/auth/get-session"} {
			problem := s.program(t, jwt)(http.MethodGet, path, nil).fails(taskapi.CodeUnauthenticated)
			if !strings.Contains(problem.Error, "task service") {
				t.Errorf("%s: %q", path, problem.Error)
			}
		}
	})
	t.Run("forged tokens are rejected", func(t *testing.T) {
		before := s.authTap.Count(getSession)
		for _, forged := range []string{"", "x", "x.y", token[:len(token)-4], "x" + token, strings.Repeat("a", 32)} {
			s.program(t, "")(http.MethodGet, "/api/session", nil, "Authorization", "Bearer "+forged).fails(taskapi.CodeUnauthenticated)
		}
		if n := s.authTap.Count(getSession) - before; n > 0 {
			t.Errorf("%d requests to Better Auth", n)
		}
	})
}
