package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
)

const (
	authPath = "/api/auth/"
	// authOperation stands in the log, the metrics and the traces.
	authOperation = "betterAuth"
	// maxAuthBodyBytes bounds a request to Better Auth. A profile with a
	// small picture in it fits.
	maxAuthBodyBytes = 1 << 20
)

// authMethods are what Better Auth is asked with. Node's Request, which its
// handler makes of what it gets, throws on others, such as TRACE, and the
// handler does not catch that: it can end the server.
var authMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// The headers that pass between the browser and Better Auth. Cookies are
// filtered besides. Origin, Referer and Sec-Fetch-* are what Better Auth's own
// cross-origin check goes by.
var (
	authRequestHeaders = []string{
		"Accept", "Accept-Language", "Content-Type", "User-Agent", "X-Captcha-Response",
		"Origin", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User",
	}
	authResponseHeaders = []string{
		"Content-Language", "Content-Type", "Location", "Retry-After", "Set-Cookie", "X-Retry-After",
	}
)

// tokenEndpoints answer with JWTs, which are not for browsers.
//
// The answers of get-session and of signing in do pass, although they hold the
// raw session token: Better Auth's client and its list of sessions go by it.
// It is the random part of the cookie. The task service does not take it, and
// neither does Better Auth without the signature, unless its bearer plugin is
// told to.
var tokenEndpoints = []string{"token", "get-access-token", "refresh-token"}

// revokingEndpoints can end other sessions of the user than the one they are
// called with.
var revokingEndpoints = []string{
	"change-password", "delete-user", "delete-user/callback",
	"revoke-other-sessions", "revoke-session", "revoke-sessions",
}

// resetEndpoint ends the paths that set a password with a token from a message.
// They can end all sessions of a user, of whom only Better Auth knows who it is.
const resetEndpoint = "reset-password"

// authProxy passes requests on to Better Auth.
type authProxy struct {
	*server

	auth forward.Upstream
}

func newAuthProxy(s *server, auth *session.BetterAuth) *authProxy {
	return &authProxy{server: s, auth: forward.Upstream{URL: auth.URL, Transport: auth, Headers: authResponseHeaders}}
}

func (p *authProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httpapi.NoteOperation(r.Context(), authOperation, authPath)
	endpoint := strings.TrimPrefix(r.URL.Path, authPath)
	// What follows the first name may be a secret, as in reset-password/TOKEN.
	if first, _, more := strings.Cut(endpoint, "/"); more {
		httpapi.SetLoggedPath(r.Context(), authPath+first+"/…")
	}
	req, err := forward.NewRequest(r, authRequestHeaders, httpapi.ReceivedBody(r))
	if err != nil || slices.Contains(tokenEndpoints, endpoint) {
		httpapi.NotFound(w, r)
		return
	}
	req.Path, req.Timeout = "/"+endpoint, budget.AuthRequest
	caller, noSession := p.sessionRequest(r)
	cookies := p.cookies.Forwarded(r, caller.Cookie)
	if caller.Bearer {
		if errors.Is(noSession, session.ErrJWT) {
			httpapi.WriteProblem(w, r, p.api.Problem(r.Context(), noSession))
			return
		}
		cookies = caller.Cookie.Alone()
	}
	if cookies != "" {
		req.Header.Set("Cookie", cookies)
	}
	if caller.Client.IsValid() {
		req.Header.Set("X-Forwarded-For", caller.Client.String())
	}
	req.Header.Set(httpapi.RequestIDHeader, caller.RequestID)
	p.nameOrigin(r, req.Header, caller.Bearer)
	forget := func([]string) {}
	if noSession == nil {
		forget = p.forgetter(w, r, endpoint, caller)
	}
	response, err := p.auth.Do(r.Context(), req)
	switch {
	case err == nil:
		lines := response.Header["Set-Cookie"]
		forget(lines)
		if r.Method == http.MethodPost && strings.HasSuffix(endpoint, resetEndpoint) && response.Status < http.StatusMultipleChoices {
			p.sessions.Recheck()
		}
		response.Header["Set-Cookie"] = session.Relayed(lines)
		if caller.Bearer {
			response.Header.Del("Set-Cookie")
		}
		if token := p.cookies.Token(lines); token != "" && (caller.Bearer || isProgram(r)) {
			response.Header.Set(sessionTokenHeader, token)
		}
		switch {
		case response.Status < http.StatusBadRequest:
			send(w, r, response)
			return
		case response.Status < http.StatusInternalServerError:
			refuse(w, r, response)
			return
		}
		response.Close()
		err = fmt.Errorf("better auth answered %d", response.Status)
	case !neverSent(err):
		// Better Auth may have done what it was asked all the same. Unless it
		// was not reached: then the session serves until its JWT ends.
		forget(nil)
	}
	if !errors.Is(r.Context().Err(), context.Canceled) {
		err = fmt.Errorf("%w: %w", session.ErrUnavailable, err)
	}
	httpapi.WriteProblem(w, r, p.api.Problem(r.Context(), err))
}

// sessionTokenHeader has the token of a session that begins, for programs and native
// apps, which send it as a bearer token. It is the header of Better Auth's own plugin.
const sessionTokenHeader = "Set-Auth-Token"

// isProgram reports whether no script of a page can read the answer to a request.
// Browsers send Origin with every POST.
func isProgram(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == ""
}

// nameOrigin names the site's own origin for a write that has none, which Better
// Auth would refuse, and for one with a bearer token. The rule of the whole API has
// let it through: it is not from a page of another site.
func (p *authProxy) nameOrigin(r *http.Request, header http.Header, bearer bool) {
	origin := r.Header.Get("Origin")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	if (origin == "" || origin == "null" || bearer) && !reads && !isCallback(r) {
		header.Set("Origin", p.public)
	}
}

// forgetter returns what forgets the sessions that the request of a session may
// have ended or changed, given the Set-Cookie lines of the answer. It is to run
// before the browser sees the answer, so that its next request finds the new state.
func (p *authProxy) forgetter(w http.ResponseWriter, r *http.Request, endpoint string, request session.Request) func(setCookie []string) {
	if !slices.Contains(revokingEndpoints, endpoint) {
		// The link of a mail changes the user's address.
		writes := r.Method != http.MethodGet && r.Method != http.MethodHead || endpoint == "verify-email"
		return func(setCookie []string) {
			if writes || p.cookies.Changed(request.Cookie, setCookie) {
				p.sessions.Forget(request.Cookie)
			}
		}
	}
	// Whose sessions they are can be found out only while this one lives.
	known, err := p.sessions.Get(r.Context(), request)
	if !request.Bearer {
		relay(w.Header(), known.SetCookie)
	}
	return func([]string) {
		p.sessions.Forget(request.Cookie)
		if err == nil {
			p.sessions.ForgetUser(known.Session.User.ID)
		}
	}
}

// neverSent reports whether an error proves that no connection was made.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// relay adds Set-Cookie lines to a header.
func relay(header http.Header, lines []string) {
	for _, line := range lines {
		header.Add("Set-Cookie", line)
	}
}
