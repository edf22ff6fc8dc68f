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

// caller is the signed-in user of a request.
type caller struct {
	request session.Request
	session *session.Session
}

// renewalHeader with the value "none" keeps the session from being renewed. A server that
// uses a browser's cookie must send it, unless it forwards Set-Cookie to the browser.
const renewalHeader = "X-Session-Renewal"

// callerFrom returns the caller that authenticate has set.
func callerFrom(ctx context.Context) caller { return httpapi.Caller[caller](ctx) }

// expectedUserHeader has the id of the user that the request is meant for. It keeps a page
// of one user from reading or changing the tasks of another, who has signed in in another
// tab.
const expectedUserHeader = "Expected-User"

// errOtherUser means that the session belongs to another user than the expected one.
var errOtherUser = errors.New("the session is not that of the expected user")

// isExpected reports whether the user is the one that the request is meant for.
func isExpected(r *http.Request, user session.User) bool {
	return !slices.ContainsFunc(r.Header.Values(expectedUserHeader), func(id string) bool { return id != user.ID })
}

// authenticate is a middleware that sets the caller of requests with a valid session and
// rejects all others.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	request, err := s.sessionRequest(r)
	var known *session.Session
	if err == nil {
		known, err = s.session(w, r, request)
	}
	if err == nil && !isExpected(r, known.User) {
		err = errOtherUser
	}
	if err != nil {
		httpapi.WriteTo(ctx, s.api.Problem(ctx.Context(), err))
		return
	}
	httpapi.SetUser(ctx.Context(), known.User.ID, caller{request, known})
	next(ctx)
}

// session returns a session, and adds the cookies that Better Auth has set to the response.
func (s *server) session(w http.ResponseWriter, r *http.Request, request session.Request) (*session.Session, error) {
	known, err := s.sessions.Get(r.Context(), request)
	for _, line := range known.SetCookie {
		w.Header().Add("Set-Cookie", line)
	}
	return known.Session, err
}

// sessionRequest returns the session request for a request's bearer token, if it has one,
// or its cookie. Of several session cookies, the first with a valid session counts, and before
// those that have ended, the first whose session cannot be checked.
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
		request.Cookie, err = s.cookies.FromBearer(token)
		return request, err
	}
	candidates := s.cookies.Candidates(r)
	if len(candidates) == 0 {
		return request, session.ErrUnauthenticated
	}
	var unavailable []session.Cookie
	for i, cookie := range candidates {
		request.Cookie = cookie
		if i == len(candidates)-1 && unavailable == nil {
			return request, nil // the last candidate
		}
		_, err := s.sessions.Check(r.Context(), request)
		if err == nil {
			return request, nil
		}
		if !errors.Is(err, session.ErrExpired) {
			unavailable = append(unavailable, cookie)
		}
	}
	request.Cookie = unavailable[0]
	return request, nil
}

// asUser returns the options of a call of the task service with the caller's JWT. If that
// is rejected, the call is retried with a new one.
func (s *server) asUser(ctx context.Context) []sdk.CallOption {
	c := callerFrom(ctx)
	return (&tokens{sessions: s.sessions, request: c.request, held: c.session}).options()
}

// tokens is the token source of a session, for one call.
type tokens struct {
	sessions *session.Sessions
	request  session.Request
	held     *session.Session // has the next JWT; nil to look it up
}

func (t *tokens) options() []sdk.CallOption {
	return []sdk.CallOption{sdk.WithTokens(t), sdk.WithRequestID(t.request.RequestID)}
}

// Token returns a JWT of the session.
func (t *tokens) Token(ctx context.Context) (string, error) {
	if t.held == nil {
		found, err := t.sessions.Check(ctx, t.request)
		if errors.Is(err, session.ErrUnavailable) {
			err = fmt.Errorf("%w: %w", sdk.ErrAuthUnavailable, err) // marks it as transient
		}
		if err != nil {
			return "", err
		}
		t.held = found
	}
	return t.held.JWT(), nil
}

// InvalidateToken prevents a rejected or expired JWT from being used again.
func (t *tokens) InvalidateToken(token string) {
	if t.held != nil && t.held.JWT() == token {
		t.sessions.Reject(t.request.Cookie, t.held)
		t.held = nil
	}
}
