package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// caller is the signed-in user whose request is being answered.
type caller struct {
	request session.Request
	// header is the answer's, for cookies that Better Auth sets.
	header http.Header

	mu      sync.Mutex
	session *session.Session
	// failure is why there is no other JWT for one that was refused.
	failure error
}

type callerKey struct{}

// callerFrom returns whom authenticate has let through.
func callerFrom(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// authenticate lets requests with a live session through and answers all
// others.
func (s *server) authenticate(api *httpapi.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		c, err := s.signedIn(r, w.Header())
		if err != nil {
			httpapi.WriteTo(ctx, api.Problem(ctx.Context(), err))
			return
		}
		httpapi.SetUser(ctx.Context(), c.session.User.ID)
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// signedIn finds out whose request this is.
func (s *server) signedIn(r *http.Request, answer http.Header) (*caller, error) {
	request, err := s.sessionRequest(r)
	if err != nil {
		return nil, err
	}
	c := &caller{request: request, header: answer}
	result, err := s.sessions.Get(r.Context(), request)
	relay(answer, result.SetCookie)
	c.session = result.Session
	return c, err
}

// sessionRequest returns what the session of a request is looked up by.
func (s *server) sessionRequest(r *http.Request) (session.Request, error) {
	cookie, err := s.cookies.Session(r)
	return session.Request{
		Cookie:    cookie,
		Client:    s.proxies.client(r),
		RequestID: httpapi.RequestID(r.Context()),
	}, err
}

// current returns the caller's session as it is known now.
func (c *caller) current() *session.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// renewed returns the caller's session with another JWT than that of refused.
// The calls of a request run side by side; one of them gets it for all.
func (s *server) renewed(ctx context.Context, c *caller, refused *session.Session) (*session.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == refused && c.failure == nil {
		result, err := s.sessions.Renew(ctx, c.request, refused)
		relay(c.header, result.SetCookie)
		if err != nil {
			c.failure = err
		} else {
			c.session = result.Session
		}
	}
	return c.session, c.failure
}
