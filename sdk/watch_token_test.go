package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestWatch_TokenSource(t *testing.T) {
	t.Parallel()
	oneChange := func(_ int, w io.Writer) { _, _ = io.WriteString(w, changeEvent(1)) }
	t.Run("retries while the source is unavailable", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			source := sdk.TokenFunc(func(context.Context) (string, error) {
				if calls++; calls < 10 {
					return "", fmt.Errorf("token: %w", sdk.ErrAuthUnavailable)
				}
				return "token", nil
			})
			s := &streams{write: oneChange}
			got, err := s.watched(t, t.Context(), 1, sdk.WithTokenSource(source))
			if err != nil || len(got) != 1 || len(s.queries) != 1 {
				t.Errorf("got %d, %v", got, err)
			}
		})
	})
	t.Run("waits while sign-ins are limited", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start, calls := time.Now(), 0
			source := sdk.TokenFunc(func(context.Context) (string, error) {
				if calls++; calls == 1 {
					return "", fmt.Errorf("token: %w", &sdk.Error{Code: taskapi.CodeRateLimited, RetryAfter: time.Minute})
				}
				return "token", nil
			})
			s := &streams{write: oneChange}
			got, err := s.watched(t, t.Context(), 1, sdk.WithTokenSource(source))
			if waited := time.Since(start); err != nil || len(got) != 1 || waited < time.Minute {
				t.Errorf("got %d, %v after %v, want a change after the Retry-After of a minute", got, err, waited)
			}
		})
	})
	t.Run("ends at other errors of the source", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			cause := errors.New("wrong password")
			source := sdk.TokenFunc(func(context.Context) (string, error) { return "", cause })
			s := &streams{write: oneChange}
			if _, err := s.watched(t, t.Context(), 1, sdk.WithTokenSource(source)); !errors.Is(err, cause) || len(s.queries) != 0 {
				t.Errorf("got %v after %d connections", err, len(s.queries))
			}
		})
	})
	t.Run("invalidates an expired token", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			source := &renewable{}
			s := &streams{write: func(connection int, w io.Writer) {
				if connection == 1 {
					_, _ = io.WriteString(w, "event: expired\ndata: {}\n\n")
					return
				}
				_, _ = io.WriteString(w, changeEvent(1))
			}}
			got, err := s.watched(t, t.Context(), 1, sdk.WithTokenSource(source))
			if err != nil || len(got) != 1 || !slices.Equal(source.invalidated, []string{"token-0"}) {
				t.Errorf("got %d, %v; %q was invalidated", got, err, source.invalidated)
			}
		})
	})
	t.Run("replaces a rejected token once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			source := &renewable{}
			s := &streams{write: oneChange, reject: func(connection int) *http.Response {
				return problemResponse(taskapi.CodeTokenExpired)
			}}
			_, err := s.watched(t, t.Context(), 1, sdk.WithTokenSource(source))
			if !errors.Is(err, sdk.ErrTokenExpired) || len(s.queries) != 2 || s.connectedAt[1] != 0 {
				t.Errorf("got %v after connections at %v", err, s.connectedAt)
			}
		})
	})
}

func TestWatch_ReplacesATokenThatExpiresInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &renewable{}
		s := &streams{
			write: func(_ int, w io.Writer) { _, _ = io.WriteString(w, changeEvent(1)) },
			reject: func(connection int) *http.Response {
				switch connection {
				case 1, 3:
					return problemResponse(taskapi.CodeTokenExpired)
				case 2:
					return problemResponse(taskapi.CodeUnavailable)
				}
				return nil
			},
		}
		got, err := s.watched(t, t.Context(), 1, sdk.WithTokenSource(source))
		if want := []string{"token-0", "token-1"}; err != nil || len(got) != 1 || !slices.Equal(source.invalidated, want) {
			t.Errorf("got %d, %v; %q was invalidated, want %q", got, err, source.invalidated, want)
		}
	})
}

// renewingSource issues tokens with a lifetime of one hour, and returns the same token
// until it is invalidated.
type renewingSource struct {
	server  *sdktest.Server
	mu      sync.Mutex
	current string
	dropped atomic.Int64
}

func (s *renewingSource) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == "" {
		s.current = s.server.Token("alice")
	}
	return s.current, nil
}

func (s *renewingSource) InvalidateToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == token {
		s.current = ""
		s.dropped.Add(1)
	}
}

func TestOnConnect_ReportsConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &streams{
			write: func(connection int, w io.Writer) { _, _ = io.WriteString(w, changeEvent(connection)) },
			reject: func(connection int) *http.Response {
				switch connection {
				case 1:
					return problemResponse(taskapi.CodeUnavailable)
				case 3:
					return problemResponse(taskapi.CodeUnauthenticated) // the token is renewed, which is not reported
				}
				return nil
			},
		}
		client := newClient(t, "http://tasks", sdk.WithHTTPClient(&http.Client{Transport: s}))
		var reports []string
		enough := errors.New("enough")
		var last error
		for _, err := range client.Watch(t.Context(), 0, sdk.WithTokens(&renewable{}), sdk.OnConnect(func(err error) error {
			var failure *sdk.Error
			switch {
			case err == nil:
				reports = append(reports, "connected")
			case errors.As(err, &failure):
				reports = append(reports, fmt.Sprint(failure.Status))
			}
			if len(reports) == 5 {
				return enough
			}
			return nil
		})) {
			last = err
		}
		// The second and the fourth connection succeed and break.
		if want := []string{"503", "connected", "0", "connected", "0"}; !slices.Equal(reports, want) {
			t.Errorf("got the reports %q, want %q", reports, want)
		}
		if failure := asError(t, last); !errors.Is(failure, enough) || failure.Operation != "watchChanges" || failure.Attempts != 4 {
			t.Errorf("ended with %+v, want %v", failure, enough)
		}
	})
}

func TestOnConnect_CanEndTheWatch(t *testing.T) {
	t.Parallel()
	s := &streams{reject: func(int) *http.Response { return problemResponse(taskapi.CodeUnavailable, "Retry-After", "7") }}
	client := newClient(t, "http://tasks", sdk.WithHTTPClient(&http.Client{Transport: s}))
	for _, err := range client.Watch(t.Context(), 0, sdk.OnConnect(func(err error) error { return err })) {
		if failure := asError(t, err); !errors.Is(failure, sdk.ErrUnavailable) || failure.RetryAfter != 7*time.Second || failure.Attempts != 1 {
			t.Errorf("ended with %+v", failure)
		}
	}
	enough := errors.New("enough")
	for _, err := range client.Watch(t.Context(), 0, sdk.OnConnect(func(err error) error { return fmt.Errorf("%w: %w", enough, err) })) {
		if failure := asError(t, err); !errors.Is(failure, sdk.ErrUnavailable) || !errors.Is(failure, enough) || failure.Operation != "watchChanges" {
			t.Errorf("with its own error: ended with %+v", failure)
		}
	}
	unavailable := sdk.TokenFunc(func(context.Context) (string, error) { return "", sdk.ErrAuthUnavailable })
	for _, err := range client.Watch(t.Context(), 0, sdk.WithTokens(unavailable), sdk.OnConnect(func(err error) error { return err })) {
		if failure := asError(t, err); !errors.Is(failure, sdk.ErrAuthUnavailable) || failure.Attempts != 0 {
			t.Errorf("without a token: ended with %+v", failure)
		}
	}
}
