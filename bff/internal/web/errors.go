package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tasklane/tasklane/bff/internal/forward"
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
	readCodes = append(slices.Clip(sessionCodes), taskapi.CodeBadGateway, taskapi.CodeUnavailable)
)

// sessionErrors says what the browser hears when there is no session.
var sessionErrors = []httpapi.ErrorStatus{
	{Err: session.ErrUnauthenticated, Code: taskapi.CodeUnauthenticated, Sentence: "Please sign in."},
	{Err: session.ErrJWT, Code: taskapi.CodeUnauthenticated, Sentence: "This is a JWT, which the task service takes at its own address. Here, send the session token of a sign-in."},
	{Err: errOtherUser, Code: taskapi.CodeUnauthenticated, Sentence: "Somebody else is signed in now. Please sign in again."},
	{Err: session.ErrExpired, Code: taskapi.CodeSessionExpired, Sentence: "Your session has ended. Please sign in again."},
	{Err: session.ErrUnavailable, Code: taskapi.CodeAuthUnavailable, Sentence: "Your session cannot be checked right now. Please try again."},
}

// callFailure is the error of a failed call of the task service, with what the
// browser is told of it. Where the call failed for want of a JWT that is for the
// table of errors to say.
func callFailure(err error) error {
	if errors.Is(err, session.ErrExpired) || errors.Is(err, session.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("task service: %w (%w)", err, serviceProblem(err))
}

// serviceProblem returns the problem for a failed call of the task service. The
// service's own problems pass, unless it refused the JWT: the session lives, and
// the servers disagree.
func serviceProblem(err error) *httpapi.Problem {
	var failure *sdk.Error
	switch {
	case errors.As(err, &failure) && failure.Status != 0:
		if failure.Status == http.StatusUnauthorized || !slices.Contains(taskapi.ErrorCodes(), failure.Code) {
			return gatewayProblem(failure.Status)
		}
		problem := httpapi.NewProblem(failure.Code, failure.Message).WithFields(failure.Fields...)
		if failure.RetryAfter > 0 {
			problem.WithRetryAfter(failure.RetryAfter)
		}
		return problem
	case errors.Is(err, context.DeadlineExceeded):
		return gatewayProblem(http.StatusGatewayTimeout)
	case errors.Is(err, forward.ErrAnswer):
		return gatewayProblem(http.StatusBadGateway)
	default:
		return gatewayProblem(http.StatusServiceUnavailable)
	}
}

// gatewayProblem returns the problem for an answer of this status that was not
// the task service's own, or was none for the browser. Gateways in front of it
// have words that are not for browsers.
func gatewayProblem(status int) *httpapi.Problem {
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return httpapi.NewProblem(taskapi.CodeUnavailable, "The tasks cannot be reached right now. Please try again.").WithRetryAfter(time.Second)
	case http.StatusGatewayTimeout:
		return httpapi.NewProblem(taskapi.CodeTimeout, "The tasks took too long to answer. Please try again.").WithRetryAfter(time.Second)
	default:
		return httpapi.NewProblem(taskapi.CodeBadGateway, "Something went wrong on our side.")
	}
}
