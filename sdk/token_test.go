package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// renewable is a token source that returns the next token after its current one is
// invalidated.
type renewable struct {
	mu          sync.Mutex
	number      int
	invalidated []string
}

func (s *renewable) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("token-%d", s.number), nil
}

func (s *renewable) InvalidateToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invalidated = append(s.invalidated, token)
	s.number++
}

// authorizations returns the credentials that a service received.
func authorizations(s *service) []string {
	var all []string
	for _, request := range s.received() {
		all = append(all, request.header.Get("Authorization"))
	}
	return all
}

func TestTokenSources_AuthorizeCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		options []sdk.Option
		call    []sdk.CallOption
		want    string
	}{
		{"none", nil, nil, ""},
		{"static", []sdk.Option{sdk.WithTokenSource(sdk.StaticToken("a"))}, nil, "Bearer a"},
		{
			"function",
			[]sdk.Option{sdk.WithTokenSource(sdk.TokenFunc(func(context.Context) (string, error) { return "b", nil }))},
			nil,
			"Bearer b",
		},
		{"of the call only", nil, []sdk.CallOption{sdk.WithToken("c")}, "Bearer c"},
		{
			"the call's replaces the client's",
			[]sdk.Option{sdk.WithTokenSource(sdk.StaticToken("a"))},
			[]sdk.CallOption{sdk.WithToken("c")},
			"Bearer c",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			if _, err := s.client(t, tt.options...).GetTask(t.Context(), "x", tt.call...); err != nil {
				t.Fatal(err)
			}
			if got := authorizations(s); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("sent %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStaticTokenIsNotPrinted(t *testing.T) {
	t.Parallel()
	token := sdk.StaticToken("hunter2")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, token); strings.Contains(got, "hunter2") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestTokenWithInvalidCharactersIsNotSent(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "hunter2 hunter2", "hunter2\r\nX-Evil: 1", "hunter2ü"} {
		t.Run(fmt.Sprintf("%q", token), func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			client := s.client(t, sdk.WithTokenSource(sdk.StaticToken("of-somebody-else")))
			_, err := client.GetTask(t.Context(), "x", sdk.WithToken(token))
			if failure := asError(t, err); strings.Contains(failure.Error(), "hunter2") || failure.Attempts != 0 {
				t.Errorf("got %v", failure)
			}
			if got := authorizations(s); len(got) != 0 {
				t.Errorf("sent %q", got)
			}
		})
	}
}

func TestErrorOfTheTokenSourceIsWrapped(t *testing.T) {
	t.Parallel()
	s := serve(t, respondTask(fullTask()))
	cause := errors.New("the auth server is down")
	client := s.client(t, sdk.WithTokenSource(sdk.TokenFunc(func(context.Context) (string, error) { return "", cause })))
	_, err := client.DeleteTask(t.Context(), "x")
	want := "tasklane: deleteTask: the request was not sent: token source: the auth server is down"
	if failure := asError(t, err); !errors.Is(err, cause) || failure.MaybeApplied || failure.Error() != want {
		t.Errorf("got %+v, want the text %s", failure, want)
	}
	if got := len(s.received()); got != 0 {
		t.Errorf("sent %d requests", got)
	}
}

func TestRejectedToken(t *testing.T) {
	t.Parallel()
	reject := respondProblem(taskapi.CodeTokenExpired)
	noRetry := sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1})

	t.Run("is renewed, and the request sent once more", func(t *testing.T) {
		t.Parallel()
		source := &renewable{}
		s := serve(t, reject, respondTask(fullTask()))
		var delays []time.Duration
		client := s.client(t, noRetry, sdk.WithTokenSource(source), sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) {
			return func(outcome sdk.Outcome) { delays = append(delays, outcome.Delay) }
		}))
		// A POST, and without retries: neither affects the renewal.
		task, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water"})
		if err != nil || task.ID != fullTask().ID {
			t.Errorf("got %+v, %v", task, err)
		}
		if !slices.Equal(delays, []time.Duration{0, 0}) {
			t.Errorf("the client waited for %v", delays)
		}
		if got := authorizations(s); !slices.Equal(got, []string{"Bearer token-0", "Bearer token-1"}) {
			t.Errorf("sent %q", got)
		}
		if requests := s.received(); requests[0].body != requests[1].body ||
			requests[0].header.Get("Idempotency-Key") != requests[1].header.Get("Idempotency-Key") {
			t.Errorf("the attempts differ: %+v", requests)
		}
		if !slices.Equal(source.invalidated, []string{"token-0"}) {
			t.Errorf("the invalidated tokens are %q", source.invalidated)
		}
	})
	t.Run("is renewed once", func(t *testing.T) {
		t.Parallel()
		s := serve(t, reject)
		_, err := s.client(t, sdk.WithTokenSource(&renewable{})).GetTask(t.Context(), "x")
		if failure := asError(t, err); !errors.Is(err, sdk.ErrTokenExpired) || failure.Attempts != 2 {
			t.Errorf("got %v after %d attempts", failure, failure.Attempts)
		}
		if got := len(s.received()); got != 2 {
			t.Errorf("sent %d requests, want 2", got)
		}
	})
	t.Run("is not renewed if its source cannot renew it", func(t *testing.T) {
		t.Parallel()
		for name, call := range map[string]struct {
			source sdk.TokenSource
			option []sdk.CallOption
		}{
			"static":      {source: sdk.StaticToken("a")},
			"of the call": {source: &renewable{}, option: []sdk.CallOption{sdk.WithToken("a")}},
			"none":        {},
		} {
			s := serve(t, reject)
			_, err := s.client(t, sdk.WithTokenSource(call.source)).GetTask(t.Context(), "x", call.option...)
			if !errors.Is(err, sdk.ErrTokenExpired) || len(s.received()) != 1 {
				t.Errorf("%s: got %v after %d requests", name, err, len(s.received()))
			}
			if source, ok := call.source.(*renewable); ok && source.invalidated != nil {
				t.Errorf("%s: the source was told to invalidate %q, a token of the call", name, source.invalidated)
			}
		}
	})
	t.Run("of a function is renewed if the function returns another one", func(t *testing.T) {
		t.Parallel()
		var rotated atomic.Bool
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer old" {
				rotated.Store(true)
				reject(w, r)
				return
			}
			respondTask(fullTask())(w, r)
		})
		source := sdk.TokenFunc(func(context.Context) (string, error) {
			if rotated.Load() {
				return "new", nil
			}
			return "old", nil
		})
		if _, err := s.client(t, sdk.WithTokenSource(source)).GetTask(t.Context(), "x"); err != nil {
			t.Error(err)
		}
	})
	t.Run("is not the error if the source fails", func(t *testing.T) {
		t.Parallel()
		cause := errors.New("the auth server is down")
		calls := 0
		source := sdk.TokenFunc(func(context.Context) (string, error) {
			if calls++; calls > 1 {
				return "", cause
			}
			return "old", nil
		})
		s := serve(t, reject)
		_, err := s.client(t, sdk.WithTokenSource(source)).GetTask(t.Context(), "x")
		if !errors.Is(err, cause) || errors.Is(err, sdk.ErrTokenExpired) || len(s.received()) != 1 {
			t.Errorf("got %v after %d requests", err, len(s.received()))
		}
	})
}
