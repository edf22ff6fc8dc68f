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

// The error codes of operations.
var (
	sessionCodes = []taskapi.ErrorCode{
		taskapi.CodeUnauthenticated, taskapi.CodeSessionExpired, taskapi.CodeAuthUnavailable, taskapi.CodeRateLimited, taskapi.CodeOverloaded,
	}
	readCodes = append(slices.Clip(sessionCodes), taskapi.CodeBadGateway, taskapi.CodeUnavailable)
)

// sessionErrors are the errors of requests without a valid session.
var sessionErrors = []httpapi.ErrorStatus{
	{Err: session.ErrUnauthenticated, Code: taskapi.CodeUnauthenticated, Sentence: "Please sign in."},
	{Err: session.ErrJWT, Code: taskapi.CodeUnauthenticated, Sentence: "This is a JWT, which only the task service accepts. Send the session token of a sign-in instead."},
	{Err: errOtherUser, Code: taskapi.CodeUnauthenticated, Sentence: "Another user is signed in now. Please sign in again."},
	{Err: session.ErrExpired, Code: taskapi.CodeSessionExpired, Sentence: "Your session has ended. Please sign in again."},
	{Err: session.ErrUnavailable, Code: taskapi.CodeAuthUnavailable, Sentence: "Your session cannot be checked right now. Please try again."},
}

// callError returns the error of a failed call of the task service, with the problem for
// the browser. If there was no JWT for the call, the table of errors has the problem.
func callError(err error) error {
	if errors.Is(err, session.ErrExpired) || errors.Is(err, session.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("task service: %w (%w)", err, serviceProblem(err))
}

// serviceProblem returns the problem for a failed call of the task service. The service's
// own problems are forwarded, except a rejected JWT: the session is valid, so the
// configurations of the servers do not match.
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
	case errors.Is(err, forward.ErrResponse):
		return gatewayProblem(http.StatusBadGateway)
	default:
		return gatewayProblem(http.StatusServiceUnavailable)
	}
}

// gatewayProblem returns the problem for a response with this status that does not come
// from the task service, or is not for browsers. Browsers must not get the error texts of
// gateways.
func gatewayProblem(status int) *httpapi.Problem {
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return httpapi.NewProblem(taskapi.CodeUnavailable, "The tasks cannot be reached right now. Please try again.").WithRetryAfter(time.Second)
	case http.StatusGatewayTimeout:
		return httpapi.NewProblem(taskapi.CodeTimeout, "The request took too long. Please try again.").WithRetryAfter(time.Second)
	default:
		return httpapi.NewProblem(taskapi.CodeBadGateway, "Something went wrong on our side.")
	}
}
