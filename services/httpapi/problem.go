package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ProblemMediaType is the media type of every failure.
const ProblemMediaType = "application/problem+json"

// CookieChallenge is the WWW-Authenticate header of a server that accepts a session
// cookie. Every 401 must have one; browsers ignore a scheme that they do not know.
const CookieChallenge = `Cookie realm="Tasklane"`

// Problem is a failure on its way to the client: the wire form, and the
// headers that go with it. Handlers may return one where the table of errors
// does not say enough.
type Problem struct {
	taskapi.Problem

	headers http.Header
	// limit is the limit that the request has met, for the metrics.
	limit limit
}

// NewProblem returns the problem for code with a sentence for people. The
// sentence is shown to the client, so it must hold nothing internal.
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

// WithRetryAfter adds a Retry-After header, rounded up to whole seconds, and
// returns p.
func (p *Problem) WithRetryAfter(d time.Duration) *Problem {
	seconds := int64((d + time.Second - 1) / time.Second)
	return p.WithHeader("Retry-After", strconv.FormatInt(max(seconds, 1), 10))
}

// WithFields adds the fields that break a rule and returns p.
func (p *Problem) WithFields(fields ...taskapi.FieldError) *Problem {
	p.Errors = append(p.Errors, fields...)
	return p
}

// Error returns the sentence for people.
func (p *Problem) Error() string { return p.Problem.Error }

// GetStatus returns the HTTP status, as Huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the response headers, as Huma asks for them.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType replaces the negotiated media type, as Huma asks for it.
func (p *Problem) ContentType(string) string { return ProblemMediaType }

// TransformSchema describes the schema.
func (p *Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Description = "A failure: an RFC 9457 problem document that is also the envelope with success set to false."
	return s
}

// WriteProblem answers a request that has not reached an operation.
func WriteProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.stamp(r.Context())
	header := w.Header()
	for name, values := range p.headers {
		header[name] = values
	}
	header.Set("Content-Type", ProblemMediaType)
	header.Del("Content-Length")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		// The client may be gone; there is nobody else to tell.
		_ = json.NewEncoder(w).Encode(p)
	}
}

// WriteTo answers a request from a middleware of Huma.
func WriteTo(ctx huma.Context, p *Problem) {
	r, w := humachi.Unwrap(ctx)
	WriteProblem(w, r, p)
}

// stamp adds the request's id, and notes the problem for the log and the metrics.
func (p *Problem) stamp(ctx context.Context) *Problem {
	p.RequestID = RequestID(ctx)
	if info := requestInfoFrom(ctx); info != nil {
		info.code, info.limit = p.Code, p.limit
	}
	return p
}
