package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// caller is the signed-in user whose request is being answered.
type caller struct {
	request session.Request
	session *session.Session
	// header is the answer's, for cookies that Better Auth sets.
	header http.Header
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
	return c, c.take(s.sessions.Get(r.Context(), request))
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

// renew gets the caller another JWT.
func (s *server) renew(ctx context.Context, c *caller) error {
	return c.take(s.sessions.Renew(ctx, c.request, c.session))
}

func (c *caller) take(result session.Result, err error) error {
	relay(c.header, result.SetCookie)
	c.session = result.Session
	return err
}
