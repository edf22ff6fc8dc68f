package sdktest

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	s := start(100 * time.Millisecond)
	t.Cleanup(s.Close)
	Conformance(t, Target{
		URL:       s.URL,
		Token:     func(_ testing.TB, user string, life time.Duration) string { return s.TokenFor(user, life) },
		Heartbeat: 100 * time.Millisecond,
	})
}

// newClient returns a client without retries.
func newClient(t *testing.T, s *Server) *sdk.Client {
	t.Helper()
	return s.Client(t, "alice", sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1}))
}

func create(t *testing.T, client *sdk.Client, opts ...sdk.CallOption) taskapi.Task {
	t.Helper()
	task, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water"}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestFaults_ApplyToMatchingRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fault   Fault
		want    func(*sdk.Error) bool
		applied bool
	}{
		{"code", Fault{Code: taskapi.CodeOverloaded, RetryAfter: 1500 * time.Millisecond}, func(e *sdk.Error) bool {
			return errors.Is(e, sdk.ErrOverloaded) && e.RetryAfter == 2*time.Second && !e.MaybeApplied
		}, false},
		{"cut before", Fault{Cut: CutBefore}, func(e *sdk.Error) bool { return e.Status == 0 && e.MaybeApplied }, false},
		{"cut response", Fault{Cut: CutResponse}, func(e *sdk.Error) bool { return e.Status == 0 && e.MaybeApplied }, true},
		{"cut halfway", Fault{Cut: CutHalfway}, func(e *sdk.Error) bool {
			return errors.Is(e, io.ErrUnexpectedEOF) && e.RequestID != "" && e.MaybeApplied
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(t)
			client := newClient(t, s)
			tt.fault.Operation, tt.fault.Times = "createTask", 1
			s.Inject(tt.fault)
			if _, err := client.ListTasks(t.Context(), taskapi.ListTasksOptions{}); err != nil {
				t.Errorf("another operation failed: %v", err)
			}
			_, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water"})
			var failure *sdk.Error
			if !errors.As(err, &failure) || !tt.want(failure) {
				t.Errorf("got %+v", failure)
			}
			create(t, client) // the fault was for one request
			page, err := client.ListTasks(t.Context(), taskapi.ListTasksOptions{})
			if err != nil || (len(page.Tasks) == 2) != tt.applied {
				t.Errorf("got %d tasks, %v", len(page.Tasks), err)
			}
			if got := s.Requests("createTask"); got != 2 {
				t.Errorf("%d requests were counted", got)
			}
		})
	}
}

func TestLostResponsesAreReplayed(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	client := s.Client(t, "alice", sdk.WithRetry(sdk.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	for _, cut := range []Cut{CutBefore, CutResponse, CutHalfway} {
		s.Inject(Fault{Operation: "createTask", Times: 1, Cut: cut})
	}
	var response sdk.Response
	create(t, client, sdk.WithResponse(&response))
	if response.Attempts != 4 || response.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %+v", response)
	}
	page, err := client.ListTasks(t.Context(), taskapi.ListTasksOptions{})
	if err != nil || len(page.Tasks) != 1 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestFaultWaitsAndIsRemoved(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	client := newClient(t, s)
	remove := s.Inject(Fault{Latency: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.GetTask(ctx, missing); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	remove()
	create(t, client)
}

func TestClock(t *testing.T) {
	t.Parallel()
	t.Run("sets the times of tasks", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		s.Advance(1000 * time.Hour)
		task := create(t, newClient(t, s))
		if ahead := time.Until(task.CreatedAt); ahead < 999*time.Hour || s.Now().Before(task.CreatedAt) {
			t.Errorf("the task was created %v ahead", ahead)
		}
	})
	t.Run("expires tokens", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		client := newClient(t, s)
		token := sdk.WithToken(s.Token("alice"))
		create(t, client, token)
		s.Advance(time.Hour)
		if _, err := client.GetTask(t.Context(), missing, token); !errors.Is(err, sdk.ErrTokenExpired) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("ends streams", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		create(t, newClient(t, s))
		client := newClient(t, s)
		for _, err := range client.Watch(t.Context(), 0, sdk.WithToken(s.Token("alice"))) {
			if err == nil {
				s.Advance(2 * time.Hour)
				continue
			}
			if !errors.Is(err, sdk.ErrTokenExpired) {
				t.Errorf("got %v", err)
			}
		}
		if got := s.Requests("watchChanges"); got != 2 {
			t.Errorf("it took %d connections, want 2", got)
		}
	})
	t.Run("frees idempotency keys after a day", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		client := newClient(t, s)
		first := create(t, client, sdk.WithIdempotencyKey("key"))
		s.Advance(24*time.Hour - time.Minute)
		if again := create(t, client, sdk.WithIdempotencyKey("key")); again.ID != first.ID {
			t.Error("the key expired within a day")
		}
		s.Advance(time.Minute)
		if again := create(t, client, sdk.WithIdempotencyKey("key")); again.ID == first.ID {
			t.Error("the key was stored for longer than a day")
		}
	})
	t.Run("empties the trash, and later removes the tombstones", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		client := newClient(t, s)
		task := create(t, client)
		if _, err := client.DeleteTask(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
		s.Advance(retention)
		page, err := client.ListChanges(t.Context(), taskapi.ListChangesOptions{After: 1})
		if err != nil || len(page.Changes) != 1 || !page.Changes[0].Erased() {
			t.Errorf("got %+v, %v", page, err)
		}
		s.Advance(retention)
		for cursor, want := range map[string]error{"": nil, "1": sdk.ErrCursorExpired, page.Meta.NextCursor: nil} {
			if _, err := client.ListChanges(t.Context(), taskapi.ListChangesOptions{Cursor: cursor}); !errors.Is(err, want) {
				t.Errorf("after %q: got %v, want %v", cursor, err, want)
			}
		}
	})
	t.Run("keeps cursors from the beginning valid", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		client := newClient(t, s)
		for range 5 {
			create(t, client)
		}
		if _, err := client.EraseTask(t.Context(), create(t, client).ID); err != nil {
			t.Fatal(err)
		}
		s.Advance(retention)
		for limit := 1; limit <= 5; limit++ {
			var got []int64
			for change, err := range client.Changes(t.Context(), taskapi.ListChangesOptions{Limit: limit}) {
				if err != nil {
					t.Fatalf("by pages of %d: %v", limit, err)
				}
				got = append(got, change.Seq)
			}
			if !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
				t.Errorf("by pages of %d: got %v", limit, got)
			}
		}
		var got []int64
		for change, err := range client.Watch(t.Context(), 0) {
			if err != nil {
				t.Fatalf("after %v: %v", got, err)
			}
			if got = append(got, change.Seq); change.Seq == 8 {
				break
			}
			if change.Seq == 5 {
				create(t, client) // after one that was created and erased
			}
			s.CutStreams()
		}
		if !slices.Equal(got, []int64{1, 2, 3, 4, 5, 8}) {
			t.Errorf("Watch returned %v", got)
		}
	})
}

func TestClose_MayBeCalledTwice(t *testing.T) {
	t.Parallel()
	s := NewServer(t) // closes it when the test ends
	client := newClient(t, s)
	s.Close()
	if _, err := client.GetTask(t.Context(), missing); err == nil {
		t.Error("a closed server responded")
	}
}

func TestTokensOfAnotherServerAreRejected(t *testing.T) {
	t.Parallel()
	other := NewServer(t)
	_, err := newClient(t, NewServer(t)).GetTask(t.Context(), missing, sdk.WithToken(other.Token("alice")))
	if !errors.Is(err, sdk.ErrUnauthenticated) {
		t.Errorf("got %v", err)
	}
}

func TestServeHTTP_NeedsNoNetwork(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	request := httptest.NewRequestWithContext(t.Context(), "GET", "/api/tasks", nil)
	request.Header.Set("Authorization", "Bearer "+s.Token("alice"))
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	if recorder.Code != 200 {
		t.Errorf("got %d %s", recorder.Code, recorder.Body)
	}
}
