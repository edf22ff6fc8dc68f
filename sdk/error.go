package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The errors of the API, one for each code. Compare them with [errors.Is]:
//
//	if errors.Is(err, sdk.ErrTaskNotFound) { … }
var (
	ErrUnauthenticated       error = codeError(taskapi.CodeUnauthenticated)
	ErrTokenExpired          error = codeError(taskapi.CodeTokenExpired)
	ErrSessionExpired        error = codeError(taskapi.CodeSessionExpired)
	ErrCrossOrigin           error = codeError(taskapi.CodeCrossOrigin)
	ErrQuotaExceeded         error = codeError(taskapi.CodeQuotaExceeded)
	ErrAccountDeleted        error = codeError(taskapi.CodeAccountDeleted)
	ErrTaskNotFound          error = codeError(taskapi.CodeTaskNotFound)
	ErrListNotFound          error = codeError(taskapi.CodeListNotFound)
	ErrNotFound              error = codeError(taskapi.CodeNotFound)
	ErrMethodNotAllowed      error = codeError(taskapi.CodeMethodNotAllowed)
	ErrIdempotencyInProgress error = codeError(taskapi.CodeIdempotencyInProgress)
	ErrCursorExpired         error = codeError(taskapi.CodeCursorExpired)
	ErrVersionConflict       error = codeError(taskapi.CodeVersionConflict)
	ErrBodyTooLarge          error = codeError(taskapi.CodeBodyTooLarge)
	ErrUnsupportedMediaType  error = codeError(taskapi.CodeUnsupportedMediaType)
	ErrInvalid               error = codeError(taskapi.CodeInvalid)
	ErrInvalidCursor         error = codeError(taskapi.CodeInvalidCursor)
	ErrIdempotencyKeyReused  error = codeError(taskapi.CodeIdempotencyKeyReused)
	ErrTooManyLists          error = codeError(taskapi.CodeTooManyLists)
	ErrRateLimited           error = codeError(taskapi.CodeRateLimited)
	ErrInternal              error = codeError(taskapi.CodeInternal)
	ErrBadGateway            error = codeError(taskapi.CodeBadGateway)
	ErrOverloaded            error = codeError(taskapi.CodeOverloaded)
	ErrUnavailable           error = codeError(taskapi.CodeUnavailable)
	ErrAuthUnavailable       error = codeError(taskapi.CodeAuthUnavailable)
	ErrTimeout               error = codeError(taskapi.CodeTimeout)
)

// ErrNotModified is the error of a read with [IfNoneMatch] if the resource still has that
// version.
var ErrNotModified = errors.New("tasklane: not modified")

// codeError is the sentinel error of a code.
type codeError taskapi.ErrorCode

func (e codeError) Error() string {
	return "tasklane: " + string(e)
}

// Error is the error of a call. Every operation of [Client] returns errors of type
// *Error.
type Error struct {
	// Operation is the operation's name in the API, such as "getTask".
	Operation string
	// Status is the HTTP status of the last attempt, or zero if it got no response
	// or the body of a success was cut off.
	Status int
	// Code is the reason. It is empty if there was no response or if the
	// response was not from Tasklane.
	Code taskapi.ErrorCode
	// Message describes the error in a sentence for people, without
	// credentials.
	Message string
	// Fields are the invalid parts of the request, with [ErrInvalid]. The error of
	// a batch, whatever its code, names the operation that failed: a Field begins
	// with "operations[1]", for example.
	Fields []taskapi.FieldError
	// RequestID identifies the request in the servers' logs.
	RequestID string
	// RetryAfter is the Retry-After of the response, or zero.
	RetryAfter time.Duration
	// Current is the current resource, with [ErrVersionConflict]; otherwise the
	// zero Resource.
	Current taskapi.Resource
	// Attempts is the number of requests sent.
	Attempts int
	// MaybeApplied reports whether a write may have taken effect despite the
	// error, because the response to an attempt was lost or ambiguous. If the
	// call had a [WithIdempotencyKey], repeat it with the same key to apply it
	// exactly once. If MaybeApplied is false, this call has changed nothing. It
	// is always false for reads.
	MaybeApplied bool
	// Err is the cause on the client's side, such as an error of the network,
	// the context or the token source. It is nil if a response caused the
	// error, except with [ErrNotModified].
	Err error
}

// Error returns the operation, the message and details.
func (e *Error) Error() string {
	var details []string
	if e.Status != 0 {
		details = append(details, strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, e.Code)))
	}
	for _, field := range e.Fields {
		// The message may include a field error already.
		if text := field.Field + " " + field.Message; !strings.Contains(e.Message, text) {
			details = append(details, text)
		}
	}
	if e.Attempts > 1 {
		details = append(details, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if e.RequestID != "" {
		details = append(details, "request "+e.RequestID)
	}
	text := "tasklane: " + e.Operation + ": " + e.Message
	if len(details) > 0 {
		text += " (" + strings.Join(details, "; ") + ")"
	}
	return text
}

// Unwrap returns e.Err, so that [errors.Is] finds [context.Canceled] and other causes.
func (e *Error) Unwrap() error {
	return e.Err
}

// Is reports whether target is the sentinel error of e.Code.
func (e *Error) Is(target error) bool {
	code, ok := target.(codeError)
	return ok && taskapi.ErrorCode(code) == e.Code
}

// fail returns an Error with a cause on the client's side.
func fail(message string, err error) *Error {
	return &Error{Message: message + ": " + err.Error(), Err: err}
}

// failTransport returns the Error of an attempt without a complete response. The status
// is zero unless it is an error status.
func failTransport(status int, header http.Header, err error) *Error {
	e := fail("incomplete response", withoutURL(err))
	e.Status, e.RequestID = status, header.Get(headerRequestID)
	e.RetryAfter = parseRetryAfter(header.Get("Retry-After"), time.Now())
	return e
}

// retryAfterOf returns the Retry-After of an error, or zero.
func retryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// withoutURL removes the URL from an error of net/http, because the query may be
// private.
func withoutURL(err error) error {
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		return withURL.Err
	}
	return err
}

// failResponse returns the Error for a response with a status other than 2xx.
func failResponse(status int, header http.Header, body []byte) *Error {
	e := failForeign(status, header)
	var problem taskapi.Problem
	if json.Unmarshal(body, &problem) != nil || problem.Success || problem.Code == "" {
		return e
	}
	e.Code = problem.Code
	e.Message = problem.Error
	e.Fields = problem.Errors
	if problem.Current != nil {
		e.Current = *problem.Current
	}
	if problem.RequestID != "" {
		e.RequestID = problem.RequestID
	}
	return e
}

// failForeign returns the Error for a response that is not from Tasklane. It does not
// quote the body, which may contain anything.
func failForeign(status int, header http.Header) *Error {
	contentType := header.Get("Content-Type")
	if contentType == "" {
		contentType = "no content type"
	}
	message := fmt.Sprintf("the response is not from the task service (%s)", contentType)
	if to, err := url.Parse(header.Get("Location")); status/100 == 3 && err == nil && to.Host != "" {
		message = fmt.Sprintf("the response redirects to %s://%s; set the base URL to that of the task service", to.Scheme, to.Host)
	}
	return &Error{
		Status: status, Message: message, RequestID: header.Get(headerRequestID),
		RetryAfter: parseRetryAfter(header.Get("Retry-After"), time.Now()),
	}
}
