package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestWhatTheBrowserHearsOfTheService(t *testing.T) {
	t.Parallel()
	hears := map[taskapi.ErrorCode]taskapi.ErrorCode{
		taskapi.CodeUnauthenticated:       taskapi.CodeBadGateway,
		taskapi.CodeTokenExpired:          taskapi.CodeBadGateway,
		taskapi.CodeSessionExpired:        taskapi.CodeBadGateway,
		taskapi.CodeCrossOrigin:           taskapi.CodeBadGateway,
		taskapi.CodeTaskNotFound:          taskapi.CodeTaskNotFound,
		taskapi.CodeNotFound:              taskapi.CodeBadGateway,
		taskapi.CodeMethodNotAllowed:      taskapi.CodeBadGateway,
		taskapi.CodeIdempotencyInProgress: taskapi.CodeIdempotencyInProgress,
		taskapi.CodeCursorExpired:         taskapi.CodeCursorExpired,
		taskapi.CodeVersionConflict:       taskapi.CodeVersionConflict,
		taskapi.CodeBodyTooLarge:          taskapi.CodeBodyTooLarge,
		taskapi.CodeUnsupportedMediaType:  taskapi.CodeBadGateway,
		taskapi.CodeInvalid:               taskapi.CodeInvalid,
		taskapi.CodeInvalidCursor:         taskapi.CodeInvalidCursor,
		taskapi.CodeIdempotencyKeyReused:  taskapi.CodeIdempotencyKeyReused,
		taskapi.CodeRateLimited:           taskapi.CodeRateLimited,
		taskapi.CodeInternal:              taskapi.CodeBadGateway,
		taskapi.CodeBadGateway:            taskapi.CodeBadGateway,
		taskapi.CodeOverloaded:            taskapi.CodeUnavailable,
		taskapi.CodeUnavailable:           taskapi.CodeUnavailable,
		taskapi.CodeAuthUnavailable:       taskapi.CodeUnavailable,
		taskapi.CodeTimeout:               taskapi.CodeTimeout,
	}
	for _, code := range taskapi.ErrorCodes() {
		const words = "The service's words."
		got := serviceProblem(&sdk.Error{
			Code: code, Status: code.Status(), Message: words,
			Fields: []taskapi.FieldError{{Field: "title", Message: words}}, Current: &taskapi.Task{Title: words},
		})
		if got.Code != hears[code] {
			t.Errorf("%s: the browser hears %q, want %q", code, got.Code, hears[code])
		}
		if passed := got.Problem.Error == words; passed != (code == hears[code] && code.Status() < http.StatusTooManyRequests) {
			t.Errorf("%s: the browser hears %q", code, got.Problem.Error)
		}
		if concerns := slices.Contains(passedOn, code); (len(got.Errors) > 0) != concerns || (got.Current != nil) != concerns {
			t.Errorf("%s: the browser hears of %v and %v", code, got.Errors, got.Current)
		}
	}
}

// TestWhatTheBrowserHearsOfStrangers is about gateways in front of the service,
// which have none of its codes.
func TestWhatTheBrowserHearsOfStrangers(t *testing.T) {
	t.Parallel()
	const words = "nginx at 10.0.0.7: upstream tasks-db-7 refused"
	for status := http.StatusContinue; status < 600; status++ {
		for _, code := range []taskapi.ErrorCode{"", "made_up"} {
			got := serviceProblem(&sdk.Error{Status: status, Code: code, Message: words, Err: errors.New(words)})
			want := taskapi.CodeBadGateway
			switch status {
			case http.StatusServiceUnavailable, http.StatusTooManyRequests:
				want = taskapi.CodeUnavailable
			case http.StatusGatewayTimeout:
				want = taskapi.CodeTimeout
			}
			encoded, err := json.Marshal(got)
			if err != nil || got.Code != want || strings.Contains(string(encoded), "nginx") {
				t.Errorf("%d %q: the browser hears %s (%v)", status, code, encoded, err)
			}
		}
	}
}

func TestFailuresWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for want, err := range map[taskapi.ErrorCode]error{
		taskapi.CodeUnavailable: &sdk.Error{Message: "no answer: connection refused"},
		taskapi.CodeTimeout:     &sdk.Error{Err: fmt.Errorf("no answer: %w", context.DeadlineExceeded)},
		taskapi.CodeInternal:    errors.New("not of the SDK's"),
	} {
		if got := serviceProblem(err); got.Code != want {
			t.Errorf("%v: the browser hears %q, want %q", err, got.Code, want)
		}
	}
}

func TestConflictShowsTheTaskAsTheBrowserSeesIt(t *testing.T) {
	t.Parallel()
	yesterday := time.Now().Add(-24 * time.Hour)
	task := taskapi.Task{Title: "Water the plants", DueAt: &yesterday}
	got := serviceProblem(&sdk.Error{Code: taskapi.CodeVersionConflict, Status: http.StatusPreconditionFailed, Current: &task})
	if diff := cmp.Diff(any(Task{Task: task, Overdue: true}), got.Current); diff != "" {
		t.Errorf("current (-want +got):\n%s", diff)
	}
}
