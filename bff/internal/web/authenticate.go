package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/services/httpapi"
)

// caller is the signed-in user whose request is being answered.
type caller struct {
	request session.Request
	session *session.Session
}

// renewalHeader with the value "none" asks for the session not to be renewed. A
// server that calls with a browser's cookie sends it, unless it hands Set-Cookie
// lines on to the browser.
const renewalHeader = "X-Session-Renewal"

// callerFrom returns whom authenticate has let through.
func callerFrom(ctx context.Context) caller { return httpapi.Caller[caller](ctx) }

// expectedUserHeader names the user that a request was made for. A page that
// still shows one user cannot read or write the list of another, who has signed
// in meanwhile in another tab.
const expectedUserHeader = "Expected-User"

// errOtherUser means that the session is not the expected user's.
var errOtherUser = errors.New("the session belongs to another user than the request expects")

// isExpected reports whether the user is the one that the request was made for.
func isExpected(r *http.Request, user session.User) bool {
	return !slices.ContainsFunc(r.Header.Values(expectedUserHeader), func(id string) bool { return id != user.ID })
}

// authenticate lets requests with a live session through and answers all
// others.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	request, err := s.sessionRequest(r)
	var known session.Result
	if err == nil {
		known, err = s.sessions.Get(r.Context(), request)
		if !request.Bearer {
			relay(w.Header(), known.SetCookie)
		}
	}
	if err == nil && !isExpected(r, known.Session.User) {
		err = errOtherUser
	}
	if err != nil {
		httpapi.WriteTo(ctx, s.api.Problem(ctx.Context(), err))
		return
	}
	httpapi.SetUser(ctx.Context(), known.Session.User.ID, caller{request, known.Session})
	next(ctx)
}

// sessionRequest returns what the session of a request is looked up by: the bearer
// token, if it has one, else the cookie. Of several session cookies, the first one
// whose session lives counts.
func (s *server) sessionRequest(r *http.Request) (session.Request, error) {
	client := s.proxies.client(r)
	request := session.Request{
		Client:     client,
		Network:    network(client),
		RequestID:  httpapi.RequestID(r.Context()),
		KeepExpiry: r.Header.Get(renewalHeader) == "none",
	}
	if token, ok := session.Bearer(r); ok {
		var err error
		request.Bearer = true
		request.Cookie, err = s.cookies.OfBearer(token)
		return request, err
	}
	candidates := s.cookies.Candidates(r)
	if len(candidates) == 0 {
		return request, session.ErrUnauthenticated
	}
	for i, cookie := range candidates {
		request.Cookie = cookie
		if i == len(candidates)-1 {
			break // there is no choice left
		}
		if _, err := s.sessions.Check(r.Context(), request); err == nil {
			break
		}
	}
	return request, nil
}

// asUser makes a call of the task service carry the caller's JWT, and another
// one if that is refused.
func (s *server) asUser(ctx context.Context) []sdk.CallOption {
	c := callerFrom(ctx)
	return (&tokens{sessions: s.sessions, request: c.request, held: c.session}).options()
}

// tokens are the JWTs of a session, for one call.
type tokens struct {
	sessions *session.Sessions
	request  session.Request
	held     *session.Session // whose JWT is the next; nil to look it up
}

func (t *tokens) options() []sdk.CallOption {
	return []sdk.CallOption{sdk.WithTokens(t), sdk.WithRequestID(t.request.RequestID)}
}

// Token returns a JWT of the session.
func (t *tokens) Token(ctx context.Context) (string, error) {
	if t.held == nil {
		found, err := t.sessions.Check(ctx, t.request)
		if errors.Is(err, session.ErrUnavailable) {
			err = fmt.Errorf("%w: %w", sdk.ErrAuthUnavailable, err) // which passes
		}
		if err != nil {
			return "", err
		}
		t.held = found
	}
	return t.held.JWT(), nil
}

// InvalidateToken makes sure that a JWT that was refused or has ended is not
// used again.
func (t *tokens) InvalidateToken(token string) {
	if t.held != nil && t.held.JWT() == token {
		t.sessions.Refuse(t.request.Cookie, t.held)
		t.held = nil
	}
}
