package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
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
		"Content-Language", "Content-Length", "Content-Type", "Location", "Retry-After", "X-Retry-After",
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

// authProxy passes requests on to Better Auth.
type authProxy struct {
	*server

	api   *httpapi.API
	proxy httputil.ReverseProxy
}

func newAuthProxy(s *server, api *httpapi.API, auth *session.BetterAuth, log *slog.Logger) *authProxy {
	p := &authProxy{server: s, api: api}
	p.proxy = httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.Header = p.requestHeader(r.In)
			// The path goes on as it was checked, whatever its spelling, from
			// our place for Better Auth's endpoints to its own.
			r.Out.URL.Path, r.Out.URL.RawPath = strings.TrimPrefix(r.In.URL.Path, strings.TrimSuffix(authPath, "/")), ""
			// It also replaces the Host, of which Better Auth makes a URL.
			r.SetURL(auth.URL)
		},
		Transport: auth,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return p
}

func (p *authProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httpapi.NoteOperation(r.Context(), authOperation, authPath)
	endpoint := strings.TrimPrefix(r.URL.Path, authPath)
	// What follows the first name may be a secret, as in reset-password/TOKEN.
	if first, _, more := strings.Cut(endpoint, "/"); more {
		httpapi.SetLoggedPath(r.Context(), authPath+first+"/…")
	}
	if path.Clean(r.URL.Path) != r.URL.Path || slices.Contains(tokenEndpoints, endpoint) {
		httpapi.NotFound(w, r)
		return
	}
	body := &sentBody{ReadCloser: http.MaxBytesReader(w, r.Body, maxAuthBodyBytes)}
	r.Body = body
	forget := p.forgetter(w, r, endpoint)

	proxy := p.proxy
	proxy.ModifyResponse = func(response *http.Response) error {
		forget(response.Header.Values("Set-Cookie"))
		if response.StatusCode >= http.StatusInternalServerError {
			return fmt.Errorf("better auth answered %d", response.StatusCode)
		}
		response.Header = responseHeader(response.Header)
		response.Trailer = nil
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
		// Better Auth may have done what it was asked all the same, unless
		// it was not reached. Then the session must not be forgotten: it
		// is to serve until its JWT ends.
		if !neverSent(err) {
			forget(nil)
		}
		if body.broken.Load() {
			err = errBrokenBody
		}
		httpapi.WriteProblem(w, r, p.problem(r, err))
	}
	proxy.ServeHTTP(w, r)
}

// forgetter returns what forgets the sessions that a request may have ended or
// changed, given the Set-Cookie lines of the answer. It is to run before the
// browser sees the answer, so that its next request finds the new state.
func (p *authProxy) forgetter(w http.ResponseWriter, r *http.Request, endpoint string) func(setCookie []string) {
	request, err := p.sessionRequest(r)
	if err != nil {
		return func([]string) {}
	}
	if !slices.Contains(revokingEndpoints, endpoint) {
		writes := r.Method != http.MethodGet && r.Method != http.MethodHead
		return func(setCookie []string) {
			if writes || p.cookies.Changed(r, setCookie) {
				p.sessions.Forget(request.Cookie)
			}
		}
	}
	// Whose sessions they are can be found out only while this one lives.
	known, err := p.sessions.Get(r.Context(), request)
	relay(w.Header(), known.SetCookie)
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

func (p *authProxy) requestHeader(in *http.Request) http.Header {
	header := pick(in.Header, authRequestHeaders)
	if cookies := p.cookies.Forwarded(in); cookies != "" {
		header.Set("Cookie", cookies)
	}
	if client := p.proxies.client(in); client.IsValid() {
		header.Set("X-Forwarded-For", client.String())
	}
	header.Set(httpapi.RequestIDHeader, httpapi.RequestID(in.Context()))
	return header
}

func responseHeader(in http.Header) http.Header {
	header := pick(in, authResponseHeaders)
	relay(header, session.Relayed(in.Values("Set-Cookie")))
	return header
}

// relay adds Set-Cookie lines to a header.
func relay(header http.Header, lines []string) {
	for _, line := range lines {
		header.Add("Set-Cookie", line)
	}
}

// pick returns a header with those of the fields that are there.
func pick(from http.Header, names []string) http.Header {
	picked := make(http.Header, len(names))
	for _, name := range names {
		if values, ok := from[name]; ok {
			picked[name] = values
		}
	}
	return picked
}

// problem is what the browser is told when Better Auth gave no answer that
// could be passed on.
func (p *authProxy) problem(r *http.Request, err error) *httpapi.Problem {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		err = httpapi.NewProblem(taskapi.CodeBodyTooLarge, "The request's body is too large.")
	case errors.Is(err, errBrokenBody):
		err = httpapi.NewProblem(taskapi.CodeInvalid, "The request's body could not be read.")
	case !errors.Is(r.Context().Err(), context.Canceled):
		err = fmt.Errorf("%w: %w", session.ErrUnavailable, err)
	}
	return p.api.Problem(r.Context(), err)
}

var errBrokenBody = errors.New("the body did not come as it should")

// sentBody is a request's body that tells whose fault it is when it does not
// reach Better Auth.
type sentBody struct {
	io.ReadCloser

	// broken says that the browser did not send it as it should.
	broken atomic.Bool
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.As(err, &tooLarge):
	case errors.Is(err, http.ErrBodyReadAfterClose): // nobody wants it any more
	default:
		b.broken.Store(true)
	}
	return n, err
}
