package web

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// The headers that are forwarded between the browser and the task service, besides those
// set here.
var (
	serviceRequestHeaders  = []string{"Accept", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"}
	serviceResponseHeaders = []string{"Content-Type", "Etag", "Idempotency-Replayed", "Location", "Retry-After"}
)

// userAgent identifies the bff to the task service.
const userAgent = "tasklane-bff"

// registerService registers the operations of the task service. All but the stream are
// forwarded.
func (s *server) registerService(api *httpapi.API) {
	operations.Register(operations.Server{
		API:        api,
		Security:   security,
		Codes:      readCodes,
		WriteCodes: []taskapi.ErrorCode{taskapi.CodeCrossOrigin},
		WatchCodes: []taskapi.ErrorCode{taskapi.CodeCrossOrigin},
		WatchNote:  watchNote,
	}, operations.Handlers{WatchChanges: s.watchChanges})
}

// forward forwards an operation to the task service.
func (s *server) forward(ctx huma.Context) {
	r, w := humachi.Unwrap(ctx)
	response, err := s.call(ctx.Context(), r)
	if err != nil {
		// The write deadline starts now, because receiving the body has taken time.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(budget.Delivery))
		httpapi.WriteTo(ctx, s.api.Problem(ctx.Context(), err))
		return
	}
	if response.Status >= http.StatusBadRequest {
		var problem taskapi.Problem
		if json.Unmarshal(response.Whole(), &problem) == nil {
			httpapi.SetLoggedCode(ctx.Context(), problem.Code)
		}
	}
	send(w, r, response)
}

// call sends a request to the task service as the signed-in user. If the service rejects
// the JWT, as after a change of the signing key, call retries once with a new one.
func (s *server) call(ctx context.Context, r *http.Request) (*forward.Response, error) {
	req, err := forward.NewRequest(r, serviceRequestHeaders, httpapi.ReceivedBody(r))
	if err != nil {
		return nil, httpapi.NewProblem(taskapi.CodeNotFound, "There is nothing at this path.")
	}
	c := callerFrom(ctx)
	jwts := &tokens{sessions: s.sessions, request: c.request, held: c.session}
	response, err := s.attempt(ctx, r, req, jwts)
	if err == nil && response.Status == http.StatusUnauthorized {
		response.Close()
		jwts.InvalidateToken(jwts.held.JWT())
		response, err = s.attempt(ctx, r, req, jwts)
	}
	if err != nil {
		return nil, callError(err)
	}
	if !isForwardable(response) {
		response.Close()
		return nil, fmt.Errorf("task service: status %d of type %q (%w)",
			response.Status, response.Header.Get("Content-Type"), gatewayProblem(response.Status))
	}
	return response, nil
}

// attempt sends a request. The first 64 KiB of the response must arrive before the deadline
// of ctx; the rest may take longer.
func (s *server) attempt(ctx context.Context, r *http.Request, req forward.Request, jwts *tokens) (*forward.Response, error) {
	jwt, err := jwts.Token(ctx)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline() // always set for operations
	req.Timeout = time.Until(deadline)
	req.Header.Set("Authorization", "Bearer "+jwt)
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set(httpapi.RequestIDHeader, httpapi.RequestID(ctx))
	req.Header.Set(httpapi.TimeoutHeader, strconv.FormatFloat(max(req.Timeout.Seconds(), 0.001), 'f', 3, 64))
	return s.service.Do(r.Context(), req)
}

// isForwardable reports whether a response comes from the task service and is for browsers:
// JSON, or a problem other than a rejected JWT.
func isForwardable(response *forward.Response) bool {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")) // "" if invalid: rejected below
	switch status := response.Status; {
	case status == http.StatusNotModified:
		return true
	case status < http.StatusMultipleChoices:
		return media == "application/json"
	default:
		return status >= http.StatusBadRequest && status != http.StatusUnauthorized && media == httpapi.ProblemMediaType
	}
}

// send forwards a response. If it is truncated, the response to the browser is too.
func send(w http.ResponseWriter, r *http.Request, response *forward.Response) {
	defer response.Close()
	if err := response.Send(w); err != nil {
		httpapi.SetLoggedCause(r.Context(), err)
		panic(http.ErrAbortHandler)
	}
}
