package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/doctor"
	"github.com/tasklane/tasklane/services/environ"
)

// TestDoctor_SaysHowToFixEachSetting breaks one setting at a time and checks the output.
func TestDoctor_SaysHowToFixEachSetting(t *testing.T) {
	t.Parallel()
	const secure = "https://localhost:1" // nobody listens there
	var front atomic.Pointer[httputil.ReverseProxy]
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { front.Load().ServeHTTP(w, r) }))
	t.Cleanup(site.Close)
	public := site.URL
	auth := servertest.StartAuth(t, public, secure)
	other := servertest.StartAuth(t, public)
	verifying := servertest.StartAuthWith(t, servertest.AuthConfig{Public: public, Env: []string{
		"SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=tasks@example.com", "REQUIRE_EMAIL_VERIFICATION=true",
	}})
	limiting := servertest.StartAuthWith(t, servertest.AuthConfig{Public: public, Env: []string{"RATE_LIMIT_ENABLED=true"}})
	sharing := servertest.StartAuthWith(t, servertest.AuthConfig{Public: public, Env: []string{"RATE_LIMIT_ENABLED=true", "TRUSTED_PROXIES="}})
	elsewhere := servertest.StartAuth(t, "http://tasks.localhost:3000", public)
	user := doctorCommand{Email: servertest.NewEmail(), Password: servertest.Password}
	for _, a := range []*servertest.Auth{auth, verifying} {
		a.Post("/api/auth/sign-up/email", map[string]any{"name": "Ada", "email": user.Email, "password": user.Password})
	}
	tasks := servertest.StartTasks(t, auth)
	emptied := servertest.StartTasks(t, auth)
	emptied.Exec("ALTER SCHEMA tasklane RENAME TO gone") // a DROP can deadlock with the running service
	bff := servertest.StartBFF(t, auth, tasks)
	front.Store(httputil.NewSingleHostReverseProxy(bff.URL))
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	t.Cleanup(page.Close)
	tasksWith := func(env string) *url.URL { return servertest.StartTasks(t, auth, env).URL }
	slowClock := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		if strings.HasSuffix(r.URL.Path, "/jwks") {
			_, _ = w.Write([]byte(`{"keys":[]}`))
		}
	}))
	t.Cleanup(slowClock.Close)
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
		name      string
		configure func(c *config, user *doctorCommand)
		// fails is the first check that fails, says a part of the output.
		fails, says string
	}{
		{"everything in order", func(*config, *doctorCommand) {}, "", "the task service accepts Better Auth's JWT"},
		{"without a user", func(_ *config, user *doctorCommand) { *user = doctorCommand{} }, "", "set --email"},
		{"without the secret", func(c *config, _ *doctorCommand) { c.Secret = "" }, "", "each unknown cookie costs a request"},
		{"a limit for each user", func(c *config, user *doctorCommand) {
			c.BetterAuthURL, *user = address(limiting.URL.String()), doctorCommand{}
		}, "", "limits sign-ins by the user's address"},
		{"a proxy that serves a page for everything", func(c *config, _ *doctorCommand) { c.PublicURL = origin(page.URL) }, "site", "forward /api to this bff"},
		{"a proxy that cannot reach the bff", func(c *config, _ *doctorCommand) { c.PublicURL = origin(broken.URL) }, "site", "see the logs of the proxy"},
		{"https in front of a server without TLS", func(c *config, _ *doctorCommand) {
			c.PublicURL = origin(strings.Replace(public, "http:", "https:", 1))
		}, "site", "HTTP response to HTTPS client"},
		{"no Better Auth", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address("http://127.0.0.1:1") }, "auth", "BETTER_AUTH_URL is its address"},
		{"the task service as Better Auth", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(tasks.URL.String()) }, "auth", "does not respond with a list of keys"},
		{"the bff as Better Auth", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(bff.URL.String()) }, "auth", "keep /api/auth in the app"},
		{"another path of Better Auth", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(auth.URL.String() + "/auth") }, "auth", "with its path"},
		{"a Better Auth without its database", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(broken.URL) }, "auth", "may not reach its database"},
		{"a clock that is an hour slow", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(slowClock.URL) }, "clock", "NTP"},
		{"another PUBLIC_URL", func(c *config, _ *doctorCommand) { c.PublicURL = origin("http://localhost:1") }, "origin", "rejects requests from http://localhost:1"},
		{"https in PUBLIC_URL only", func(c *config, _ *doctorCommand) { c.PublicURL = origin("https://localhost:2") }, "origin", "rejects requests from https://localhost:2"},
		{"an origin that Better Auth does not trust", func(c *config, _ *doctorCommand) {
			c.TrustedOrigins = []environ.Origin{origin(secure), origin("https://app.example.com")}
		}, "origin", "rejects requests from https://app.example.com"},
		{"an auth server that does not trust the bff", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(sharing.URL.String()) }, "proxy", "TRUSTED_PROXIES of the auth server"},
		{"passkeys of another domain", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(elsewhere.URL.String()) }, "passkeys", "their domain is tasks.localhost"},
		{"no task service", func(c *config, _ *doctorCommand) { c.TasksURL = address("http://127.0.0.1:1") }, "service", "TASKS_URL is its address"},
		{"a proxy that cannot reach the task service", func(c *config, _ *doctorCommand) { c.TasksURL = address(broken.URL) }, "service", "see the log of the task service"},
		{"another server as task service", func(c *config, _ *doctorCommand) { c.TasksURL = address(auth.URL.String()) }, "service", "it is not the task service"},
		{"the operations port as task service", func(c *config, _ *doctorCommand) { c.TasksURL = address(tasks.OpsURL.String()) }, "service", "it is not the task service"},
		{"another password", func(_ *config, user *doctorCommand) { user.Password = "something else" }, "sign-in", "no user has this email and password"},
		{"an address that is not confirmed", func(c *config, _ *doctorCommand) { c.BetterAuthURL = address(verifying.URL.String()) }, "sign-in", "open the link in the mail"},
		{"another cookie prefix", func(c *config, _ *doctorCommand) { c.CookiePrefix = "my-app" }, "cookie", "named better-auth.session_token, not my-app.session_token"},
		{"cookies for http on an https site", func(c *config, _ *doctorCommand) { c.PublicURL = origin(secure) }, "cookie", "with the same scheme"},
		{"another secret", func(c *config, _ *doctorCommand) { c.Secret = secret(other.Secret) }, "secret", "set BETTER_AUTH_SECRET to Better Auth's"},
		{"another issuer", func(c *config, _ *doctorCommand) { c.TasksURL.URL = tasksWith("JWT_ISSUER=https://tasks.example.com") }, "chain", "set its JWT_ISSUER to " + public},
		{"another audience", func(c *config, _ *doctorCommand) { c.TasksURL.URL = tasksWith("JWT_AUDIENCE=tasks") }, "chain", "set its JWT_AUDIENCE to " + public},
		{"another algorithm", func(c *config, _ *doctorCommand) { c.TasksURL.URL = tasksWith("JWT_ALGORITHMS=EdDSA") }, "chain", "add RS256 to JWT_ALGORITHMS"},
		{"keys of another Better Auth", func(c *config, _ *doctorCommand) { c.TasksURL.URL = tasksWith("BETTER_AUTH_URL=" + other.URL.String()) }, "chain", "BETTER_AUTH_URL, or JWKS_URL"},
		{"a task service without its tables", func(c *config, _ *doctorCommand) { c.TasksURL = address(emptied.URL.String()) }, "chain", `run "tasks doctor"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			user := user
			c := config{
				PublicURL: origin(public), BetterAuthURL: address(auth.URL.String()), TasksURL: address(tasks.URL.String()),
				Secret: secret(auth.Secret), CookiePrefix: "better-auth",
			}
			tc.configure(&c, &user)
			var out bytes.Buffer
			err := runChecks(t.Context(), c, user, &out)
			if (tc.fails != "") != errors.Is(err, doctor.ErrFailed) {
				t.Errorf("the error is %v", err)
			}
			_, first, _ := strings.Cut(out.String(), "FAIL  ")
			if tc.fails != "" && !strings.HasPrefix(first, tc.fails+" ") || !strings.Contains(out.String(), tc.says) {
				t.Errorf("want %q to fail first, and %q in the output:\n%s", tc.fails, tc.says, out.String())
			}
		})
	}
	t.Cleanup(func() {
		ctx := context.Background() // the test's has ended
		db, err := pgx.Connect(ctx, auth.OwnerURL())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close(ctx) //nolint:errcheck // the test ends
		var users, sessions int
		err = db.QueryRow(ctx, `SELECT count(DISTINCT "user".id), count(session.id) FROM "user" LEFT JOIN session ON "userId" = "user".id`).Scan(&users, &sessions)
		if err != nil || users != 1 || sessions != 1 {
			t.Errorf("the doctor leaves %d users and %d sessions (%v), want only those of the sign-up", users, sessions, err)
		}
	})
}

// TestDoctor_RejectsAHostWithoutAnAddress fakes the error of DNS, because the machine may
// have no DNS.
func TestDoctor_RejectsAHostWithoutAnAddress(t *testing.T) {
	t.Parallel()
	for _, unknown := range []bool{true, false} {
		dial := func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "lookup failed", IsNotFound: unknown, IsTemporary: !unknown}}
		}
		d := &diagnosis{
			config: config{PublicURL: environ.Origin{URL: &url.URL{Scheme: "https", Host: "tasks.example.com"}}},
			http:   &http.Client{Transport: &http.Transport{DialContext: dial}},
		}
		_, err := d.checkSite(t.Context())
		fault, isFault := errors.AsType[*doctor.Fault](err)
		if isFault != unknown || isFault && fault.Problem != "the host tasks.example.com of PUBLIC_URL has no address" {
			t.Errorf("DNS does not know the host (%t): %v", unknown, err)
		}
	}
}
