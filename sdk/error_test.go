package sdk_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// sentinels are the package's errors by code.
var sentinels = map[taskapi.ErrorCode]error{
	taskapi.CodeIdempotencyInProgress: sdk.ErrIdempotencyInProgress,
	taskapi.CodeCursorExpired:         sdk.ErrCursorExpired,
	taskapi.CodeIdempotencyKeyReused:  sdk.ErrIdempotencyKeyReused,
	taskapi.CodeOverloaded:            sdk.ErrOverloaded,
	taskapi.CodeUnauthenticated:       sdk.ErrUnauthenticated,
	taskapi.CodeTokenExpired:          sdk.ErrTokenExpired,
	taskapi.CodeSessionExpired:        sdk.ErrSessionExpired,
	taskapi.CodeCrossOrigin:           sdk.ErrCrossOrigin,
	taskapi.CodeQuotaExceeded:         sdk.ErrQuotaExceeded,
	taskapi.CodeAccountDeleted:        sdk.ErrAccountDeleted,
	taskapi.CodeTaskNotFound:          sdk.ErrTaskNotFound,
	taskapi.CodeListNotFound:          sdk.ErrListNotFound,
	taskapi.CodeTooManyLists:          sdk.ErrTooManyLists,
	taskapi.CodeNotFound:              sdk.ErrNotFound,
	taskapi.CodeMethodNotAllowed:      sdk.ErrMethodNotAllowed,
	taskapi.CodeVersionConflict:       sdk.ErrVersionConflict,
	taskapi.CodeBodyTooLarge:          sdk.ErrBodyTooLarge,
	taskapi.CodeUnsupportedMediaType:  sdk.ErrUnsupportedMediaType,
	taskapi.CodeInvalid:               sdk.ErrInvalid,
	taskapi.CodeInvalidCursor:         sdk.ErrInvalidCursor,
	taskapi.CodeRateLimited:           sdk.ErrRateLimited,
	taskapi.CodeInternal:              sdk.ErrInternal,
	taskapi.CodeBadGateway:            sdk.ErrBadGateway,
	taskapi.CodeUnavailable:           sdk.ErrUnavailable,
	taskapi.CodeAuthUnavailable:       sdk.ErrAuthUnavailable,
	taskapi.CodeTimeout:               sdk.ErrTimeout,
}

func TestEveryCodeHasASentinel(t *testing.T) {
	t.Parallel()
	for _, code := range taskapi.ErrorCodes() {
		if sentinels[code] == nil {
			t.Errorf("%s has no error: declare one in error.go, and add it to the sentinels of this test", code)
		}
	}
	for _, code := range taskapi.ErrorCodes() {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			server := sdktest.NewServer(t)
			server.Inject(sdktest.Fault{Code: code})
			client := server.Client(t, "alice", sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1}))
			_, read := client.GetTask(t.Context(), "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11")
			_, write := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water the plants"})
			for operation, err := range map[string]error{"getTask": read, "createTask": write} {
				err = fmt.Errorf("in a caller: %w", err)
				if failure := asError(t, err); failure.Code != code || failure.Status != code.Status() || failure.Operation != operation {
					t.Errorf("got code %q, status %d of %s, want %q, %d of %s",
						failure.Code, failure.Status, failure.Operation, code, code.Status(), operation)
				}
				for other, sentinel := range sentinels {
					if got, want := errors.Is(err, sentinel), other == code; got != want {
						t.Errorf("%s: errors.Is with the error of %s is %v", operation, other, got)
					}
				}
			}
		})
	}
}

func TestError_HasAllFieldsOfTheProblem(t *testing.T) {
	t.Parallel()
	current := resource(fullTask())
	fields := []taskapi.FieldError{
		{Field: "title", Code: taskapi.FieldTooLong, Message: "must have at most 500 characters"},
		{Field: "tags[2]", Code: taskapi.FieldTooShort, Message: "must not be empty"},
	}
	s := serve(t, respond(http.StatusPreconditionFailed, taskapi.Problem{
		Error:     "The task has changed.",
		Code:      taskapi.CodeVersionConflict,
		Status:    412,
		Title:     "Precondition Failed",
		Errors:    fields,
		RequestID: "in-the-body",
		Current:   &current,
	}, "X-Request-Id", "in-the-header", "Retry-After", "7"))
	var response sdk.Response
	_, err := s.client(t).DeleteTask(t.Context(), "x", sdk.IfMatch(6), sdk.WithResponse(&response))
	want := &sdk.Error{
		Operation:  "deleteTask",
		Status:     412,
		Code:       taskapi.CodeVersionConflict,
		Message:    "The task has changed.",
		Fields:     fields,
		RequestID:  "in-the-body",
		RetryAfter: 7 * time.Second,
		Current:    current,
		Attempts:   1,
	}
	if got := asError(t, err); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	text := "tasklane: deleteTask: The task has changed. (412 version_conflict; " +
		"title must have at most 500 characters; tags[2] must not be empty; request in-the-body)"
	if err.Error() != text {
		t.Errorf("got the text\n%s, want\n%s", err, text)
	}
	if response.Status != 412 || response.Header.Get("X-Request-Id") != "in-the-header" || response.Attempts != 1 ||
		!strings.Contains(string(response.Body), `"code":"version_conflict"`) {
		t.Errorf("got the response %+v", response)
	}
}

func TestErrorText_OmitsMissingDetails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{sdk.ErrTaskNotFound, "tasklane: task_not_found"},
		{&sdk.Error{Operation: "getTask", Message: "incomplete response: EOF"}, "tasklane: getTask: incomplete response: EOF"},
		{
			&sdk.Error{Operation: "getTask", Message: "It failed.", Status: 502, Attempts: 4},
			"tasklane: getTask: It failed. (502; 4 attempts)",
		},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestForeignResponse_IsNotQuoted(t *testing.T) {
	t.Parallel()
	const page = "<html><body>hunter2</body></html>"
	for _, tt := range []struct {
		name        string
		status      int
		contentType string
		body        string
	}{
		{"HTML error of a proxy", 502, "text/html", page},
		{"HTML 404 of a proxy", 404, "text/html", page},
		{"HTML success of a page server", 200, "text/html", page},
		{"JSON error of another service", 400, "application/json", `{"message":"hunter2"}`},
		{"JSON error with success true", 400, "application/json", `{"success":true,"code":"hunter2"}`},
		{"JSON success of another service", 200, "application/json", `{"id":"hunter2"}`},
		{"200 with success false", 200, "application/json", `{"success":false,"data":{"id":"hunter2"}}`},
		{"success without data", 200, "application/json", `{"success":true}`},
		{"success with null data", 200, "application/json", `{"success":true,"data":null}`},
		{"success with data of another type", 200, "application/json", `{"success":true,"data":["hunter2"]}`},
		{"success with trailing data", 200, "application/json", `{"success":true,"data":{"id":"x"}} hunter2`},
		{"empty success", 204, "", ""},
		{"not modified", 304, "", ""},
		{"empty error", 500, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				if tt.contentType != "" {
					w.Header().Set("Content-Type", tt.contentType)
				}
				w.Header().Set("X-Request-Id", "the-request")
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			})
			noRetry := sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1})
			_, err := s.client(t, noRetry).CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water"})

			want := &sdk.Error{
				Operation:    "createTask",
				Status:       tt.status,
				Message:      "the response is not from the task service (" + cmp.Or(tt.contentType, "no content type") + ")",
				RequestID:    "the-request",
				Attempts:     1,
				MaybeApplied: tt.status < 300 || tt.status >= 500,
			}
			if got := asError(t, err); !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%+v, want\n%+v", got, want)
			}
			if len(s.received()) != 1 {
				t.Errorf("sent %d requests, want 1", len(s.received()))
			}
		})
	}
	t.Run("list without data", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respond(200, map[string]any{"success": true}))
		_, err := s.client(t).ListTasks(t.Context(), taskapi.ListTasksOptions{})
		if failure := asError(t, err); failure.Status != 200 || failure.MaybeApplied {
			t.Errorf("got %+v", failure)
		}
	})
}

func TestResponseTooLarge(t *testing.T) {
	t.Parallel()
	tooLarge := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(32<<20+1))
			w.WriteHeader(status)
		}
	}
	t.Run("is not retried", func(t *testing.T) {
		t.Parallel()
		s := serve(t, tooLarge(200))
		_, err := s.client(t).GetTask(t.Context(), "x")
		if failure := asError(t, err); failure.Message != "incomplete response: the response exceeds 16 MiB" || failure.Attempts != 1 {
			t.Errorf("got %v after %d attempts", failure, failure.Attempts)
		}
	})
	t.Run("has the status of an error response", func(t *testing.T) {
		t.Parallel()
		s := serve(t, tooLarge(403))
		_, err := s.client(t).GetTask(t.Context(), "x")
		if failure := asError(t, err); failure.Status != 403 {
			t.Errorf("got %v", failure)
		}
	})
}

func TestNetworkError_IsWrappedWithoutURL(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, "http://"+address, sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1}))
	_, err = client.ListTasks(t.Context(), taskapi.ListTasksOptions{Cursor: "hunter2"}, sdk.WithToken("hunter2"))
	failure := asError(t, err)
	if failure.Status != 0 || failure.Code != "" || failure.Attempts != 1 {
		t.Errorf("got %+v", failure)
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("the error %v does not wrap the network's", err)
	}
	if text := err.Error(); strings.Contains(text, "hunter2") || !strings.Contains(text, address) {
		t.Errorf("got the text %s", text)
	}
}

func TestContextError_IsWrapped(t *testing.T) {
	t.Parallel()
	t.Run("before anything is sent", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondTask(fullTask()))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.client(t).DeleteTask(ctx, "x")
		if failure := asError(t, err); !errors.Is(err, context.Canceled) || failure.Attempts != 0 || failure.MaybeApplied {
			t.Errorf("got %+v", failure)
		}
	})
	t.Run("while the service works", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		_, err := s.client(t).DeleteTask(ctx, "x")
		if failure := asError(t, err); !errors.Is(err, context.Canceled) || failure.Attempts != 1 || !failure.MaybeApplied {
			t.Errorf("got %+v", failure)
		}
	})
}

func TestUnencodableRequestIsNotSent(t *testing.T) {
	t.Parallel()
	s := serve(t, respondTask(fullTask()))
	year10000 := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := s.client(t).CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water", DueAt: &year10000})
	if failure := asError(t, err); failure.Operation != "createTask" || failure.Attempts != 0 || len(s.received()) != 0 {
		t.Errorf("got %+v and %d requests", failure, len(s.received()))
	}
}

func TestInvalidHeaderValuesAreNotSent(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"a b", "a\r\nX-Evil: 1", "ü", strings.Repeat("a", 256)} {
		for name, option := range map[string]sdk.CallOption{
			"request id":      sdk.WithRequestID(bad),
			"idempotency key": sdk.WithIdempotencyKey(bad),
		} {
			t.Run(fmt.Sprintf("%s %.10q", name, bad), func(t *testing.T) {
				t.Parallel()
				s := serve(t, respondTask(fullTask()))
				_, err := s.client(t).DeleteTask(t.Context(), "x", option)
				if failure := asError(t, err); !strings.Contains(failure.Message, name) || len(s.received()) != 0 {
					t.Errorf("got %v and %d requests", failure, len(s.received()))
				}
			})
		}
	}
}
