package sdk_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// hangUp reads the request and closes the connection without a response.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.Close()
}

// cutShort closes the connection in the middle of a response.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Header().Set("X-Request-Id", "the-request")
	_, _ = io.WriteString(w, `{"success":true,"data":{"id":"x"`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// quickly makes the delays between attempts negligible.
var quickly = sdk.WithRetry(sdk.RetryPolicy{BaseDelay: 1, MaxDelay: 1})

func TestBrokenConnectionIsRetried(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *sdk.Client) (taskapi.Task, error){
		"getTask": func(ctx context.Context, c *sdk.Client) (taskapi.Task, error) {
			return c.GetTask(ctx, "x")
		},
		"createTask": func(ctx context.Context, c *sdk.Client) (taskapi.Task, error) {
			return c.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Water"})
		},
		"replaceTask": func(ctx context.Context, c *sdk.Client) (taskapi.Task, error) {
			return c.ReplaceTask(ctx, "x", taskapi.ReplaceTaskRequest{Title: "Water"})
		},
		"updateTask": func(ctx context.Context, c *sdk.Client) (taskapi.Task, error) {
			return c.UpdateTask(ctx, "x", taskapi.UpdateTaskRequest{Title: taskapi.Some("Water")})
		},
		"deleteTask": func(ctx context.Context, c *sdk.Client) (taskapi.Task, error) {
			return c.DeleteTask(ctx, "x")
		},
		"restoreTask": func(ctx context.Context, c *sdk.Client) (taskapi.Task, error) {
			return c.RestoreTask(ctx, "x")
		},
	} {
		for fault, broken := range map[string]http.HandlerFunc{"no response": hangUp, "truncated response": cutShort} {
			t.Run(name+", "+fault, func(t *testing.T) {
				t.Parallel()
				s := serve(t, respondTask(fullTask()), broken, respondTask(fullTask()))
				client := s.client(t, quickly)
				// The second call reuses the connection of the first: only on a
				// reused connection would net/http itself retry.
				if _, err := client.GetTask(t.Context(), "x"); err != nil {
					t.Fatal(err)
				}
				task, err := call(t.Context(), client)
				if err != nil || !reflect.DeepEqual(task, fullTask()) {
					t.Errorf("got %+v, %v", task, err)
				}
				requests := s.received()[1:]
				if len(requests) != 2 {
					t.Fatalf("the service got %d requests, want 2", len(requests))
				}
				if !reflect.DeepEqual(requests[0], requests[1]) {
					t.Errorf("the attempts differ:\n%+v\n%+v", requests[0], requests[1])
				}
			})
		}
	}
}

func TestMaybeApplied_AfterLostResponses(t *testing.T) {
	t.Parallel()
	s := serve(t, hangUp)
	_, err := s.client(t, quickly).CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Water"})
	if failure := asError(t, err); failure.Status != 0 || failure.Attempts != 4 || !failure.MaybeApplied {
		t.Errorf("got %+v", failure)
	}
}

func TestTruncatedResponse_KeepsRequestID(t *testing.T) {
	t.Parallel()
	s := serve(t, cutShort)
	var response sdk.Response
	_, err := s.client(t, quickly).GetTask(t.Context(), "x", sdk.WithResponse(&response))
	failure := asError(t, err)
	if !errors.Is(err, io.ErrUnexpectedEOF) || failure.RequestID != "the-request" || failure.Status != 0 || failure.Attempts != 4 {
		t.Errorf("got %+v", failure)
	}
	if response.Status != 0 || response.Header.Get("X-Request-Id") != "the-request" || response.Attempts != 4 {
		t.Errorf("got the response %+v", response)
	}
}

// cutProblem closes the connection in the middle of an error response.
func cutProblem(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"success":false,"code":"vers`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func TestTruncatedError_IsRetried(t *testing.T) {
	t.Parallel()
	s := serve(t, cutProblem(http.StatusPreconditionFailed), respondProblem(taskapi.CodeVersionConflict))
	_, err := s.client(t, quickly).DeleteTask(t.Context(), "x", sdk.IfMatch(1))
	if failure := asError(t, err); !errors.Is(err, sdk.ErrVersionConflict) || failure.Attempts != 2 || failure.MaybeApplied {
		t.Errorf("got %+v", failure)
	}
	t.Run("keeps its status after the last attempt", func(t *testing.T) {
		t.Parallel()
		s := serve(t, cutProblem(http.StatusTooManyRequests, "Retry-After", "40", "X-Request-Id", "the-request"))
		_, err := s.client(t).DeleteTask(t.Context(), "x")
		failure := asError(t, err)
		if failure.Status != 429 || failure.RetryAfter != 40*time.Second || failure.RequestID != "the-request" || failure.Attempts != 1 {
			t.Errorf("got %+v", failure)
		}
		if failure.Code != "" || failure.MaybeApplied || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %+v", failure)
		}
	})
}

func TestEveryWriteHasItsOwnKey(t *testing.T) {
	t.Parallel()
	s := serve(t, respondTask(fullTask()))
	client := s.client(t)
	for range 3 {
		if _, err := client.DeleteTask(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, request := range s.received() {
		key := request.header.Get("Idempotency-Key")
		if len(key) < 20 || seen[key] {
			t.Errorf("the key %q is short or repeated", key)
		}
		seen[key] = true
	}
}

func TestRetriedWrite_MayConflictWithItself(t *testing.T) {
	t.Parallel()
	s := serve(t, hangUp, respondProblem(taskapi.CodeTaskNotFound))
	_, err := s.client(t, quickly).DeleteTask(t.Context(), "x")
	if failure := asError(t, err); !errors.Is(err, sdk.ErrTaskNotFound) || failure.Attempts != 2 || !failure.MaybeApplied {
		t.Errorf("got %+v", failure)
	}
}

func TestDelaysBetweenAttempts(t *testing.T) {
	t.Parallel()
	// attempts returns the times of a call's attempts and of its end, since its start.
	attempts := func(ctx context.Context, t *testing.T, policy sdk.RetryPolicy, responses ...http.HandlerFunc) ([]time.Duration, error) {
		t.Helper()
		start := time.Now()
		var times []time.Duration
		client := newClient(t, "http://tasks", sdk.WithRetry(policy), inMemory(func(w http.ResponseWriter, r *http.Request) {
			times = append(times, time.Since(start))
			responses[min(len(times), len(responses))-1](w, r)
		}))
		_, err := client.GetTask(ctx, "x")
		times = append(times, time.Since(start))
		return times, err
	}
	unavailable := func(header ...string) http.HandlerFunc {
		return respondProblem(taskapi.CodeUnavailable, header...)
	}
	tiny := sdk.RetryPolicy{BaseDelay: 1, MaxDelay: 1}

	t.Run("grow within their bounds", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			times, err := attempts(t.Context(), t, sdk.RetryPolicy{MaxAttempts: 5, BaseDelay: time.Second, MaxDelay: 3 * time.Second}, unavailable())
			if !errors.Is(err, sdk.ErrUnavailable) || len(times) != 6 {
				t.Fatalf("got attempts at %v, %v", times, err)
			}
			bounds := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}
			for i, bound := range bounds {
				if wait := times[i+1] - times[i]; wait >= bound {
					t.Errorf("the delay after attempt %d is %v, want less than %v", i+1, wait, bound)
				}
			}
			if times[5] != times[4] {
				t.Errorf("the call ended %v after its last attempt", times[5]-times[4])
			}
			if times[4] == 0 {
				t.Error("there was no delay")
			}
		})
	})
	t.Run("honor Retry-After", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			times, err := attempts(t.Context(), t, tiny,
				unavailable("Retry-After", "2"),
				unavailable("Retry-After", time.Now().Add(5*time.Second).UTC().Format(http.TimeFormat)),
				respondTask(fullTask()))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []time.Duration{0, 2 * time.Second, 5 * time.Second, 5 * time.Second} {
				if got := times[i].Truncate(time.Second); got != want {
					t.Errorf("attempt %d came at %v, want %v", i+1, got, want)
				}
			}
		})
	})
	t.Run("end at a Retry-After that is too long", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			times, err := attempts(t.Context(), t, tiny, unavailable("Retry-After", "31"))
			failure := asError(t, err)
			if failure.RetryAfter != 31*time.Second || failure.Attempts != 1 || times[1] != 0 {
				t.Errorf("got %+v at %v", failure, times)
			}
		})
	})
	t.Run("end before the deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			times, err := attempts(ctx, t, tiny, unavailable("Retry-After", "4"))
			failure := asError(t, err)
			if !errors.Is(err, sdk.ErrUnavailable) || failure.Attempts != 3 || times[3].Truncate(time.Second) != 8*time.Second {
				t.Errorf("got %+v at %v", failure, times)
			}
		})
	})
	t.Run("end with the context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(3*time.Second, cancel)
			times, err := attempts(ctx, t, tiny, unavailable("Retry-After", "10"))
			if !errors.Is(err, context.Canceled) || !errors.Is(err, sdk.ErrUnavailable) || times[1] != 3*time.Second {
				t.Errorf("got %v at %v", err, times)
			}
		})
	})
}

func TestAttempts_SendTheTimeLeft(t *testing.T) {
	t.Parallel()
	sent := func(ctx context.Context, t *testing.T) []string {
		t.Helper()
		var timeouts []string
		client := newClient(t, "http://tasks",
			sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 3, BaseDelay: 1, MaxDelay: 1}),
			sdk.WithHook(func(_ context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
				attempt.Header.Set("X-Request-Timeout", "1000")
				return nil
			}),
			inMemory(func(w http.ResponseWriter, r *http.Request) {
				timeouts = append(timeouts, r.Header.Get("X-Request-Timeout"))
				respondProblem(taskapi.CodeUnavailable, "Retry-After", "2")(w, r)
			}))
		_, err := client.GetTask(ctx, "x")
		_ = asError(t, err)
		return timeouts
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 7400*time.Millisecond)
		defer cancel()
		got := sent(ctx, t)
		for i, want := range []float64{7.4, 5.4, 3.4} {
			if seconds, err := strconv.ParseFloat(got[i], 64); err != nil || math.Abs(seconds-want) > 0.001 {
				t.Errorf("attempt %d says %q, want %v", i+1, got[i], want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if got := sent(t.Context(), t); !slices.Equal(got, []string{"", "", ""}) {
			t.Errorf("without a deadline, the attempts say %q", got)
		}
	})
}

func TestCanceledAttemptIsNotRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var outcomes []sdk.Outcome
		client := newClient(t, "http://tasks",
			sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) {
				return func(outcome sdk.Outcome) { outcomes = append(outcomes, outcome) }
			}),
			inMemory(func(w http.ResponseWriter, r *http.Request) {
				cancel()
				respondProblem(taskapi.CodeUnavailable)(w, r)
			}))
		_, err := client.GetTask(ctx, "x")
		if !errors.Is(err, sdk.ErrUnavailable) || len(outcomes) != 1 || outcomes[0].WillRetry {
			t.Errorf("got %v after the attempts %+v", err, outcomes)
		}
	})
}

func TestAttempt_TimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		blackHole := roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		client := newClient(t, "http://tasks",
			sdk.WithHTTPClient(&http.Client{Transport: blackHole, Timeout: time.Minute}),
			sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 2, BaseDelay: 1, MaxDelay: 1}))
		_, err := client.GetTask(t.Context(), "x")
		failure := asError(t, err)
		if took := time.Since(start).Truncate(time.Second); took != 2*time.Minute || failure.Attempts != 2 {
			t.Errorf("got %+v after %v", failure, took)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is not a timeout", err)
		}
	})
}

func TestOutageAddsATenthToTheLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		client := newClient(t, "http://tasks", inMemory(func(w http.ResponseWriter, r *http.Request) {
			sent.Add(1)
			respondProblem(taskapi.CodeUnavailable)(w, r)
		}))
		const workers, each = 10, 50
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range each {
					if _, err := client.GetTask(t.Context(), "x"); !errors.Is(err, sdk.ErrUnavailable) {
						t.Errorf("got %v", err)
					}
				}
			})
		}
		all.Wait()
		const calls = workers * each
		if got, most := sent.Load(), int64(calls+calls/10+10); got > most || got < most-10 {
			t.Errorf("%d calls sent %d requests, want up to %d", calls, got, most)
		}
	})
}

func TestHooks_SeeEveryAttemptAndCannotReplaceHeaders(t *testing.T) {
	t.Parallel()
	type event struct {
		hook    string
		attempt sdk.Attempt
		outcome *sdk.Outcome // nil before the attempt
	}
	var events []event
	hook := func(name string) sdk.Option {
		return sdk.WithHook(func(_ context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
			header := attempt.Header
			attempt.Header = nil
			events = append(events, event{name, attempt, nil})
			header.Set("X-"+name, "set")
			header.Set("Authorization", "by a hook")
			header.Set("Idempotency-Key", "by a hook")
			return func(outcome sdk.Outcome) {
				if header.Get("Authorization") != "by a hook" {
					t.Errorf("the hook can see %q", header.Get("Authorization"))
				}
				events = append(events, event{name, attempt, &outcome})
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		var requests []http.Header
		client := newClient(t, "http://tasks/below",
			sdk.WithTokenSource(sdk.StaticToken("the-token")),
			hook("Outer"),
			hook("Inner"),
			sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) { return nil }),
			sdk.WithRetry(sdk.RetryPolicy{BaseDelay: 1, MaxDelay: 1}),
			inMemory(func(w http.ResponseWriter, r *http.Request) {
				requests = append(requests, r.Header)
				<-time.After(3 * time.Second)
				w.Header().Set("X-Request-Id", "the-request")
				if len(requests) == 1 {
					respondProblem(taskapi.CodeUnavailable, "Retry-After", "2")(w, r)
					return
				}
				respondTask(fullTask())(w, r)
			}))
		if _, err := client.DeleteTask(t.Context(), "x", sdk.WithIdempotencyKey("the-key")); err != nil {
			t.Fatal(err)
		}

		for _, header := range requests {
			for name, want := range map[string]string{
				"X-Outer":         "set",
				"X-Inner":         "set",
				"Authorization":   "Bearer the-token",
				"Idempotency-Key": "",
				"idempotency-key": "the-key",
			} {
				if got := header[name]; len(got) > 1 || want != "" && !slices.Equal(got, []string{want}) || want == "" && got != nil {
					t.Errorf("sent %s %q, want %q", name, got, want)
				}
			}
		}
		attempt := func(number int) sdk.Attempt {
			return sdk.Attempt{Operation: "deleteTask", Method: "DELETE", Path: "/api/tasks/x", Number: number}
		}
		failed := &sdk.Outcome{
			Status:    503,
			RequestID: "the-request",
			Duration:  3 * time.Second,
			Err: &sdk.Error{
				Operation:  "deleteTask",
				Status:     503,
				Code:       taskapi.CodeUnavailable,
				Message:    "It failed.",
				RequestID:  "the-request",
				RetryAfter: 2 * time.Second,
				Attempts:   1,
				// The service may have lost its database in a commit.
				MaybeApplied: true,
			},
			WillRetry: true,
			Delay:     2 * time.Second,
		}
		succeeded := &sdk.Outcome{Status: 200, RequestID: "the-request", Duration: 3 * time.Second}
		want := []event{
			{"Outer", attempt(1), nil},
			{"Inner", attempt(1), nil},
			{"Inner", attempt(1), failed},
			{"Outer", attempt(1), failed},
			{"Outer", attempt(2), nil},
			{"Inner", attempt(2), nil},
			{"Inner", attempt(2), succeeded},
			{"Outer", attempt(2), succeeded},
		}
		if !reflect.DeepEqual(events, want) {
			t.Errorf("got the events\n%+v, want\n%+v", events, want)
		}
	})
}
