package httpapi

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ProblemMediaType is the media type of error responses.
const ProblemMediaType = "application/problem+json"

// CookieChallenge is the WWW-Authenticate header of a server that authenticates by
// session cookie. A 401 must have one; browsers ignore unknown schemes.
const CookieChallenge = `Cookie realm="Tasklane"`

// Problem is an error response: the wire form and its headers. Handlers may return one
// if the table of errors is not specific enough.
type Problem struct {
	taskapi.Problem

	headers http.Header
	// limit is the limit that rejected the request, for the metrics.
	limit limit
}

// NewProblem returns a problem with a sentence for people. Clients see the sentence, so
// it must not contain internals.
func NewProblem(code taskapi.ErrorCode, sentence string) *Problem {
	status := code.Status()
	return &Problem{Problem: taskapi.Problem{
		Error:  sentence,
		Code:   code,
		Status: status,
		Title:  http.StatusText(status),
	}}
}

// WithHeader adds a response header and returns p.
func (p *Problem) WithHeader(name, value string) *Problem {
	if p.headers == nil {
		p.headers = http.Header{}
	}
	p.headers.Add(name, value)
	return p
}

// WithRetryAfter adds a Retry-After header, rounded up to whole seconds, at least one,
// and returns p.
func (p *Problem) WithRetryAfter(d time.Duration) *Problem {
	return p.WithHeader("Retry-After", strconv.FormatInt(max(wholeSeconds(d), 1), 10))
}

// WithFields adds field errors and returns p.
func (p *Problem) WithFields(fields ...taskapi.FieldError) *Problem {
	p.Errors = append(p.Errors, fields...)
	return p
}

// Error returns the sentence for people.
func (p *Problem) Error() string { return p.Problem.Error }

// GetStatus returns the HTTP status. Huma calls it.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the response headers. Huma calls it.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType replaces the negotiated media type. Huma calls it.
func (p *Problem) ContentType(string) string { return ProblemMediaType }

// TransformSchema implements [huma.SchemaTransformer].
func (p *Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Description = "An error: an RFC 9457 problem document, which is also the envelope with success set to false."
	return s
}

// WriteProblem writes p as the response to a request outside an operation.
func WriteProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.stamp(r.Context())
	header := w.Header()
	maps.Copy(header, p.headers)
	header.Set("Content-Type", ProblemMediaType)
	header.Del("Content-Length")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		// The client may have disconnected.
		_ = json.NewEncoder(w).Encode(p)
	}
}

// WriteTo writes p as the response from a Huma middleware.
func WriteTo(ctx huma.Context, p *Problem) {
	r, w := humachi.Unwrap(ctx)
	WriteProblem(w, r, p)
}

// stamp adds the request's id, and records the problem for the log and the metrics.
func (p *Problem) stamp(ctx context.Context) *Problem {
	p.RequestID = RequestID(ctx)
	info := requestInfoFrom(ctx)
	info.code, info.limit = p.Code, p.limit
	return p
}
