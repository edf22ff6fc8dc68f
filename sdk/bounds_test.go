package sdk_test

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// upTo returns a random duration between a nanosecond and limit. Its logarithm is uniformly
// distributed.
func upTo(random *rand.Rand, limit time.Duration) time.Duration {
	return time.Duration(math.Exp(random.Float64() * math.Log(float64(limit))))
}

// trial is one call with a random policy and deadline, to a service that gives random
// responses after random delays.
type trial struct {
	random   *rand.Rand
	policy   sdk.RetryPolicy
	deadline time.Time // zero for none
	timeout  time.Duration

	attempts []attempt
}

// attempt is an attempt that reached the service.
type attempt struct {
	start, end time.Time
	status     int // zero without a response
	retryAfter time.Duration
	key        string
}

func newTrial(seed uint64) *trial {
	random := rand.New(rand.NewPCG(seed, 0))
	tr := &trial{
		random: random,
		policy: sdk.RetryPolicy{
			MaxAttempts:   1 + random.IntN(8),
			BaseDelay:     upTo(random, 10*time.Second),
			MaxDelay:      upTo(random, time.Minute),
			MaxRetryAfter: upTo(random, time.Minute),
		},
		timeout: upTo(random, time.Minute),
	}
	if random.IntN(4) > 0 {
		tr.deadline = time.Now().Add(upTo(random, 10*time.Minute))
	}
	return tr
}

// keyOf returns the idempotency key, whose header name is not canonical here.
func keyOf(header http.Header) string {
	for name, values := range header {
		if strings.EqualFold(name, "Idempotency-Key") {
			return values[0]
		}
	}
	return ""
}

// RoundTrip responds to an attempt.
func (tr *trial) RoundTrip(r *http.Request) (*http.Response, error) {
	a := attempt{start: time.Now(), key: keyOf(r.Header)}
	defer func() {
		a.end = time.Now()
		tr.attempts = append(tr.attempts, a)
	}()
	select {
	case <-time.After(upTo(tr.random, time.Minute)):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if tr.random.IntN(5) == 0 {
		return nil, &net.OpError{Op: []string{"dial", "read"}[tr.random.IntN(2)], Err: io.ErrUnexpectedEOF}
	}
	statuses := []int{429, 502, 503, 504, 429, 502, 503, 504, 200, 412, 500}
	a.status = statuses[tr.random.IntN(len(statuses))]
	resp := &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}
	switch tr.random.IntN(4) {
	case 0:
		a.retryAfter = time.Duration(tr.random.IntN(60)) * time.Second
		resp.Header.Set("Retry-After", strconv.Itoa(int(a.retryAfter/time.Second)))
	case 1:
		date := time.Now().Add(upTo(tr.random, time.Minute)).Truncate(time.Second)
		a.retryAfter = max(0, time.Until(date))
		resp.Header.Set("Retry-After", date.UTC().Format(http.TimeFormat))
	}
	return resp, nil
}

// maxDelay returns the maximum delay after the given number of attempts, without
// Retry-After.
func (tr *trial) maxDelay(attempts int) time.Duration {
	bound := float64(tr.policy.BaseDelay) * math.Pow(2, float64(attempts-1))
	return time.Duration(min(bound, float64(tr.policy.MaxDelay)))
}

// check checks the call against its policy and deadline.
func (tr *trial) check(t *testing.T, err error) {
	now := time.Now()
	if !tr.deadline.IsZero() && now.After(tr.deadline) {
		t.Errorf("the call returned %v after the deadline", now.Sub(tr.deadline))
	}
	last := tr.attempts[len(tr.attempts)-1]
	if now != last.end {
		t.Errorf("the call waited %v without making another attempt", now.Sub(last.end))
	}
	if len(tr.attempts) > tr.policy.MaxAttempts {
		t.Errorf("%d attempts, want at most %d", len(tr.attempts), tr.policy.MaxAttempts)
	}
	if failure, ok := errors.AsType[*sdk.Error](err); ok && failure.Attempts != len(tr.attempts) {
		t.Errorf("the error has %d attempts, want %d", failure.Attempts, len(tr.attempts))
	}
	for i, next := range tr.attempts[1:] {
		before := tr.attempts[i]
		waited := next.start.Sub(before.end)
		if waited < before.retryAfter || waited > before.retryAfter+tr.maxDelay(i+1) {
			t.Errorf("the delay after attempt %[2]d was %[1]v, with a Retry-After of %[3]v", waited, i+1, before.retryAfter)
		}
		if before.retryAfter > tr.policy.MaxRetryAfter {
			t.Errorf("the call waited for a Retry-After of %v, which exceeds the policy", before.retryAfter)
		}
		if before.status == 200 || before.status == 412 || before.status == 500 {
			t.Errorf("the call retried after status %d", before.status)
		}
		if next.key != before.key || next.key == "" {
			t.Error("the attempts have different keys")
		}
	}
}

func TestAttempts_RespectPolicyAndDeadline(t *testing.T) {
	t.Parallel()
	retries := 0
	for seed := range uint64(1000) {
		synctest.Test(t, func(t *testing.T) {
			tr := newTrial(seed)
			client := newClient(t, "http://tasks", sdk.WithRetry(tr.policy), sdk.WithHTTPClient(&http.Client{Transport: tr, Timeout: tr.timeout}))
			ctx := t.Context()
			if !tr.deadline.IsZero() {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, tr.deadline)
				defer cancel()
			}
			_, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Water"})
			tr.check(t, err)
			retries += len(tr.attempts) - 1
			if t.Failed() {
				t.Logf("trial %d: %+v", seed, tr)
			}
		})
		if t.Failed() {
			return
		}
	}
	if retries < 500 {
		t.Errorf("only %d attempts were retries", retries)
	}
}

// outage is a service that fails in different ways for hours.
type outage struct {
	mu     sync.Mutex
	random *rand.Rand
	sent   map[string]int // requests by path
}

func (o *outage) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	o.sent[r.URL.Path]++
	fault := o.random.IntN(4)
	o.mu.Unlock()
	switch fault {
	case 0:
		return nil, &net.OpError{Op: "dial", Err: io.EOF}
	case 1:
		<-time.After(time.Second)
		return problemResponse(taskapi.CodeTimeout), nil
	case 2:
		return problemResponse(taskapi.CodeOverloaded, "Retry-After", "1"), nil
	default:
		return problemResponse(taskapi.CodeUnavailable), nil
	}
}

func TestRetryBudget_BoundsLoadInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const callers, watches, duration, pause = 20, 5, 20 * time.Minute, 10 * time.Second
		o := &outage{random: rand.New(rand.NewPCG(1, 1)), sent: map[string]int{}}
		client := newClient(t, "http://tasks", sdk.WithHTTPClient(&http.Client{Transport: o}))
		ctx, cancel := context.WithTimeout(t.Context(), duration)
		defer cancel()
		var all sync.WaitGroup
		for range watches {
			all.Go(func() {
				for _, err := range client.Watch(ctx, 0) {
					if err == nil {
						t.Error("a change was received")
					}
				}
			})
		}
		var mu sync.Mutex
		calls := 0
		for range callers {
			all.Go(func() {
				for ctx.Err() == nil {
					mu.Lock()
					calls++
					mu.Unlock()
					if _, err := client.GetTask(ctx, "x"); err == nil {
						t.Error("the call succeeded")
					}
					<-time.After(time.Duration(rand.Int64N(int64(pause))))
				}
			})
		}
		all.Wait()
		sent := o.sent["/api/tasks/x"]
		if limit := calls + calls/10 + 10; sent > limit || sent < calls {
			t.Errorf("%d calls sent %d requests, want at most %d", calls, sent, limit)
		}
		// A watch reconnects after half of its maximum delay on average, and does not
		// use the retry budget.
		const maxDelay = 30 * time.Second
		connections := o.sent["/api/events"]
		if limit := watches * int(duration/(maxDelay/2)) * 5 / 4; connections > limit || connections < limit/2 {
			t.Errorf("%d watches made %d connections, want at most %d", watches, connections, limit)
		}
		t.Logf("%d calls sent %d requests; %d watches tried %d times in %v", calls, sent, watches, connections, duration)
	})
}
