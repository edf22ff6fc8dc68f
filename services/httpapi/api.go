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

// unavailableRetryAfter is the Retry-After of a 503 or 504, unless the error says
// otherwise.
const unavailableRetryAfter = time.Second

// MaxBodyBytes is the default limit of a request body. The longest valid task fits,
// even with every character escaped.
const MaxBodyBytes = 256 << 10

// ErrorStatus is a row of a server's table of errors. Errors that match Err with
// errors.Is become problems with this code and sentence.
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
	// challenge is the default WWW-Authenticate header of a 401.
	challenge string
	forward   func(huma.Context)
	timeout   time.Duration
	inFlight  *gate
	// othersInFlight bounds requests that are not operations separately, so that
	// their upstream cannot starve operations when it hangs.
	othersInFlight *gate
	metrics        *Metrics
	streams        *gate
	rate           *rateLimiter
	// responses bounds the memory of operations, received and otherReceived the
	// request bodies of operations and of other requests.
	responses, received, otherReceived *room
}

// Config configures the API of one server.
type Config struct {
	// Title, Version and Description head the OpenAPI document.
	Title, Version, Description string
	// Tags describe the groups of operations in the document.
	Tags []*huma.Tag
	// SecuritySchemes are the schemes that operations refer to, by name.
	SecuritySchemes map[string]*huma.SecurityScheme
	// HideDocument disables /openapi.json and /openapi.yaml.
	HideDocument bool
	// Errors is the server's table of errors. The first row that matches wins.
	Errors []ErrorStatus
	// Challenge is the WWW-Authenticate header of a 401 that does not set its own.
	Challenge string
	// RequestTimeout is the timeout of an operation; zero means [budget.Service].
	// Callers can shorten it with X-Request-Timeout.
	RequestTimeout time.Duration
	// Limits bound the load of the server, StreamsPerUser the open streams of one
	// user; zero means no limit.
	Limits         Limits
	StreamsPerUser int
	// Metrics receives the API's gauges. It may be nil.
	Metrics *Metrics
	// Detail adds details of an error to its problem. It may be nil.
	Detail func(err error, p *Problem)
	// Forward handles operations that are registered without a handler. All
	// middleware runs, but parameters and bodies are not parsed. The context
	// ends after the API's timeout.
	Forward func(huma.Context)
}

// setHumaGlobals sets Huma's package variables, once per process and before any
// operation is registered.
var setHumaGlobals = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	setValidationTexts()
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		for _, err := range errs {
			SetLoggedCause(ctx.Context(), errors.New(shortText(err)))
		}
		return newValidationProblem(status, message, errs).stamp(ctx.Context())
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newValidationProblem(status, message, errs)
	}
})

// NewAPI returns an API on router. Register operations with [Register].
func NewAPI(router chi.Router, config Config) *API {
	setHumaGlobals()
	c := huma.DefaultConfig(config.Title, config.Version)
	c.Info.Description = config.Description
	c.Info.Contact = &huma.Contact{Name: "Tasklane", URL: "https://github.com/tasklane/tasklane"}
	c.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	c.Servers = []*huma.Server{{URL: "/", Description: "The server that serves this document."}}
	c.Tags = config.Tags
	c.Components.SecuritySchemes = config.SecuritySchemes
	c.Components.Headers = map[string]*huma.Header{}
	c.OnAddOperation = append(c.OnAddOperation, completeOperations(config.Challenge))
	c.CreateHooks = nil // no $schema in responses and no Link headers
	c.SchemasPath = ""
	c.DocsPath = ""
	if config.HideDocument {
		c.OpenAPIPath = ""
	}
	c.RejectUnknownQueryParameters = true
	c.Transformers = append(c.Transformers, dropContentType)
	c.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	registerCodes(c.Components.Schemas)

	perCaller := 0
	if total := config.Limits.InFlight; total > 0 {
		perCaller = max(total/userShare, 1)
	}
	api := &API{
		API:            humachi.New(router, c),
		statuses:       config.Errors,
		detail:         config.Detail,
		challenge:      config.Challenge,
		forward:        config.Forward,
		timeout:        cmp.Or(config.RequestTimeout, budget.Service),
		inFlight:       newGate(config.Limits.InFlight, perCaller),
		othersInFlight: newGate(config.Limits.InFlight, perCaller),
		metrics:        config.Metrics,
		streams:        newGate(config.Limits.Streams, config.StreamsPerUser),
		rate:           newRateLimiter("user", limitRate, config.Limits.Rate),
		responses:      newRoom(maxHeld),
		received:       newRoom(maxReceived),
		otherReceived:  newRoom(maxReceived),
	}
	config.Metrics.Gauge("tasklane_requests_in_flight", "Operations that run or wait for memory, without streams.", api.inFlight.count)
	config.Metrics.Gauge("tasklane_streams_open", "Open streams.", api.streams.count)
	config.Metrics.Gauge("tasklane_held_bytes", "Bytes reserved by operations for reads and responses.", api.responses.heldBytes)
	config.Metrics.Gauge("tasklane_held_body_bytes", "Bytes of request bodies in memory.",
		func() float64 { return api.received.heldBytes() + api.otherReceived.heldBytes() })
	config.Metrics.Gauge("tasklane_requests_waiting", "Operations and streams that wait for memory.", api.responses.waiters)
	api.UseMiddleware(recordOperation, recordDeadline, api.checkPath, checkMediaType)
	return api
}

// dropContentType removes Content-Type from a 304, for which Huma sets it although
// there is no body.
func dropContentType(ctx huma.Context, status string, body any) (any, error) {
	if status == strconv.Itoa(http.StatusNotModified) {
		_, w := humachi.Unwrap(ctx)
		w.Header().Del("Content-Type")
	}
	return body, nil
}

// Register adds an operation whose handler returns plain errors. codes are its error
// codes besides those that every operation has. The handler's context ends after the
// API's timeout. If handler is nil, [Config.Forward] handles the operation.
func Register[I, O any](api *API, op huma.Operation, codes []taskapi.ErrorCode, handler func(context.Context, *I) (*O, error)) {
	register(api, op, codes, handler == nil, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := api.withDeadline(ctx)
		defer cancel()
		return handler(ctx, in)
	})
}

// RegisterStream adds an operation that responds with a stream, which has no timeout.
// If handler is nil, [Config.Forward] handles the operation.
func RegisterStream[I any](api *API, op huma.Operation, codes []taskapi.ErrorCode, handler func(context.Context, *I) (*huma.StreamResponse, error)) {
	register(api, op, codes, handler == nil, stream(api, handler))
}

// withDeadline returns a context that ends after the API's timeout, or earlier if the caller's
// timeout is shorter.
func (a *API) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := time.Now().Add(a.timeout)
	if given := requestInfoFrom(ctx).slot.deadline; !given.IsZero() && given.Before(deadline) {
		deadline = given
	}
	return context.WithDeadline(ctx, deadline)
}

// forwardOnly is a middleware that passes the request to [Config.Forward].
func (a *API) forwardOnly(ctx huma.Context, _ func(huma.Context)) {
	limited, cancel := a.withDeadline(ctx.Context())
	defer cancel()
	a.forward(huma.WithContext(ctx, limited))
}

func register[I, O any](api *API, op huma.Operation, codes []taskapi.ErrorCode, forward bool, handler func(context.Context, *I) (*O, error)) {
	if forward {
		op.Middlewares, op.Metadata = append(op.Middlewares, api.forwardOnly), MemoryMetadata(forwardedBytes)
	}
	// Huma rejects a body of exactly the limit.
	op.MaxBodyBytes = cmp.Or(op.MaxBodyBytes, MaxBodyBytes) + 1
	op.Middlewares = append(huma.Middlewares{checkParameters}, op.Middlewares...)
	documentErrors(&op, codes)
	api.registerOptionals(reflect.TypeFor[I]())
	// Huma reads its configuration from its own API type, not from a wrapper.
	huma.Register(api.API, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, api.Problem(ctx, err)
		}
		return out, nil
	})
}

// Problem turns an error into a problem and logs the error with the request. An error
// that is not in the table becomes an internal error, without details for the client.
func (a *API) Problem(ctx context.Context, err error) *Problem {
	SetLoggedCause(ctx, err)
	problem := a.problem(err)
	if problem.Status == http.StatusUnauthorized && a.challenge != "" && problem.headers.Get("WWW-Authenticate") == "" {
		problem.WithHeader("WWW-Authenticate", a.challenge)
	}
	return problem.stamp(ctx)
}

func (a *API) problem(err error) *Problem {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem
	}
	for _, row := range a.statuses {
		if errors.Is(err, row.Err) {
			problem := NewProblem(row.Code, row.Sentence)
			if problem.Status == http.StatusServiceUnavailable {
				problem.WithRetryAfter(unavailableRetryAfter)
			}
			if a.detail != nil {
				a.detail(err, problem)
			}
			return problem
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return NewProblem(taskapi.CodeTimeout, "The request timed out.").WithRetryAfter(unavailableRetryAfter)
	}
	return NewProblem(taskapi.CodeInternal, "Something went wrong on our side.")
}

// shortText returns the text of err, shortened because it may quote the request.
func shortText(err error) string {
	const maxBytes = 200
	text := err.Error()
	var detailer huma.ErrorDetailer
	if errors.As(err, &detailer) {
		detail := detailer.ErrorDetail()
		text = detail.Location + ": " + detail.Message
	}
	return truncate(text, maxBytes)
}

// truncate returns at most maxBytes bytes of a text, with an ellipsis if it is longer.
func truncate(text string, maxBytes int) string {
	if len(text) <= maxBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxBytes], "") + "…"
}
