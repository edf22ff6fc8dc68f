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

// The errors of the API, one for each code, to be compared by [errors.Is]:
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

// ErrNotModified is what a read with [IfNoneMatch] fails with if the task still
// has that version.
var ErrNotModified = errors.New("tasklane: not modified")

// codeError is the sentinel of one code.
type codeError taskapi.ErrorCode

func (e codeError) Error() string {
	return "tasklane: " + string(e)
}

// Error is the failure of a call. Every error that an operation of [Client]
// returns is an *Error.
type Error struct {
	// Operation is the operation's name in the API, such as "getTask".
	Operation string
	// Status is the HTTP status of the last answer, or zero if the last
	// attempt got none.
	Status int
	// Code is the reason. It is empty if Tasklane did not give one: there
	// was no answer, or something in between gave it.
	Code taskapi.ErrorCode
	// Message says what went wrong, in a sentence for people. It holds no
	// credentials.
	Message string
	// Fields are the parts of the request that break a rule, with
	// [ErrInvalid], or the operation that failed, after a batch: its name
	// then begins with, say, "operations[1]".
	Fields []taskapi.FieldError
	// RequestID names the request in the servers' logs.
	RequestID string
	// RetryAfter is how long the server asked to wait, or zero.
	RetryAfter time.Duration
	// Current is the resource as it is now, with [ErrVersionConflict];
	// otherwise the zero Resource, which is of no kind.
	Current taskapi.Resource
	// Attempts is the number of requests that were sent.
	Attempts int
	// MaybeApplied says that the write may have taken effect all the same:
	// the answer to one of its attempts was lost, or left that open. Called
	// again with the same [WithIdempotencyKey] it happens once, whatever
	// became of it. If MaybeApplied is false this call has certainly changed
	// nothing. It is always false for reads.
	MaybeApplied bool
	// Err is what ended the call on this side, such as an error of the
	// network, the context or the token source. It is nil if an answer did,
	// but for [ErrNotModified].
	Err error
}

// Error returns the operation, the message, and what helps to find the cause.
func (e *Error) Error() string {
	var details []string
	if e.Status != 0 {
		details = append(details, strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, e.Code)))
	}
	for _, field := range e.Fields {
		// The message names one of them itself.
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

// Unwrap returns e.Err, so that [errors.Is] finds [context.Canceled] and the
// like.
func (e *Error) Unwrap() error {
	return e.Err
}

// Is reports whether target is the sentinel of e.Code.
func (e *Error) Is(target error) bool {
	code, ok := target.(codeError)
	return ok && taskapi.ErrorCode(code) == e.Code
}

// fail fills in an Error that comes from this side.
func fail(message string, err error) *Error {
	return &Error{Message: message + ": " + err.Error(), Err: err}
}

// failTransport returns the Error of an attempt that got no whole answer. The
// status is zero unless it is that of a failure.
func failTransport(status int, header http.Header, err error) *Error {
	e := fail("no complete answer", withoutURL(err))
	e.Status, e.RequestID = status, header.Get(headerRequestID)
	if wait := parseRetryAfter(header.Get("Retry-After"), time.Now()); wait != nil {
		e.RetryAfter = *wait
	}
	return e
}

// askedToWait returns how long an error says to wait, or zero.
func askedToWait(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// withoutURL returns an error of net/http without the URL that it quotes: the
// query may be nobody's business.
func withoutURL(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

// failAnswer returns the Error that an answer of a status other than 2xx
// stands for.
func failAnswer(status int, header http.Header, body []byte, now time.Time) *Error {
	e := failForeign(status, header)
	if wait := parseRetryAfter(header.Get("Retry-After"), now); wait != nil {
		e.RetryAfter = *wait
	}
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

// failForeign returns the Error of an answer that is not Tasklane's. It does
// not quote the body, which may be anything.
func failForeign(status int, header http.Header) *Error {
	contentType := header.Get("Content-Type")
	if contentType == "" {
		contentType = "no content type"
	}
	message := fmt.Sprintf("the answer is not one of the task service (%s)", contentType)
	if to, err := url.Parse(header.Get("Location")); status/100 == 3 && err == nil && to.Host != "" {
		message = fmt.Sprintf("the answer is a redirect to %s://%s; the base URL must name the task service itself", to.Scheme, to.Host)
	}
	return &Error{Status: status, Message: message, RequestID: header.Get(headerRequestID)}
}
