// Package web is the BFF's HTTP side: what the browser can call, and how it is
// kept safe.
package web

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
)

const (
	// requestTimeout bounds what an operation may take, all calls of the
	// task service included: as little as lets the service wait the five
	// seconds that it waits for a user's other changes.
	requestTimeout = 6 * time.Second
	// authTimeout bounds a request to Better Auth, which hashes passwords.
	authTimeout = 20 * time.Second
)

// Config says what the BFF stands between, and whom it trusts.
type Config struct {
	// PublicURL is the origin that browsers know the BFF by.
	PublicURL *url.URL
	// TrustedOrigins are the other origins whose pages may call the API.
	TrustedOrigins []*url.URL
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// PageDir is the folder of the built page; empty for none.
	PageDir string

	BetterAuth *session.BetterAuth
	Cookies    *session.Cookies
	Sessions   *session.Sessions
	Tasks      *sdk.Client
	Log        *slog.Logger
	// Limits bound what is taken on, its Rate for each user. The zero Limits
	// bound nothing.
	Limits httpapi.Limits
	// ClientRate bounds what comes from one address.
	ClientRate httpapi.Rate
	// Metrics and Tracing, unless nil, see every request.
	Metrics *httpapi.Metrics
	Tracing trace.TracerProvider
	// Heartbeat is how often a quiet stream shows that it lives; zero means
	// every 15 seconds.
	Heartbeat time.Duration
}

// Handler is everything that the BFF serves to browsers.
type Handler struct {
	http.Handler

	streams *streams
}

// EndStreams ends the streams, which would not end by themselves, and keeps
// others from beginning. Their browsers come back, to another replica.
func (h *Handler) EndStreams() { h.streams.stop() }

// server is what the operations work with.
type server struct {
	cookies  *session.Cookies
	sessions *session.Sessions
	proxies  trustedProxies
	tasks    *sdk.Client
	streams  *streams
}

// NewHandler returns what serves browsers.
func NewHandler(config Config) (*Handler, error) {
	crossOrigin, err := sameOrigin(config.PublicURL, config.TrustedOrigins)
	if err != nil {
		return nil, err
	}
	s := &server{
		cookies:  config.Cookies,
		sessions: config.Sessions,
		proxies:  config.TrustedProxies,
		tasks:    config.Tasks,
		streams:  newStreams(cmp.Or(config.Heartbeat, httpapi.DefaultHeartbeat)),
	}
	r := httpapi.NewRouter(httpapi.Observers{Log: config.Log, Metrics: config.Metrics, Tracing: config.Tracing, Public: true})
	r.Use(
		secure(config.PublicURL.Scheme == "https"),
		// Before the limit, so that pages of trusted origins can read what it says.
		belowAPI(shareAPI(config.TrustedOrigins)),
		belowAPI(httpapi.LimitClients(config.ClientRate, s.proxies.clientKey)),
	)
	api := s.registerAPI(r.With(crossOrigin), config.Limits, config.Metrics)
	auth := api.Admit(sameOriginAuth(crossOrigin)(newAuthProxy(s, api, config.BetterAuth, config.Log)), maxAuthBodyBytes, authTimeout)
	for _, method := range authMethods {
		r.Method(method, authPath+"*", auth)
	}
	if config.PageDir != "" {
		// A route would take the place of a method that a path does not have.
		page, err := openPage(config.PageDir, httpapi.NotFound)
		if err != nil {
			return nil, fmt.Errorf("open the page: %w", err)
		}
		r.NotFound(page.ServeHTTP)
	}
	return &Handler{Handler: r, streams: s.streams}, nil
}

// belowAPI applies a middleware to requests of the API, Better Auth's part of it
// too, and to no others.
func belowAPI(middleware func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		applied := middleware(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isAPI(r.URL.Path) {
				applied.ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// registerAPI adds the operations of the browser API to a router.
func (s *server) registerAPI(r chi.Router, limits httpapi.Limits, metrics *httpapi.Metrics) *httpapi.API {
	api := httpapi.NewAPI(r, httpapi.Config{
		RequestTimeout: requestTimeout,
		Title:          "Tasklane browser API",
		Version:        "1.0.0",
		Description:    "The to-do list of the user who is signed in, for pages in a browser. The session cookie of Better Auth is the only credential.",
		Tags:           []*huma.Tag{sessionTag, startTag, taskop.Tag, taskop.ChangesTag},
		HideDocument:   true,
		Limits:         limits,
		Metrics:        metrics,
		Errors:         sessionErrors,
		SecuritySchemes: map[string]*huma.SecurityScheme{
			"session":       {Type: "apiKey", In: "cookie", Name: session.CookieName, Description: "Better Auth's session cookie on http."},
			"secureSession": {Type: "apiKey", In: "cookie", Name: session.SecureCookieName, Description: "Better Auth's session cookie on https."},
		},
	})
	api.OpenAPI().Components.Schemas.RegisterTypeAlias(reflect.TypeFor[taskapi.Task](), reflect.TypeFor[Task]())
	api.UseMiddleware(s.authenticate(api), api.LimitRate, api.Receive, api.Share)
	s.registerSession(api)
	s.registerBootstrap(api)
	s.registerAgenda(api)
	s.registerTasks(api)
	return api
}

// secured makes an operation ask for the session cookie.
func secured(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{"session": {}}, {"secureSession": {}}}
	return op
}

// Document returns the OpenAPI document of the browser API, as YAML.
func Document() ([]byte, error) {
	return new(server).registerAPI(chi.NewRouter(), httpapi.Limits{}, nil).OpenAPI().YAML()
}
