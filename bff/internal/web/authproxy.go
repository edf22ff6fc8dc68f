package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
)

const (
	authPath = "/api/auth/"
	// authOperation is the operation in the log, the metrics and the traces.
	authOperation = "betterAuth"
	// maxAuthBodyBytes bounds a request body to Better Auth. A profile with a
	// small picture fits.
	maxAuthBodyBytes = 1 << 20
)

// authMethods are the methods that Better Auth accepts. Others, such as TRACE, make its
// handler throw, which nothing catches and which can end the server.
var authMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// The headers that are forwarded between the browser and Better Auth. Cookies are
// filtered separately. Better Auth's own cross-origin check uses Origin, Referer and
// Sec-Fetch-*.
var (
	authRequestHeaders = []string{
		"Accept", "Accept-Language", "Content-Type", "User-Agent", "X-Captcha-Response",
		"Origin", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User",
	}
	authResponseHeaders = []string{
		"Content-Language", "Content-Type", "Location", "Retry-After", "Set-Cookie", "X-Retry-After",
	}
)

// tokenEndpoints respond with JWTs, which browsers must not get; deviceToken responds with a
// session token, which only programs may get.
//
// The responses of get-session and sign-in are forwarded, although they contain the raw
// session token, because Better Auth's client and its list of sessions need it. The token
// is the random part of the cookie. The task service does not accept it, and Better Auth
// accepts it without the signature only if its bearer plugin is configured to.
var tokenEndpoints = []string{"token", "get-access-token", "refresh-token"}

const deviceToken = "device/token"

// revokingEndpoints can end sessions of the user other than that of the request.
var revokingEndpoints = []string{
	"change-password", "delete-user", "delete-user/callback",
	"revoke-other-sessions", "revoke-session", "revoke-sessions",
}

// resetEndpoint is the first segment of the paths that set a password with a token from
// an email. They can end all sessions of a user. The response does not say of which user.
const resetEndpoint = "reset-password"

// endpointName matches the first segment of Better Auth's paths, such as sign-in, and no
// token.
var endpointName = regexp.MustCompile(`^[a-z-]{1,24}[0-9]?$`)

// authProxy forwards requests to Better Auth.
type authProxy struct {
	*server

	auth forward.Upstream
}

// errLoop means that the app at BETTER_AUTH_URL forwards /api/auth to the bff.
var errLoop = errors.New("BETTER_AUTH_URL leads back to the bff: " + session.LoopRemedy)

func (p *authProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httpapi.SetOperation(r.Context(), authOperation, authPath)
	if strings.Contains(strings.Join(r.Header.Values("Via"), ","), session.Via) {
		httpapi.WriteProblem(w, r, p.api.Problem(r.Context(), fmt.Errorf("%w (%w)", errLoop, gatewayProblem(http.StatusBadGateway))))
		return
	}
	endpoint := strings.TrimPrefix(r.URL.Path, authPath)
	// Later segments may contain a secret, as in reset-password/TOKEN.
	if first, _, more := strings.Cut(endpoint, "/"); endpointName.MatchString(first) {
		if more {
			first += "/…"
		}
		httpapi.SetLoggedPath(r.Context(), authPath+first)
	}
	req, err := forward.NewRequest(r, authRequestHeaders, httpapi.ReceivedBody(r))
	if err != nil || slices.Contains(tokenEndpoints, endpoint) || endpoint == deviceToken && !isProgram(r) {
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
	req.Header.Set("Via", session.Via)
	p.setOrigin(r, req.Header, caller.Bearer)
	evict := func([]string) {}
	if noSession == nil {
		evict = p.evicter(w, r, endpoint, caller)
	}
	response, err := p.auth.Do(r.Context(), req)
	if err != nil {
		if !neverSent(err) {
			evict(nil) // Better Auth may have handled the request
		}
		p.writeUnavailable(w, r, err)
		return
	}
	evict(response.Header["Set-Cookie"])
	if r.Method == http.MethodPost && strings.HasSuffix(endpoint, resetEndpoint) && response.Status < http.StatusMultipleChoices {
		p.sessions.Recheck()
	}
	p.filterCookies(r, response.Header, caller.Bearer)
	switch {
	case response.Status < http.StatusBadRequest:
		send(w, r, response)
	case response.Status < http.StatusInternalServerError:
		writeAuthError(w, r, response)
	default:
		response.Close()
		p.writeUnavailable(w, r, fmt.Errorf("better auth responded with status %d", response.Status))
	}
}

// filterCookies keeps the cookies that may reach the browser. A program gets the session
// token in a header, and with a bearer token no cookies.
func (p *authProxy) filterCookies(r *http.Request, header http.Header, bearer bool) {
	lines := header["Set-Cookie"]
	header["Set-Cookie"] = session.Relayed(lines)
	if bearer {
		header.Del("Set-Cookie")
	}
	if token := p.cookies.Token(lines); token != "" && (bearer || isProgram(r)) {
		header.Set(sessionTokenHeader, token)
	}
}

// writeUnavailable responds with the problem of a request that Better Auth did not complete.
func (p *authProxy) writeUnavailable(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(r.Context().Err(), context.Canceled) {
		err = fmt.Errorf("%w: %w", session.ErrUnavailable, err)
	}
	httpapi.WriteProblem(w, r, p.api.Problem(r.Context(), err))
}

// sessionTokenHeader has the token of a new session, which programs and native apps send
// as a bearer token. Better Auth's own plugin uses the same header.
const sessionTokenHeader = "Set-Auth-Token"

// isProgram reports whether a request does not come from a browser, in which a script could
// read the response. Browsers send Origin with every POST.
func isProgram(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == ""
}

// setOrigin sets the site's own origin on a write without one, which Better Auth would
// reject, and on a write with a bearer token. sameOrigin has checked that the request
// does not come from another site.
func (p *authProxy) setOrigin(r *http.Request, header http.Header, bearer bool) {
	origin := r.Header.Get("Origin")
	isRead := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	if (origin == "" || origin == "null" || bearer) && !isRead && !isCallback(r) {
		header.Set("Origin", p.public)
	}
}

// evicter returns a function that evicts the sessions that the request may have ended
// or changed, given the response's Set-Cookie lines. Call it before the response is
// sent, so that the browser's next request finds the new state.
func (p *authProxy) evicter(w http.ResponseWriter, r *http.Request, endpoint string, request session.Request) func(setCookie []string) {
	if !slices.Contains(revokingEndpoints, endpoint) {
		// verify-email is a GET that changes the user's address.
		writes := r.Method != http.MethodGet && r.Method != http.MethodHead || endpoint == "verify-email"
		return func(setCookie []string) {
			if writes || p.cookies.Changed(request.Cookie, setCookie) {
				p.sessions.Evict(request.Cookie)
			}
		}
	}
	// Afterwards, the session may have ended and its user would be unknown.
	known, err := p.session(w, r, request)
	return func([]string) {
		p.sessions.Evict(request.Cookie)
		if err == nil {
			p.sessions.EvictUser(known.User.ID)
		}
	}
}

// neverSent reports whether an error proves that no connection was established.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
