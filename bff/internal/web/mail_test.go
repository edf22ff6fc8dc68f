package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/stack/mailbox"
)

// inbox is a mail server that queues the messages.
type inbox struct {
	t        *testing.T
	box      *mailbox.Mailbox
	messages chan mailbox.Message
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{t: t, messages: make(chan mailbox.Message, 20)}
	box, err := mailbox.Listen(t.Context(), func(m mailbox.Message) { in.messages <- m })
	if err != nil {
		t.Fatal(err)
	}
	in.box = box
	served := make(chan error, 1)
	go func() { served <- box.Serve() }()
	t.Cleanup(func() {
		_ = box.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return in
}

func (in *inbox) env(more ...string) []string {
	return append([]string{"SMTP_URL=" + in.box.URL(), "MAIL_FROM=Tasklane <tasks@example.com>"}, more...)
}

// next waits for the next mail, which must have this address and subject. It returns the
// path of the link in it, or "".
func (in *inbox) next(to, subject string) (path string) {
	in.t.Helper()
	select {
	case m := <-in.messages:
		if m.To != to || m.Subject != subject {
			in.t.Fatalf("a mail to %s, %q; want %s, %q", m.To, m.Subject, to, subject)
		}
		for line := range strings.Lines(m.Text) {
			if u, err := url.Parse(strings.TrimSpace(line)); err == nil && u.Host != "" {
				return u.RequestURI()
			}
		}
		return ""
	case <-time.After(waitTimeout):
		in.t.Fatalf("no mail to %s", to)
		return ""
	}
}

// TestPasswordReset_ByMailEndsAllSessions resets a forgotten password.
func TestPasswordReset_ByMailEndsAllSessions(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	s := newSiteWith(t, siteConfig{env: in.env()})
	ada, elsewhere := s.newBrowser(t), s.newBrowser(t)
	email := ada.signUp()
	elsewhere.signIn(email)
	reset := map[string]any{"email": email, "redirectTo": "/?reset"}
	nobody := s.newBrowser(t)
	nobody.post("/api/auth/request-password-reset", map[string]any{"email": servertest.NewEmail(), "redirectTo": "/?reset"}).is(http.StatusOK)
	nobody.post("/api/auth/request-password-reset", reset).is(http.StatusOK)
	link := in.next(email, "Choose a new password") // the only mail: nobody has the other address
	target := parse(t, nobody.get(link).is(http.StatusFound).header.Get("Location"))
	if !target.Query().Has("reset") || target.Query().Get("token") == "" {
		t.Fatalf("the link leads to %s", target)
	}
	change := map[string]any{"newPassword": "another correct horse", "token": target.Query().Get("token")}
	nobody.post("/api/auth/reset-password", change).is(http.StatusOK)
	in.next(email, "Your password was changed")
	for _, b := range []*browser{ada, elsewhere} {
		b.get("/api/session").fails(taskapi.CodeSessionExpired)
	}
	if response := nobody.post("/api/auth/reset-password", change); response.status != http.StatusBadRequest {
		t.Errorf("the link works twice: %d", response.status)
	}
	if got := nobody.get(link).is(http.StatusFound).header.Get("Location"); !strings.Contains(got, "error=INVALID_TOKEN") {
		t.Errorf("a used link leads to %s", got)
	}
	nobody.post("/api/auth/sign-in/email", map[string]any{"email": email, "password": "another correct horse"}).is(http.StatusOK)
	nobody.get("/api/session").is(http.StatusOK)
}

// TestEmailChange_IsConfirmedByMail confirms a change at the new address, and before that
// at the old one if that is verified.
func TestEmailChange_IsConfirmedByMail(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	s := newSiteWith(t, siteConfig{env: in.env()})
	ada := s.newBrowser(t)
	email := ada.signUp()
	wantEmail := func(want string) {
		t.Helper()
		var found taskapi.Response[web.Session]
		ada.get("/api/session").is(http.StatusOK).into(&found)
		if found.Data.User.Email != want {
			t.Errorf("the address is %s, want %s", found.Data.User.Email, want)
		}
	}
	second, third := servertest.NewEmail(), servertest.NewEmail()
	ada.post("/api/auth/change-email", map[string]any{"newEmail": second, "callbackURL": "/"}).is(http.StatusOK)
	wantEmail(email)
	ada.get(in.next(second, "Confirm your email address")).is(http.StatusFound)
	wantEmail(second)
	s.auth.Exec(`UPDATE "user" SET "emailVerified" = true WHERE email = $1`, second)
	ada.post("/api/auth/change-email", map[string]any{"newEmail": third, "callbackURL": "/"}).is(http.StatusOK)
	ada.get(in.next(second, "Confirm your new email address")).is(http.StatusFound)
	wantEmail(second)
	ada.get(in.next(third, "Confirm your email address")).is(http.StatusFound)
	wantEmail(third)
}

// TestRequiredVerification_RejectsSignIns checks that a user cannot sign in before the
// address is confirmed.
func TestRequiredVerification_RejectsSignIns(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	s := newSiteWith(t, siteConfig{env: in.env("REQUIRE_EMAIL_VERIFICATION=true")})
	ada := s.newBrowser(t)
	email := ada.signUp()
	ada.get("/api/session").fails(taskapi.CodeUnauthenticated)
	in.next(email, "Confirm your email address")
	if response := ada.post("/api/auth/sign-in/email", map[string]any{"email": email, "password": servertest.Password}); response.status != http.StatusForbidden || !strings.Contains(string(response.body), "EMAIL_NOT_VERIFIED") {
		t.Fatalf("sign in: %d %s", response.status, response.body)
	}
	ada.get(in.next(email, "Confirm your email address")).is(http.StatusFound)
	ada.get("/api/session").is(http.StatusOK)
}
