package web_test

import (
	"net/http"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi/contracttest"
)

// TestIsolation_OtherUsersLearnNothing runs [contracttest.Isolation] against a site.
func TestIsolation_OtherUsersLearnNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	document, err := web.Document()
	if err != nil {
		t.Fatal(err)
	}
	contracttest.Isolation(t, document, func() contracttest.User { return s.newUser(t) })
}

// newUser signs up a user.
func (s *site) newUser(t *testing.T) contracttest.User {
	t.Helper()
	b := s.newBrowser(t)
	email := b.signUp()
	var session taskapi.Response[web.Session]
	b.get("/api/session").is(http.StatusOK).into(&session)
	return contracttest.User{Own: []string{session.Data.User.ID, email}, Send: b.send}
}

// send sends a request as the browser's user.
func (b *browser) send(_ testing.TB, r contracttest.Request) contracttest.Response {
	var body any
	if r.Body != "" {
		body = r.Body
	}
	response := b.do(r.Method, r.Path, body, r.Header)
	return contracttest.Response{Status: response.status, Header: response.header, Body: response.body}
}
