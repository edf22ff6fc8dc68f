// Package web is the HTTP server of the bff: the API and the page for browsers.
package web

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// Config configures the bff.
type Config struct {
	// PublicURL is the origin of the bff in browsers.
	PublicURL *url.URL
	// TrustedOrigins are the other origins whose pages may call the API.
	TrustedOrigins []environ.Origin
	// TrustedProxies are the networks whose X-Forwarded-For is trusted.
	TrustedProxies []environ.Network
	// PageDir is the folder of the built page; empty for no page.
	PageDir string

	BetterAuth *session.BetterAuth
	Cookies    *session.Cookies
	Sessions   *session.Sessions
	// TasksURL is the URL of the task service. TasksTransport carries requests to
	// it, StreamTransport its stream; nil means TasksTransport.
	TasksURL        *url.URL
	TasksTransport  http.RoundTripper
	StreamTransport http.RoundTripper
	Log             *slog.Logger
	// Limits bound the load of the bff; its Rate applies to each user. The zero value
	// sets no limits.
	Limits httpapi.Limits
	// ClientRate limits the requests from one address.
	ClientRate httpapi.Rate
	// Metrics and Tracing observe every request. They may be nil.
	Metrics *httpapi.Metrics
	Tracing trace.TracerProvider
	// Heartbeat is how often an idle stream sends a comment; zero means every 15
	// seconds.
	Heartbeat time.Duration
}

// noRetry leaves retries to the page. Only the feeds reconnect by themselves.
var noRetry = sdk.RetryPolicy{MaxAttempts: 1, MaxDelay: time.Second, MaxRetryAfter: 2 * time.Second}

// Handler serves everything that browsers can request.
type Handler struct {
	http.Handler

	streams *streams
}

// EndStreams ends all streams and rejects new ones, before the server shuts down. Browsers
// reconnect to another replica.
func (h *Handler) EndStreams() { h.streams.stop() }

// server has the dependencies of the operations.
type server struct {
	public   string // the site's origin
	cookies  *session.Cookies
	sessions *session.Sessions
	proxies  trustedProxies
	tasks    *sdk.Client
	service  forward.Upstream
	streams  *streams
	api      *httpapi.API
}

// NewHandler returns the handler for browsers.
func NewHandler(config Config) (*Handler, error) {
	crossOrigin := sameOrigin(config.PublicURL, config.TrustedOrigins)
	tasks, err := sdk.New(config.TasksURL.String(), sdk.WithUserAgent(userAgent), sdk.WithRetry(noRetry),
		sdk.WithHTTPClient(&http.Client{Transport: config.TasksTransport, Timeout: budget.BFF}))
	if err != nil {
		return nil, err
	}
	watching, err := sdk.New(config.TasksURL.String(), sdk.WithUserAgent(userAgent), sdk.WithRetry(noRetry),
		sdk.WithHTTPClient(&http.Client{Transport: cmp.Or(config.StreamTransport, config.TasksTransport)}))
	if err != nil {
		return nil, err
	}
	s := &server{
		public:   config.PublicURL.String(),
		cookies:  config.Cookies,
		sessions: config.Sessions,
		proxies:  config.TrustedProxies,
		tasks:    tasks,
		service:  forward.Upstream{URL: config.TasksURL, Transport: config.TasksTransport, Headers: serviceResponseHeaders},
		streams:  newStreams(cmp.Or(config.Heartbeat, httpapi.DefaultHeartbeat), tasks, watching, config.Sessions),
	}
	r := httpapi.NewRouter(httpapi.Observers{Log: config.Log, Metrics: config.Metrics, Tracing: config.Tracing, Public: true})
	belowAPI := func(r *http.Request) bool { return isAPI(r.URL.Path) }
	r.Use(
		securityHeaders(config.PublicURL.Scheme == "https"),
		// Before the rate limit, so that pages of trusted origins can read its error.
		onlyIf(belowAPI, shareAPI(config.TrustedOrigins)),
		onlyIf(belowAPI, httpapi.LimitClients(config.ClientRate, s.proxies.clientKey)),
	)
	api := s.registerAPI(r.With(crossOrigin, compressJSON()), config.Limits, config.Metrics)
	proxy := &authProxy{server: s, auth: forward.Upstream{URL: config.BetterAuth.URL, Transport: config.BetterAuth.Users, Headers: authResponseHeaders}}
	// Better Auth's own check skips requests without a cookie, so a page of another site
	// could remove the user's cookie with a sign-out.
	checked := onlyIf(func(r *http.Request) bool { return !isCallback(r) }, crossOrigin)(proxy)
	auth := api.Admit(checked, maxAuthBodyBytes, budget.AuthRequest, s.proxies.clientKey)
	for _, method := range authMethods {
		r.Method(method, authPath+"*", auth)
	}
	if config.PageDir != "" {
		// A route for the page would also match methods that an API path does not have.
		page, err := openPage(config.PageDir, httpapi.NotFound)
		if err != nil {
			return nil, fmt.Errorf("open the page: %w", err)
		}
		r.NotFound(page.ServeHTTP)
	}
	return &Handler{Handler: r, streams: s.streams}, nil
}

// onlyIf applies a middleware only to requests that meet the condition.
func onlyIf(condition func(*http.Request) bool, middleware func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		applied := middleware(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if condition(r) {
				applied.ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// registerAPI registers the operations of the browser API.
func (s *server) registerAPI(r chi.Router, limits httpapi.Limits, metrics *httpapi.Metrics) *httpapi.API {
	api := httpapi.NewAPI(r, httpapi.Config{
		RequestTimeout: budget.BFF,
		Forward:        s.forward,
		Title:          "Tasklane browser API",
		Version:        "1.0.0",
		Description:    "The to-do list of the user who is signed in, for pages in a browser. The credential is the session cookie of Better Auth. Programs and native apps, which have no cookies, send the session token of a sign-in as a bearer token in its place.",
		Tags:           append([]*huma.Tag{sessionTag, startTag}, operations.Tags()...),
		HideDocument:   true,
		Limits:         limits,
		StreamsPerUser: streamsPerUser,
		Metrics:        metrics,
		Errors:         sessionErrors,
		Challenge:      httpapi.CookieChallenge,
		SecuritySchemes: map[string]*huma.SecurityScheme{
			"sessionCookie":       {Type: "apiKey", In: "cookie", Name: session.CookieName, Description: "Better Auth's session cookie on http."},
			"secureSessionCookie": {Type: "apiKey", In: "cookie", Name: session.SecureCookieName, Description: "Better Auth's session cookie on https."},
			"sessionToken":        {Type: "http", Scheme: "bearer", Description: "The session token of a sign-in, for programs and native apps."},
		},
	})
	s.api = api
	if s.streams != nil { // nil if only the document is built
		s.streams.api = api
	}
	api.UseMiddleware(s.authenticate, api.LimitRate, api.Receive, api.LimitInFlight)
	s.registerSession(api)
	s.registerBootstrap(api)
	s.registerService(api)
	documentExpectedUser(api.OpenAPI())
	return api
}

// documentExpectedUser documents the Expected-User header of every operation.
func documentExpectedUser(doc *huma.OpenAPI) {
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if op != nil {
				op.Parameters = append(op.Parameters, &huma.Param{
					Name: expectedUserHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
					Description: "The id of the user that the request is meant for. If another user is signed in, it fails with `unauthenticated`.",
					Example:     "Zq3kV0bT8yWmN1cRf5uJx7LhDp2sGa9E",
				})
			}
		}
	}
}

// security is the session cookie, under either name, or the token in its place.
var security = []map[string][]string{{"sessionCookie": {}}, {"secureSessionCookie": {}}, {"sessionToken": {}}}

// Document returns the OpenAPI document of the browser API as YAML.
func Document() ([]byte, error) {
	return new(server).registerAPI(chi.NewRouter(), httpapi.Limits{}, nil).OpenAPI().YAML()
}
