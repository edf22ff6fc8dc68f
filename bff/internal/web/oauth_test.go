package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestOAuth_SignsIn signs in with an OAuth provider, through the bff and the real Better
// Auth.
func TestOAuth_SignsIn(t *testing.T) {
	t.Parallel()
	email := servertest.NewEmail()
	provider := newProvider(t, email)
	s := newSiteWith(t, siteConfig{provider: provider.URL})
	ada := s.newBrowser(t)

	var started struct {
		URL      string
		Redirect bool
	}
	response := ada.post("/api/auth/sign-in/social", map[string]any{"provider": "provider", "callbackURL": "/welcome?from=provider"}).is(http.StatusOK)
	response.into(&started)
	authorize := parse(t, started.URL)
	sent := authorize.Query()
	if !started.Redirect || "http://"+authorize.Host+authorize.Path != provider.URL+"/authorize" {
		t.Errorf("the browser is redirected to %s", started.URL)
	}
	if got, want := sent.Get("redirect_uri"), s.url+"/api/auth/callback/provider"; got != want {
		t.Errorf("redirect_uri %q, want %q", got, want)
	}
	if cookies := strings.Join(response.header.Values("Set-Cookie"), "\n"); !strings.Contains(cookies, "better-auth.state=") {
		t.Errorf("cookies %q have no state", cookies)
	}

	// The provider redirects the browser back, with characters that have several
	// encodings.
	query := "code=a%2Bcode%2Fof%20the%3Dprovider&state=" + url.QueryEscape(sent.Get("state")) + "&scope=a+b&x="
	back := ada.get("/api/auth/callback/provider?" + query).is(http.StatusFound)
	if got := back.header.Get("Location"); got != "/welcome?from=provider" && got != s.url+"/welcome?from=provider" {
		t.Errorf("finally redirected to %q", got)
	}
	requests := s.authTap.Requests()
	if last := requests[len(requests)-1].URL; last.Path != "/api/auth/callback/provider" || last.RawQuery != query {
		t.Errorf("Better Auth got %s, want the query %s", last, query)
	}

	var signedIn taskapi.Response[web.Session]
	ada.get("/api/session").is(http.StatusOK).into(&signedIn)
	if signedIn.Data.User.Email != email {
		t.Errorf("signed in as %+v", signedIn.Data.User)
	}
	ada.post("/api/tasks", map[string]any{"title": "Water the plants"}).is(http.StatusCreated)
	if accounts := ada.get("/api/auth/list-accounts").is(http.StatusOK); !strings.Contains(string(accounts.body), `"providerId":"provider"`) {
		t.Errorf("the accounts are %s", accounts.body)
	}
	ada.post("/api/auth/get-access-token", map[string]any{"providerId": "provider"}).fails(taskapi.CodeNotFound)

	// The callback works only in the same browser, and redirects to no other site.
	other := s.newBrowser(t)
	rejected := other.get("/api/auth/callback/provider?" + query).is(http.StatusFound)
	if got := rejected.header.Get("Location"); !strings.Contains(got, "error=") || other.cookie() != nil {
		t.Errorf("another browser is redirected to %q with the cookie %v", got, other.cookie())
	}
	other.post("/api/auth/sign-in/social", map[string]any{"provider": "provider", "callbackURL": "https://evil.example/"}).is(http.StatusForbidden)
}

// TestOAuth_DeletingAnAccountNeedsARecentSession deletes the account of a user who has no
// password. The session must be at most a day old.
func TestOAuth_DeletingAnAccountNeedsARecentSession(t *testing.T) {
	t.Parallel()
	provider := newProvider(t, servertest.NewEmail())
	s := newSiteWith(t, siteConfig{provider: provider.URL})
	signIn := func() *browser {
		ada := s.newBrowser(t)
		var started struct{ URL string }
		ada.post("/api/auth/sign-in/social", map[string]any{"provider": "provider", "callbackURL": "/"}).is(http.StatusOK).into(&started)
		state := parse(t, started.URL).Query().Get("state")
		ada.get("/api/auth/callback/provider?code=" + url.QueryEscape(providerCode) + "&state=" + url.QueryEscape(state)).is(http.StatusFound)
		return ada
	}
	ada, elsewhere := signIn(), signIn()
	ada.post("/api/tasks", map[string]any{"title": "Water the plants"}).is(http.StatusCreated)
	id := ada.userID()
	if other := elsewhere.userID(); other != id {
		t.Fatalf("the second sign-in is user %s, want %s", other, id)
	}

	const setSessionAge = `UPDATE session SET "createdAt" = now() - $1::interval`
	s.auth.Exec(setSessionAge, "25 hours")
	if rejected := ada.post("/api/auth/delete-user", map[string]any{}).is(http.StatusBadRequest); !strings.Contains(string(rejected.body), "SESSION_EXPIRED") {
		t.Errorf("with an old session: %s", rejected.body)
	}
	s.auth.Exec(setSessionAge, "23 hours")
	ada.post("/api/auth/delete-user", map[string]any{}).is(http.StatusOK)
	for _, session := range []*browser{ada, elsewhere} {
		session.post("/api/tasks", map[string]any{"title": "Ghost"}).is(http.StatusUnauthorized)
	}

	again := signIn()
	if again.userID() == id {
		t.Error("the account is still there")
	}
	var list struct{ Data []taskapi.Task }
	again.get("/api/tasks").is(http.StatusOK).into(&list)
	if len(list.Data) != 0 {
		t.Errorf("the new account has tasks: %v", list.Data)
	}
}

// providerCode is the code with which the provider redirects the browser back.
const providerCode = "a+code/of the=provider"

// newProvider starts an OAuth provider with one user. Its tokens look like JWTs, which
// must not reach the browser either.
func newProvider(t *testing.T, email string) *httptest.Server {
	t.Helper()
	respond := func(w http.ResponseWriter, body map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body) // the client may have disconnected
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if got := r.FormValue("code"); got != providerCode {
			t.Errorf("the code is %q", got)
		}
		respond(w, map[string]any{"access_token": "eyJhbGciOiJub25lIn0.e30.c2ln", "token_type": "Bearer", "expires_in": 3600})
	})
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, map[string]any{"id": "7", "sub": "7", "name": "Ada Lovelace", "email": email, "email_verified": true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}
