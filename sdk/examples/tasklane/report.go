package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tasklane/tasklane/sdk"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2 // the command line or the environment is invalid
	exitSignIn      = 3 // not signed in
	exitNotFound    = 4 // no such task
	exitUnreachable = 5 // try again later
	exitInterrupted = 130
)

// ownError is an error of this program.
type ownError struct {
	text string
	code int // the exit code
}

func (e ownError) Error() string { return e.text }

func usageError(text string) error    { return ownError{text, exitUsage} }
func signInError(text string) error   { return ownError{text, exitSignIn} }
func notFoundError(text string) error { return ownError{text, exitNotFound} }

// report prints an error for people and returns the exit code.
func (p program) report(err error) int {
	if err == nil {
		return exitDone
	}
	text, code := p.explain(err)
	fmt.Fprintln(p.stderr, "tasklane:", text)
	if failure, ok := errors.AsType[*sdk.Error](err); ok {
		if failure.MaybeApplied {
			fmt.Fprintln(p.stderr, "It may still have taken effect: check before you try again.")
		}
		if failure.Status >= 500 && failure.RequestID != "" {
			fmt.Fprintln(p.stderr, "The server logged it as request", failure.RequestID)
		}
	}
	return code
}

// explain returns an error's message for the user, and its exit code.
func (p program) explain(err error) (string, int) {
	var own ownError
	var failure *sdk.Error
	switch {
	case errors.As(err, &own):
		return own.text, own.code
	case errors.Is(err, context.Canceled):
		return "interrupted", exitInterrupted
	case !errors.As(err, &failure):
		return err.Error(), exitFailed
	}
	_, loggedIn := p.savedLogin()
	switch {
	case loggedIn && failure.Status == http.StatusUnauthorized:
		return "your sign-in has expired: run \"tasklane login\"", exitSignIn
	case errors.Is(err, sdk.ErrUnauthenticated) && failure.Status == 0 && p.getenv("TASKLANE_KEY") != "":
		return "you are not signed in: Better Auth does not accept TASKLANE_KEY", exitSignIn
	case errors.Is(err, sdk.ErrUnauthenticated) && failure.Status == 0:
		return "you are not signed in: Better Auth does not accept TASKLANE_EMAIL and TASKLANE_PASSWORD", exitSignIn
	case errors.Is(err, sdk.ErrRateLimited) && failure.Attempts == 0:
		return fmt.Sprintf("Better Auth limits sign-ins: try again in %v", failure.RetryAfter), exitUnreachable
	case errors.Is(err, sdk.ErrAuthUnavailable) && failure.Status == 0:
		return p.cannotSignIn(failure), exitUnreachable
	case failure.Attempts == 0 && failure.Err != nil:
		return p.cannotSignIn(failure), exitSignIn
	case errors.Is(err, sdk.ErrTokenExpired):
		return "you are not signed in: TASKLANE_TOKEN has expired", exitSignIn
	case errors.Is(err, sdk.ErrUnauthenticated):
		return "you are not signed in: the task service does not accept the token; does it trust this Better Auth server?", exitSignIn
	case errors.Is(err, sdk.ErrTaskNotFound):
		return "you have no such task", exitNotFound
	case errors.Is(err, sdk.ErrInvalid):
		return invalid(failure), exitUsage
	case failure.Status == 0 && failure.Attempts > 0:
		return fmt.Sprintf("cannot reach the task service at %s (TASKLANE_URL): %v", p.serviceURL(), failure.Err), exitUnreachable
	case failure.Code == "":
		return fmt.Sprintf("%s (TASKLANE_URL): %s", p.serviceURL(), failure.Message), exitFailed
	case failure.Status == http.StatusTooManyRequests || failure.Status > http.StatusInternalServerError:
		return "the task service is unavailable: " + failure.Message, exitUnreachable
	}
	return failure.Message, exitFailed
}

// cannotSignIn returns the message of a failed sign-in.
func (p program) cannotSignIn(failure *sdk.Error) string {
	why := strings.TrimPrefix(failure.Err.Error(), "token source: ")
	why = strings.Replace(why, sdk.ErrAuthUnavailable.Error()+": ", "", 1)
	return fmt.Sprintf("cannot sign in at %s (TASKLANE_AUTH_URL): %s", p.authURL(), why)
}

// invalid returns the message of a validation error.
func invalid(failure *sdk.Error) string {
	if len(failure.Fields) == 0 {
		return failure.Message
	}
	var all []string
	for _, field := range failure.Fields {
		all = append(all, field.Field+" "+field.Message)
	}
	return strings.Join(all, "; ")
}
