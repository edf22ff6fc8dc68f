package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// unavailableRetryAfter is when to try again after a 503, unless more is
// known.
const unavailableRetryAfter = time.Second

// MaxBodyBytes is the size of the largest body that is read. It holds the
// longest task that there can be, in the longest spelling JSON has for it.
const MaxBodyBytes = 256 << 10

// ErrorStatus is a row of a server's table of errors: what errors.Is finds
// becomes a problem of this code.
type ErrorStatus struct {
	Err      error
	Code     taskapi.ErrorCode
	Sentence string
}

// API is a Huma API that follows the conventions of this package.
type API struct {
	huma.API

	statuses []ErrorStatus
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
}

// setHumaGlobals sets what Huma keeps in package variables. It has to happen
// before any operation is registered, and once is enough for a process.
var setHumaGlobals = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	nameValidationRules()
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		for _, err := range errs {
			noteCause(ctx.Context(), errors.New(firstLine(err)))
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
	c.CreateHooks = nil // no $schema in answers and no Link headers
	c.SchemasPath = ""
	c.DocsPath = ""
	if config.HideDocument {
		c.OpenAPIPath = ""
	}
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	registerOptionals(c.Components.Schemas)
	fieldErrorSchema(c.Components.Schemas)

	api := humachi.New(router, c)
	api.UseMiddleware(noteOperation, checkMediaType)
	return &API{API: api, statuses: config.Errors}
}

// Register adds an operation whose handler returns plain errors. The codes are
// what it can fail with besides those that every operation has.
func Register[I, O any](api *API, op huma.Operation, codes []taskapi.ErrorCode, handler func(context.Context, *I) (*O, error)) {
	// Huma refuses a body of exactly its limit.
	op.MaxBodyBytes = MaxBodyBytes + 1
	documentErrors(api, &op, codes)
	// Huma looks for its configuration in its own API, not in a wrapper.
	huma.Register(api.API, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, api.Problem(ctx, err)
		}
		return out, nil
	})
}

// Problem turns an error into what the client is told. Whatever the table does
// not know is an internal error, of which only the log says more.
func (a *API) Problem(ctx context.Context, err error) *Problem {
	noteCause(ctx, err)
	var problem *Problem
	if errors.As(err, &problem) {
		return problem.stamp(ctx)
	}
	for _, row := range a.statuses {
		if errors.Is(err, row.Err) {
			problem = NewProblem(row.Code, row.Sentence)
			if problem.Status == http.StatusServiceUnavailable {
				problem.WithRetryAfter(unavailableRetryAfter)
			}
			return problem.stamp(ctx)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return NewProblem(taskapi.CodeTimeout, "This took longer than a request may.").stamp(ctx)
	}
	return NewProblem(taskapi.CodeInternal, "Something went wrong on our side.").stamp(ctx)
}

// documentErrors describes each failing status with the codes it can carry.
func documentErrors(api *API, op *huma.Operation, codes []taskapi.ErrorCode) {
	all := append(slices.Clone(codes), taskapi.CodeInvalid, taskapi.CodeInternal, taskapi.CodeTimeout)
	if op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch {
		all = append(all, taskapi.CodeBodyTooLarge, taskapi.CodeUnsupportedMediaType)
	}
	byStatus := map[int][]string{}
	for _, code := range taskapi.ErrorCodes() {
		if slices.Contains(all, code) {
			byStatus[code.Status()] = append(byStatus[code.Status()], "`"+string(code)+"`")
		}
	}
	// Huma would overwrite these descriptions for what stands in op.Errors.
	op.Responses = map[string]*huma.Response{}
	problem := &huma.Schema{Ref: "#/components/schemas/Problem"}
	for status, names := range byStatus {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status) + ": " + strings.Join(names, ", ") + ".",
			Content:     map[string]*huma.MediaType{ProblemMediaType: {Schema: problem}},
		}
	}
}

// firstLine keeps an error's text short and without the request's own body.
func firstLine(err error) string {
	var detailer huma.ErrorDetailer
	if errors.As(err, &detailer) {
		detail := detailer.ErrorDetail()
		return detail.Location + ": " + detail.Message
	}
	return err.Error()
}
