package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/doctor"
	"github.com/tasklane/tasklane/services/environ"
)

// TestDoctor breaks one setting at a time and checks the doctor's output.
func TestDoctor(t *testing.T) {
	t.Parallel()
	const public = "http://localhost:3000"
	auth := servertest.StartAuth(t, public)
	other := servertest.StartAuth(t, public)
	verifying := servertest.StartAuthWith(t, servertest.AuthConfig{Public: public, Env: []string{
		"SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=tasks@example.com", "REQUIRE_EMAIL_VERIFICATION=true",
	}})
	tasks := servertest.StartTasks(t, auth)
	strange := func(env string) *url.URL { return servertest.StartTasks(t, auth, env).URL }
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		if strings.HasSuffix(r.URL.Path, "/jwks") {
			_, _ = w.Write([]byte(`{"keys":[]}`))
		}
	}))
	t.Cleanup(late.Close)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(broken.Close)
	address := func(text string) environ.Address {
		var a environ.Address
		if err := a.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return a
	}
	origin := func(text string) environ.Origin {
		var o environ.Origin
		if err := o.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return o
	}

	for _, tc := range []struct {
		name  string
		spoil func(c *config)
		// fails is the check that fails first, says what must be read.
		fails, says string
	}{
		{"everything in order", func(*config) {}, "", "the task service answers for a user"},
		{"without the secret", func(c *config) { c.Secret = "" }, "", "each unknown cookie is a question"},
		{"no Better Auth", func(c *config) { c.BetterAuthURL = address("http://127.0.0.1:1") }, "auth", "BETTER_AUTH_URL leads to it"},
		{"another server as Better Auth", func(c *config) { c.BetterAuthURL = address(tasks.URL.String()) }, "auth", "not a list of keys"},
		{"another path of Better Auth", func(c *config) { c.BetterAuthURL = address(auth.URL.String() + "/auth") }, "auth", "with its path"},
		{"a Better Auth without its database", func(c *config) { c.BetterAuthURL = address(broken.URL) }, "auth", "may not reach its database"},
		{"a clock that is late", func(c *config) { c.BetterAuthURL = address(late.URL) }, "clock", "NTP"},
		{"another PUBLIC_URL", func(c *config) { c.PublicURL = origin("http://tasks.example.com") }, "origin", "refuses pages of http://tasks.example.com"},
		{"https without Better Auth's knowledge", func(c *config) { c.PublicURL = origin("https://localhost:3000") }, "origin", "refuses pages of https://localhost:3000"},
		{"an origin that Better Auth does not trust", func(c *config) { c.TrustedOrigins = []environ.Origin{origin("https://app.example.com")} }, "origin", "BETTER_AUTH_TRUSTED_ORIGINS"},
		{"another cookie prefix", func(c *config) { c.CookiePrefix = "my-app" }, "cookie", "named better-auth.session_token, not my-app.session_token"},
		{"addresses that must be confirmed", func(c *config) { c.BetterAuthURL = address(verifying.URL.String()) }, "cookie", "REQUIRE_EMAIL_VERIFICATION"},
		{"another secret", func(c *config) { c.Secret = secret(other.Secret) }, "secret", "set BETTER_AUTH_SECRET to Better Auth's"},
		{"no task service", func(c *config) { c.TasksURL = address("http://127.0.0.1:1") }, "service", "TASKS_URL leads to it"},
		{"another server as task service", func(c *config) { c.TasksURL = address(auth.URL.String()) }, "service", "it is not the task service"},
		{"another issuer", func(c *config) { c.TasksURL.URL = strange("JWT_ISSUER=https://tasks.example.com") }, "chain", "set its JWT_ISSUER to " + public},
		{"another audience", func(c *config) { c.TasksURL.URL = strange("JWT_AUDIENCE=tasks") }, "chain", "set its JWT_AUDIENCE to " + public},
		{"another algorithm", func(c *config) { c.TasksURL.URL = strange("JWT_ALGORITHMS=EdDSA") }, "chain", "JWT_ALGORITHMS have RS256"},
		{"keys of another Better Auth", func(c *config) { c.TasksURL.URL = strange("BETTER_AUTH_URL=" + other.URL.String()) }, "chain", "BETTER_AUTH_URL, or JWKS_URL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := config{
				PublicURL: origin(public), BetterAuthURL: address(auth.URL.String()), TasksURL: address(tasks.URL.String()),
				Secret: secret(auth.Secret), CookiePrefix: "better-auth",
			}
			tc.spoil(&c)
			var out bytes.Buffer
			err := examine(t.Context(), c, &out)
			if (tc.fails != "") != errors.Is(err, doctor.ErrSick) {
				t.Errorf("examine: %v", err)
			}
			_, first, _ := strings.Cut(out.String(), "FAIL  ")
			if tc.fails != "" && !strings.HasPrefix(first, tc.fails+" ") || !strings.Contains(out.String(), tc.says) {
				t.Errorf("want %q to fail first, and to read %q:\n%s", tc.fails, tc.says, out.String())
			}
		})
	}
}
