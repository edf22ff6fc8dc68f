package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestServiceProblem_ForwardsTheServicesProblems(t *testing.T) {
	t.Parallel()
	const words = "The service's sentence."
	fields := []taskapi.FieldError{{Field: "title", Message: words}}
	for _, code := range taskapi.ErrorCodes() {
		got := serviceProblem(&sdk.Error{Code: code, Status: code.Status(), Message: words, Fields: fields})
		if code.Status() == http.StatusUnauthorized {
			if got.Code != taskapi.CodeBadGateway || got.Problem.Error == words || got.Errors != nil {
				t.Errorf("%s: got %+v", code, got)
			}
			continue
		}
		if got.Code != code || got.Problem.Error != words || cmp.Diff(fields, got.Errors) != "" {
			t.Errorf("%s: got %+v", code, got)
		}
	}
}

// TestServiceProblem_HidesGateways checks that error texts of gateways are not forwarded
// with any status.
func TestServiceProblem_HidesGateways(t *testing.T) {
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
				t.Errorf("%d %q: got %s (%v)", status, code, encoded, err)
			}
		}
	}
}

func TestServiceProblem_DistinguishesFailedRequests(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]taskapi.ErrorCode{
		&sdk.Error{Message: "no response: connection refused"}:                   taskapi.CodeUnavailable,
		&sdk.Error{Err: fmt.Errorf("no response: %w", context.DeadlineExceeded)}: taskapi.CodeTimeout,
		errors.New("connection refused"):                                         taskapi.CodeUnavailable,
		fmt.Errorf("%w: connection reset", context.DeadlineExceeded):             taskapi.CodeTimeout,
		fmt.Errorf("%w: status 101", forward.ErrResponse):                        taskapi.CodeBadGateway,
	} {
		if got := serviceProblem(err); got.Code != want {
			t.Errorf("%v: got %q, want %q", err, got.Code, want)
		}
	}
}
