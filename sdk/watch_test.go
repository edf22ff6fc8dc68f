package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// changeEvent is the event of a change.
func changeEvent(seq int) string {
	return fmt.Sprintf("id: %[1]d\nevent: change\ndata: {\"seq\":%[1]d,\"kind\":\"task\",\"id\":\"x\",\"data\":null}\n\n", seq)
}

// streams is an in-memory service whose streams the test writes. It numbers connections
// from 1 and records their queries.
type streams struct {
	write   func(connection int, w io.Writer)
	reject  func(connection int) *http.Response // returns nil to start the stream
	queries []string
	resumed []string // Last-Event-ID

	start       time.Time // of the first connection
	connectedAt []time.Duration
}

func (s *streams) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.queries = append(s.queries, r.URL.RawQuery)
	s.resumed = append(s.resumed, r.Header.Get("Last-Event-ID"))
	s.connectedAt = append(s.connectedAt, time.Since(s.start))
	connection := len(s.queries)
	if s.reject != nil {
		if rejection := s.reject(connection); rejection != nil {
			return rejection, nil
		}
	}
	reader, writer := io.Pipe()
	ctx := r.Context()
	stop := context.AfterFunc(ctx, func() { _ = writer.CloseWithError(ctx.Err()) })
	go func() {
		defer stop()
		s.write(connection, writer)
		_ = writer.Close()
	}()
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: reader}, nil
}

// problemResponse is an error response.
func problemResponse(code taskapi.ErrorCode, header ...string) *http.Response {
	recorder := httptest.NewRecorder()
	respondProblem(code, header...)(recorder, nil)
	return recorder.Result()
}

// watched returns the numbers of the changes that a client receives until there are limit
// of them or an error occurs.
func (s *streams) watched(t *testing.T, ctx context.Context, limit int, opts ...sdk.Option) ([]int64, error) {
	t.Helper()
	client := newClient(t, "http://tasks", append(opts, sdk.WithHTTPClient(&http.Client{Transport: s, Timeout: time.Second}))...)
	var got []int64
	for change, err := range client.Watch(ctx, 0) {
		if err != nil {
			return got, err
		}
		if got = append(got, change.Seq); len(got) == limit {
			break
		}
	}
	return got, nil
}

func TestWatch_ResumesAfterReconnecting(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{
		"after a regular end":         "",
		"after a truncated event":     "id: 99\nevent: change\ndata: {\"seq\":99,",
		"after an unterminated event": strings.TrimSuffix(changeEvent(99), "\n"),
		"when the token expires":      "event: expired\ndata: {}\n\n" + changeEvent(99),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &streams{write: func(connection int, w io.Writer) {
					// Reading from 0 began at change 9.
					last := 3 * connection
					_, _ = io.WriteString(w, "event: ready\ndata: {\"seq\":0}\n\n:\n\n")
					// The last two changes of the previous connection are repeated.
					for seq := last - 4; seq <= last; seq++ {
						_, _ = io.WriteString(w, strings.Replace(changeEvent(max(seq, 1)), "\n", "-9\n", 1))
					}
					_, _ = io.WriteString(w, end)
				}}
				got, err := s.watched(t, t.Context(), 7)
				if want := []int64{1, 2, 3, 4, 5, 6, 7}; err != nil || !slices.Equal(got, want) {
					t.Errorf("got %d, %v, want %d", got, err, want)
				}
				if want := []string{"after=0", "after=3", "after=6"}; !slices.Equal(s.queries, want) {
					t.Errorf("sent %q, want %q", s.queries, want)
				}
				if want := []string{"", "3-9", "6-9"}; !slices.Equal(s.resumed, want) {
					t.Errorf("sent Last-Event-ID %q, want %q", s.resumed, want)
				}
			})
		})
	}
}

func TestWatch_YieldsUnknownKinds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const plan = "id: 2\nevent: change\ndata: {\"seq\":2,\"kind\":\"plan\",\"id\":\"p\",\"data\":{\"steps\":[1]}}\n\n"
		s := &streams{write: func(_ int, w io.Writer) {
			_, _ = io.WriteString(w, changeEvent(1)+"event: poem\ndata: no JSON\n\n"+plan+changeEvent(3))
		}}
		client := newClient(t, "http://tasks", sdk.WithHTTPClient(&http.Client{Transport: s}))
		var got []string
		for change, err := range client.Watch(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(change.Kind)+" "+string(change.Data))
			if change.Seq == 3 {
				break
			}
		}
		if want := []string{"task null", `plan {"steps":[1]}`, "task null"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWatch_ReconnectsAfterSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &streams{write: func(connection int, w io.Writer) {
			// Events come for longer than the HTTP client's timeout, then nothing.
			for range 4 {
				time.Sleep(40 * time.Second)
				_, _ = io.WriteString(w, ":\n\n")
			}
			_, _ = io.WriteString(w, changeEvent(connection))
			<-t.Context().Done()
		}}
		var outcomes []sdk.Outcome
		hook := sdk.WithHook(func(context.Context, sdk.Attempt) func(sdk.Outcome) {
			return func(outcome sdk.Outcome) { outcomes = append(outcomes, outcome) }
		})
		got, err := s.watched(t, t.Context(), 2, hook)
		if err != nil || len(got) != 2 {
			t.Fatalf("got %d, %v", got, err)
		}
		if lasted := outcomes[0].Duration.Truncate(time.Second); lasted != 205*time.Second {
			t.Errorf("the first connection lasted %v, want 160 s and 45 s of silence", lasted)
		}
		if outcomes[0].Err == nil || !outcomes[0].WillRetry || outcomes[0].Status != 200 || outcomes[1].Err != nil || outcomes[1].WillRetry {
			t.Errorf("the hook saw %+v", outcomes)
		}
	})
}

func TestWatch_WaitsForASlowLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &streams{write: func(_ int, w io.Writer) {
			for seq := range 3 {
				_, _ = io.WriteString(w, changeEvent(seq+1))
			}
			<-t.Context().Done()
		}}
		client := newClient(t, "http://tasks", sdk.WithHTTPClient(&http.Client{Transport: s}))
		for change, err := range client.Watch(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if change.Seq == 3 {
				break
			}
			time.Sleep(time.Hour)
		}
		if len(s.queries) != 1 {
			t.Errorf("it took %d connections, want 1", len(s.queries))
		}
	})
}

func TestWatch_RetriesTransientFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const failures = 40
		const longest = 30 * time.Second
		codes := []taskapi.ErrorCode{
			taskapi.CodeUnavailable, taskapi.CodeOverloaded, taskapi.CodeRateLimited,
			taskapi.CodeBadGateway, taskapi.CodeTimeout, taskapi.CodeInternal,
		}
		s := &streams{
			write: func(_ int, w io.Writer) { _, _ = io.WriteString(w, changeEvent(1)) },
			reject: func(connection int) *http.Response {
				switch {
				case connection == 1:
					return problemResponse(taskapi.CodeOverloaded, "Retry-After", "90")
				case connection <= failures:
					return problemResponse(codes[connection%len(codes)])
				}
				return nil
			},
		}
		got, err := s.watched(t, t.Context(), 1, sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1}))
		if err != nil || !slices.Equal(got, []int64{1}) || len(s.queries) != failures+1 {
			t.Fatalf("got %d, %v after %d connections", got, err, len(s.queries))
		}
		if s.connectedAt[1] < 90*time.Second {
			t.Errorf("it reconnected after %v, want the Retry-After of 90 s", s.connectedAt[1])
		}
		for i := 2; i < len(s.connectedAt); i++ {
			if wait := s.connectedAt[i] - s.connectedAt[i-1]; wait >= longest {
				t.Errorf("it waited %v after failure %d", wait, i)
			}
		}
		if total := s.connectedAt[failures] - s.connectedAt[1]; total < failures/4*longest {
			t.Errorf("%d connections were made within %v", failures, total)
		}
	})
}

func TestWatch_HonorsLongRetryAfter(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"9223372036", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			s := &streams{reject: func(int) *http.Response { return problemResponse(taskapi.CodeOverloaded, "Retry-After", retryAfter) }}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			policy := sdk.RetryPolicy{BaseDelay: time.Hour, MaxDelay: time.Hour}
			_, err := s.watched(t, ctx, 1, sdk.WithRetry(policy))
			if !errors.Is(err, context.DeadlineExceeded) || len(s.queries) != 1 {
				t.Errorf("after %q: got %v after %d connections", retryAfter, err, len(s.queries))
			}
		})
	}
}

func TestWatch_EndsAtPermanentErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		rejection *http.Response // nil for a stream
		stream    string
		want      func(*sdk.Error) bool
	}{
		{"cursor expired", problemResponse(taskapi.CodeCursorExpired), "", func(e *sdk.Error) bool {
			return errors.Is(e, sdk.ErrCursorExpired) && e.Status == 410
		}},
		{"no token", problemResponse(taskapi.CodeUnauthenticated), "", func(e *sdk.Error) bool {
			return errors.Is(e, sdk.ErrUnauthenticated)
		}},
		{"another path", problemResponse(taskapi.CodeNotFound), "", func(e *sdk.Error) bool {
			return errors.Is(e, sdk.ErrNotFound)
		}},
		{
			"not a stream", &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: http.NoBody}, "",
			func(e *sdk.Error) bool { return e.Status == 200 && e.Code == "" },
		},
		{"not JSON", nil, "event: change\ndata: hunter2\n\n", func(e *sdk.Error) bool {
			return !strings.Contains(e.Error(), "hunter2")
		}},
		{"no change", nil, "event: change\ndata: {}\n\n", func(e *sdk.Error) bool { return e.Status == 0 }},
		{"no data", nil, "event: change\ndata: {\"seq\":1,\"kind\":\"task\",\"id\":\"x\"}\n\n", func(e *sdk.Error) bool { return e.Status == 0 }},
		{"endless line", nil, "data: " + strings.Repeat("a", 2<<20), func(e *sdk.Error) bool {
			return strings.Contains(e.Message, "exceeds 1 MiB")
		}},
		{"endless event", nil, strings.Repeat("data: a\n", 1<<18), func(e *sdk.Error) bool {
			return strings.Contains(e.Message, "exceeds 1 MiB")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &streams{
					write:  func(_ int, w io.Writer) { _, _ = io.WriteString(w, tt.stream) },
					reject: func(int) *http.Response { return tt.rejection },
				}
				got, err := s.watched(t, t.Context(), 1)
				failure := asError(t, err)
				if len(got) != 0 || !tt.want(failure) || failure.Operation != "watchChanges" || failure.Attempts != 1 || failure.MaybeApplied {
					t.Errorf("got %d, %+v", got, failure)
				}
			})
		})
	}
}

func TestWatch_RetriesATruncatedError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &streams{reject: func(connection int) *http.Response {
			rejection := problemResponse(taskapi.CodeCursorExpired)
			if connection == 1 {
				rejection.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
			}
			return rejection
		}}
		if _, err := s.watched(t, t.Context(), 1); !errors.Is(err, sdk.ErrCursorExpired) || len(s.queries) != 2 {
			t.Errorf("got %v after %d connections", err, len(s.queries))
		}
	})
}

func TestWatch_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, s := range map[string]*streams{
			"in a stream":     {write: func(int, io.Writer) { <-t.Context().Done() }},
			"between streams": {reject: func(int) *http.Response { return problemResponse(taskapi.CodeUnavailable, "Retry-After", "60") }},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			start := time.Now()
			_, err := s.watched(t, ctx, 1)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
				t.Errorf("%s: got %v after %v", name, err, time.Since(start))
			}
			cancel()
		}
	})
}

func TestWatch_MissesNothingOnABadNetwork(t *testing.T) {
	t.Parallel()
	server := sdktest.NewServer(t)
	source := &renewingSource{server: server}
	client := server.Client(t, "alice", sdk.WithTokenSource(source), quickly)

	const writers, writes = 4, 25
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for i := range writes {
				task, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: strconv.Itoa(i)})
				if err == nil && i%2 == 0 {
					_, err = client.EraseTask(t.Context(), task.ID)
				}
				if err != nil {
					t.Error(err)
				}
				if i%5 == 0 {
					server.CutStreams()
				}
				if writer == 0 && i == writes/2 {
					server.Advance(2 * time.Hour) // all tokens expire
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		all.Wait()
		if _, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "last"}); err != nil {
			t.Error(err)
		}
	}()
	watched := make(map[string]taskapi.Task)
	last := int64(0)
	for change, err := range client.Watch(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if change.Seq <= last {
			t.Errorf("change %d comes after %d", change.Seq, last)
		}
		last = change.Seq
		if change.Erased() {
			delete(watched, change.ID)
			continue
		}
		task, err := change.Task()
		if err != nil {
			t.Fatal(err)
		}
		watched[change.ID] = task
		if task.Title == "last" {
			break
		}
	}
	<-done
	listed := make(map[string]taskapi.Task)
	for task, err := range client.Tasks(t.Context(), taskapi.ListTasksOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		listed[task.ID] = task
	}
	if !reflect.DeepEqual(watched, listed) {
		t.Errorf("got\n%+v, want\n%+v", watched, listed)
	}
	if connections := server.Requests("watchChanges"); connections < 3 {
		t.Errorf("%d connections: none was cut", connections)
	}
	if source.dropped.Load() == 0 {
		t.Error("no token expired")
	}
}
