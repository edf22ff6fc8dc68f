package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// The codes that operations can fail with.
var (
	sessionCodes = []taskapi.ErrorCode{
		taskapi.CodeUnauthenticated, taskapi.CodeSessionExpired, taskapi.CodeAuthUnavailable, taskapi.CodeRateLimited, taskapi.CodeOverloaded,
	}
	readCodes    = with(sessionCodes, taskapi.CodeBadGateway, taskapi.CodeUnavailable)
	writeCodes   = with(readCodes, taskapi.CodeCrossOrigin, taskapi.CodeIdempotencyInProgress, taskapi.CodeIdempotencyKeyReused)
	oneTaskCodes = with(writeCodes, taskapi.CodeTaskNotFound, taskapi.CodeVersionConflict)
)

func with(codes []taskapi.ErrorCode, more ...taskapi.ErrorCode) []taskapi.ErrorCode {
	return slices.Concat(codes, more)
}

// sessionErrors says what the browser hears when there is no session.
var sessionErrors = []httpapi.ErrorStatus{
	{Err: session.ErrUnauthenticated, Code: taskapi.CodeUnauthenticated, Sentence: "Please sign in."},
	{Err: session.ErrExpired, Code: taskapi.CodeSessionExpired, Sentence: "Your session has ended. Please sign in again."},
	{Err: session.ErrUnavailable, Code: taskapi.CodeAuthUnavailable, Sentence: "Your session cannot be checked right now. Please try again."},
}

// passedOn are the codes that concern the browser as they concern the caller
// of the service: it hears them with the service's own words.
var passedOn = []taskapi.ErrorCode{
	taskapi.CodeTaskNotFound,
	taskapi.CodeVersionConflict,
	taskapi.CodeBodyTooLarge,
	taskapi.CodeIdempotencyInProgress,
	taskapi.CodeCursorExpired,
	taskapi.CodeInvalid,
	taskapi.CodeInvalidCursor,
	taskapi.CodeIdempotencyKeyReused,
}

// serviceProblem turns a failed call of the task service into what the browser
// is told. Whatever the service says that is not about the browser's request
// stays in the log. A refused JWT is no reason to sign in again: the session
// lives, and the servers disagree.
func serviceProblem(err error) *httpapi.Problem {
	var failure *sdk.Error
	if !errors.As(err, &failure) {
		return httpapi.NewProblem(taskapi.CodeInternal, "Something went wrong on our side.")
	}
	switch {
	case slices.Contains(passedOn, failure.Code):
		problem := httpapi.NewProblem(failure.Code, failure.Message).WithFields(failure.Fields...)
		if failure.Current != nil {
			problem = problem.WithCurrent(view(*failure.Current, time.Now()))
		}
		return problem
	case failure.Code == taskapi.CodeRateLimited:
		return httpapi.NewProblem(failure.Code, "Too many requests. Please wait a moment.").WithRetryAfter(failure.RetryAfter)
	case failure.Status == http.StatusGatewayTimeout || errors.Is(err, context.DeadlineExceeded):
		return httpapi.NewProblem(taskapi.CodeTimeout, "The tasks took too long to answer. Please try again.").
			WithRetryAfter(failure.RetryAfter)
	case failure.Status == http.StatusServiceUnavailable || failure.Status == http.StatusTooManyRequests || failure.Status == 0:
		return httpapi.NewProblem(taskapi.CodeUnavailable, "The tasks cannot be reached right now. Please try again.").
			WithRetryAfter(failure.RetryAfter)
	default:
		return httpapi.NewProblem(taskapi.CodeBadGateway, "Something went wrong on our side.")
	}
}
