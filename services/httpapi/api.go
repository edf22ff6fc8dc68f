package httpapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
)

// unavailableRetryAfter is when to try again after a 503 or 504, unless more is
// known.
const unavailableRetryAfter = time.Second

// MaxBodyBytes is the size of the largest body that is read. It holds the
// longest task that there can be, in the longest spelling JSON has for it.
const MaxBodyBytes = 256 << 10

// ErrorStatus is a row of a server's table of errors: an error that errors.Is matches
// becomes a problem with this code.
type ErrorStatus struct {
	Err      error
	Code     taskapi.ErrorCode
	Sentence string
}

// API is a Huma API that follows the conventions of this package.
type API struct {
	huma.API

	statuses []ErrorStatus
	detail   func(err error, p *Problem)
	// challenge is what a 401 asks for.
	challenge string
	forward   func(huma.Context)
	timeout   time.Duration
	inFlight  *gate
	// othersInFlight bounds requests that are no operations separately, so that
	// a hung upstream of theirs cannot starve operations.
	othersInFlight *gate
	metrics        *Metrics
	// users bounds the operations in flight for one user, clients the other
	// requests of one client; nil for no limit.
	users, clients *UserGate
	streams        *gate
	rate           *rateLimiter
	// answers bounds what operations hold, received and otherReceived the bodies
	// of operations and of other requests.
	answers, received, otherReceived *room
}

// Config says what is particular to one server.
type Config struct {
	// Title, Version and Description head the OpenAPI document.
	Title, Version, Description string
	// Tags describe the groups of operations in the document.
	Tags []*huma.Tag
	// SecuritySchemes are the credentials the operations ask for, by name.
	SecuritySchemes map[string]*huma.SecurityScheme
	// HideDocument keeps the document from being served at /openapi.json and
	// /openapi.yaml.
	HideDocument bool
	// Errors is the server's table of errors, in order: the first row whose
	// error is found decides.
	Errors []ErrorStatus
	// Challenge is the WWW-Authenticate header of a 401 that has none of its own.
	Challenge string
	// RequestTimeout bounds the work on one request; zero means
	// [budget.Service]. A caller may state less in X-Request-Timeout.
	RequestTimeout time.Duration
	// Limits bound the work at once.
	Limits Limits
	// Metrics, unless nil, get the API's gauges.
	Metrics *Metrics
	// Detail, unless nil, adds details of the error to its problem.
	Detail func(err error, p *Problem)
	// Forward answers the operations that are registered without a handler.
	// Their parameters and bodies are not parsed; all middleware runs. The
	// context ends after the API's timeout.
	Forward func(huma.Context)
}

// setHumaGlobals sets what Huma keeps in package variables. It has to happen
// before any operation is registered, and once is enough for a process.
var setHumaGlobals = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	nameValidationRules()
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		for _, err := range errs {
			NoteCause(ctx.Context(), errors.New(shortText(err)))
		}
		return newValidationProblem(status, message, errs).stamp(ctx.Context())
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newValidationProblem(status, message, errs)
	}
})

// NewAPI adds an OpenAPI document to router, on which operations are then
// registered with [Register].
func NewAPI(router chi.Router, config Config) *API {
	setHumaGlobals()
	c := huma.DefaultConfig(config.Title, config.Version)
	c.Info.Description = config.Description
	c.Info.Contact = &huma.Contact{Name: "Tasklane", URL: "https://github.com/tasklane/tasklane"}
	c.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	c.Servers = []*huma.Server{{URL: "/", Description: "The server that this document came from."}}
	c.Tags = config.Tags
	c.Components.SecuritySchemes = config.SecuritySchemes
	c.Components.Headers = map[string]*huma.Header{}
	c.OnAddOperation = append(c.OnAddOperation, completeOperation)
	c.CreateHooks = nil // no $schema in answers and no Link headers
	c.SchemasPath = ""
	c.DocsPath = ""
	if config.HideDocument {
		c.OpenAPIPath = ""
	}
	c.RejectUnknownQueryParameters = true
	c.Transformers = append(c.Transformers, dropContentType)
	c.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	registerCodes(c.Components.Schemas)

	detail := config.Detail
	if detail == nil {
		detail = func(error, *Problem) {}
	}
	api := &API{
		API:            humachi.New(router, c),
		statuses:       config.Errors,
		detail:         detail,
		challenge:      config.Challenge,
		forward:        config.Forward,
		timeout:        cmp.Or(config.RequestTimeout, budget.Service),
		inFlight:       newGate(config.Limits.InFlight),
		othersInFlight: newGate(config.Limits.InFlight),
		metrics:        config.Metrics,
		streams:        newGate(config.Limits.Streams),
		rate:           newRateLimiter("user", limitRate, config.Limits.Rate),
		answers:        newRoom(maxHeld),
		received:       newRoom(maxReceived),
		otherReceived:  newRoom(maxReceived),
	}
	if most := config.Limits.InFlight; most > 0 {
		api.users, api.clients = NewUserGate(max(most/userShare, 1)), NewUserGate(max(most/userShare, 1))
	}
	config.Metrics.Gauge("tasklane_requests_in_flight", "Operations that are worked on or wait for memory, streams left out.", api.inFlight.count)
	config.Metrics.Gauge("tasklane_streams_open", "Streams that are open.", api.streams.count)
	config.Metrics.Gauge("tasklane_held_bytes", "Bytes that operations hold for what they read and for their answers.", api.answers.heldBytes)
	config.Metrics.Gauge("tasklane_held_body_bytes", "Bytes of the bodies of requests that are held.",
		func() float64 { return api.received.heldBytes() + api.otherReceived.heldBytes() })
	config.Metrics.Gauge("tasklane_requests_waiting", "Operations, and streams before they send, that wait for memory.", api.answers.waiters)
	api.UseMiddleware(noteOperation, arrive, checkMediaType)
	return api
}

// dropContentType removes the header that Huma has set for a body from a response
// that has none.
func dropContentType(ctx huma.Context, status string, body any) (any, error) {
	if status == strconv.Itoa(http.StatusNotModified) {
		_, w := humachi.Unwrap(ctx)
		w.Header().Del("Content-Type")
	}
	return body, nil
}

// Register adds an operation whose handler returns plain errors. The codes are its
// errors besides those that every operation has. Its context ends after the API's
// timeout. A nil handler means [Config.Forward].
func Register[I, O any](api *API, op huma.Operation, codes []taskapi.ErrorCode, handler func(context.Context, *I) (*O, error)) {
	if handler == nil {
		op.Middlewares, op.Metadata = append(op.Middlewares, api.forwardOnly), Holds(forwarded)
	}
	register(api, op, codes, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := api.limited(ctx)
		defer cancel()
		return handler(ctx, in)
	})
}

// RegisterStream adds an operation whose response may last without a timeout. A nil
// handler means [Config.Forward].
func RegisterStream[I any](api *API, op huma.Operation, codes []taskapi.ErrorCode, handler func(context.Context, *I) (*huma.StreamResponse, error)) {
	if handler == nil {
		op.Middlewares, op.Metadata = append(op.Middlewares, api.forwardOnly), Holds(forwarded)
	}
	register(api, op, codes, stream(api, handler))
}

// limited returns the context of an operation, which ends after the API's timeout
// or shortly before the caller gives up.
func (a *API) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := time.Now().Add(a.timeout)
	if info := requestInfoFrom(ctx); info != nil && !info.slot.deadline.IsZero() && info.slot.deadline.Before(deadline) {
		deadline = info.slot.deadline
	}
	return context.WithDeadline(ctx, deadline)
}

// forwardOnly is a middleware that answers an operation without its handler.
func (a *API) forwardOnly(ctx huma.Context, _ func(huma.Context)) {
	limited, cancel := a.limited(ctx.Context())
	defer cancel()
	a.forward(huma.WithContext(ctx, limited))
}

func register[I, O any](api *API, op huma.Operation, codes []taskapi.ErrorCode, handler func(context.Context, *I) (*O, error)) {
	// Huma refuses a body of exactly its limit.
	op.MaxBodyBytes = cmp.Or(op.MaxBodyBytes, MaxBodyBytes) + 1
	op.Middlewares = append(huma.Middlewares{checkParameters}, op.Middlewares...)
	documentErrors(&op, codes)
	api.registerOptionals(reflect.TypeFor[I]())
	// Huma looks for its configuration in its own API, not in a wrapper.
	huma.Register(api.API, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, api.Problem(ctx, err)
		}
		return out, nil
	})
}

// Problem turns an error into the problem for the client. An error that the table
// does not have is an internal one, which only the log explains.
func (a *API) Problem(ctx context.Context, err error) *Problem {
	NoteCause(ctx, err)
	problem := a.problem(err)
	if problem.Status == http.StatusUnauthorized && a.challenge != "" && problem.headers.Get("WWW-Authenticate") == "" {
		problem.WithHeader("WWW-Authenticate", a.challenge)
	}
	return problem.stamp(ctx)
}

func (a *API) problem(err error) *Problem {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem
	}
	for _, row := range a.statuses {
		if errors.Is(err, row.Err) {
			problem = NewProblem(row.Code, row.Sentence)
			if problem.Status == http.StatusServiceUnavailable {
				problem.WithRetryAfter(unavailableRetryAfter)
			}
			a.detail(err, problem)
			return problem
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return NewProblem(taskapi.CodeTimeout, "This took longer than a request may.").WithRetryAfter(unavailableRetryAfter)
	}
	return NewProblem(taskapi.CodeInternal, "Something went wrong on our side.")
}

// shortText returns a short text for the log of an error that may quote the
// request.
func shortText(err error) string {
	const longest = 200
	text := err.Error()
	var detailer huma.ErrorDetailer
	if errors.As(err, &detailer) {
		detail := detailer.ErrorDetail()
		text = detail.Location + ": " + detail.Message
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
