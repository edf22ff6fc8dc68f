package sdk

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Transport errors.
var (
	errDial  = &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	errProxy = &net.OpError{Op: "proxyconnect", Err: errors.New("connection refused")}
	errRead  = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	errTrust = &tls.CertificateVerificationError{Err: errors.New("unknown authority")}
)

func TestOnlyTransientFailuresAreRetried(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		failure failedAttempt
		want    bool
	}{
		{"no connection", failedAttempt{err: errDial}, true},
		{"no connection, wrapped", failedAttempt{err: fmt.Errorf("get: %w", errDial)}, true},
		{"no connection through a proxy", failedAttempt{err: errProxy}, true},
		{"certificate rejected", failedAttempt{err: errTrust}, false},
		{"connection broken", failedAttempt{err: errRead}, true},
		{"attempt timed out", failedAttempt{err: context.DeadlineExceeded}, true},
		{"response too large", failedAttempt{err: errTooLarge}, false},
		{"412 truncated", failedAttempt{status: 412, err: errRead}, true},
		{"200 with an invalid body", failedAttempt{status: 200}, false},
		{"307", failedAttempt{status: 307}, false},
		{"400", failedAttempt{status: 400}, false},
		{"401", failedAttempt{status: 401}, false},
		{"403", failedAttempt{status: 403}, false},
		{"404", failedAttempt{status: 404}, false},
		{"409", failedAttempt{status: 409}, false},
		{"409 with Retry-After", failedAttempt{status: 409, retryAfter: 0}, false},
		{"412", failedAttempt{status: 412}, false},
		{"422", failedAttempt{status: 422}, false},
		{"429", failedAttempt{status: 429}, true},
		{"429 with Retry-After", failedAttempt{status: 429, retryAfter: time.Second}, true},
		{"500", failedAttempt{status: 500}, false},
		{"501", failedAttempt{status: 501}, false},
		{"502", failedAttempt{status: 502}, true},
		{"503", failedAttempt{status: 503}, true},
		{"503 with Retry-After", failedAttempt{status: 503, retryAfter: time.Second}, true},
		{"503 with Retry-After of zero", failedAttempt{status: 503, retryAfter: 0}, true},
		{"504", failedAttempt{status: 504}, true},
		{"504 with Retry-After", failedAttempt{status: 504, retryAfter: 0}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				tt.failure.number, tt.failure.method = 1, method
				if _, got := defaultPolicy(t).next(tt.failure, 0.5, math.MaxInt64); got != tt.want {
					t.Errorf("%s: %v, want %v", method, got, tt.want)
				}
			}
		})
	}
}

func TestMayHaveApplied(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		failure failedAttempt
		want    bool
	}{
		{"no connection", failedAttempt{err: errDial}, false},
		{"certificate rejected", failedAttempt{err: errTrust}, false},
		{"connection broken", failedAttempt{err: errRead}, true},
		{"response too large", failedAttempt{err: errTooLarge}, true},
		{"412 truncated", failedAttempt{status: 412, err: errRead}, false},
		{"500 truncated", failedAttempt{status: 500, err: errRead}, true},
		{"200 with an invalid body", failedAttempt{status: 200}, true},
		{"307", failedAttempt{status: 307}, false},
		{"401", failedAttempt{status: 401}, false},
		{"409 of a proxy", failedAttempt{status: 409}, true},
		{"409 while an earlier request is in progress", failedAttempt{status: 409, code: taskapi.CodeIdempotencyInProgress}, true},
		{"409 with another code", failedAttempt{status: 409, code: taskapi.CodeIdempotencyKeyReused}, false},
		{"412", failedAttempt{status: 412}, false},
		{"429", failedAttempt{status: 429}, false},
		{"500", failedAttempt{status: 500}, true},
		{"502", failedAttempt{status: 502}, true},
		{"503", failedAttempt{status: 503}, true},
		{"503 with Retry-After", failedAttempt{status: 503, code: taskapi.CodeUnavailable, retryAfter: 0}, true},
		{"503 of an overloaded server", failedAttempt{status: 503, code: taskapi.CodeOverloaded, retryAfter: 0}, false},
		{"504 with Retry-After", failedAttempt{status: 504, retryAfter: 0}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				tt.failure.method = method
				if got := tt.failure.mayHaveApplied(); got != tt.want {
					t.Errorf("%s: %v, want %v", method, got, tt.want)
				}
			}
			tt.failure.method = http.MethodGet
			if tt.failure.mayHaveApplied() {
				t.Error("a GET counts as applied")
			}
		})
	}
}

func TestRetryDelays(t *testing.T) {
	t.Parallel()
	policy := RetryPolicy{
		MaxAttempts:   6,
		BaseDelay:     100 * time.Millisecond,
		MaxDelay:      time.Second,
		MaxRetryAfter: 30 * time.Second,
	}
	const ms = time.Millisecond
	for _, tt := range []struct {
		name       string
		number     int
		retryAfter time.Duration
		random     float64
		left       time.Duration
		delay      time.Duration
		retry      bool
	}{
		{"at least zero", 1, 0, 0, time.Hour, 0, true},
		{"up to the base", 1, 0, 0.5, time.Hour, 50 * ms, true},
		{"up to twice the base", 2, 0, 0.5, time.Hour, 100 * ms, true},
		{"up to four times the base", 3, 0, 0.5, time.Hour, 200 * ms, true},
		{"up to eight times the base", 4, 0, 0.5, time.Hour, 400 * ms, true},
		{"up to the maximum", 5, 0, 0.5, time.Hour, 500 * ms, true},
		{"none after the last attempt", 6, 0, 0.5, time.Hour, 0, false},
		{"Retry-After before the jitter", 1, 3 * time.Second, 0.5, time.Hour, 3050 * ms, true},
		{"the longest Retry-After", 1, 30 * time.Second, 0, time.Hour, 30 * time.Second, true},
		{"none for a longer Retry-After", 1, 30*time.Second + 1, 0, time.Hour, 0, false},
		{"one that ends just before the deadline", 1, 0, 0.5, 50*ms + 1, 50 * ms, true},
		{"none that ends at the deadline", 1, 0, 0.5, 50 * ms, 50 * ms, false},
		{"none that ends after the deadline", 1, 3 * time.Second, 0, time.Second, 3 * time.Second, false},
		{"none after the deadline", 1, 0, 0, -1, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			failure := failedAttempt{method: http.MethodGet, number: tt.number, status: 503, retryAfter: tt.retryAfter}
			delay, retry := policy.next(failure, tt.random, tt.left)
			if retry != tt.retry || retry && delay != tt.delay {
				t.Errorf("got %v, %v, want %v, %v", delay, retry, tt.delay, tt.retry)
			}
		})
	}
	t.Run("stay below the maximum", func(t *testing.T) {
		t.Parallel()
		policy := RetryPolicy{MaxAttempts: 2, BaseDelay: time.Minute, MaxDelay: time.Second}
		failure := failedAttempt{method: http.MethodGet, number: 1, status: 503}
		if delay, _ := policy.next(failure, 0.5, time.Hour); delay != 500*time.Millisecond {
			t.Errorf("got %v, want half of the maximum", delay)
		}
	})
	t.Run("do not overflow", func(t *testing.T) {
		t.Parallel()
		policy := RetryPolicy{MaxAttempts: 1000, BaseDelay: 1, MaxDelay: math.MaxInt64, MaxRetryAfter: math.MaxInt64}
		for number := 1; number < 1000; number++ {
			failure := failedAttempt{method: http.MethodGet, number: number, status: 503}
			if delay, _ := policy.next(failure, 0.999, math.MaxInt64); delay < 0 {
				t.Fatalf("the delay after attempt %d is %v", number, delay)
			}
		}
	})
}

func TestRetryPolicy_HasDefaultsForZeroFields(t *testing.T) {
	t.Parallel()
	got, err := RetryPolicy{MaxDelay: time.Minute}.withDefaults()
	want := RetryPolicy{
		MaxAttempts:   4,
		BaseDelay:     100 * time.Millisecond,
		MaxDelay:      time.Minute,
		MaxRetryAfter: 30 * time.Second,
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got := defaultPolicy(t).MaxDelay; got != 5*time.Second {
		t.Errorf("the default maximum is %v", got)
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		value string
		want  time.Duration
	}{
		{"", 0},
		{"soon", 0},
		{"-1", 0},
		{"1.5", 0},
		{"0", 0},
		{"120", 2 * time.Minute},
		{"9223372036", 9223372036 * time.Second},
		{"9223372037", 9223372036 * time.Second},
		{"18446744073709551615", 9223372036 * time.Second},
		{"18446744073709551616", 9223372036 * time.Second},
		{strings.Repeat("9", 400), 9223372036 * time.Second},
		{"Mon, 23 Nov 2026 08:00:30 GMT", 30 * time.Second},
		{"Monday, 23-Nov-26 08:00:30 GMT", 30 * time.Second},
		{"Mon, 23 Nov 2026 07:59:59 GMT", 0},
	} {
		t.Run(tt.value, func(t *testing.T) {
			t.Parallel()
			if got := parseRetryAfter(tt.value, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBudget_EarnsARetryWithTenCalls(t *testing.T) {
	t.Parallel()
	b := newBudget()
	spend := func(most int) int {
		spent := 0
		for spent < most && b.spend() {
			spent++
		}
		return spent
	}
	if got := spend(100); got != 10 {
		t.Errorf("a new client has %d retries, want 10", got)
	}
	for range 9 {
		b.earn()
	}
	if b.spend() {
		t.Error("nine calls earned a retry")
	}
	b.earn()
	if got := spend(100); got != 1 {
		t.Errorf("ten calls earned %d retries, want 1", got)
	}
	for range 10_000 {
		b.earn()
	}
	if got := spend(100); got != 10 {
		t.Errorf("a full budget has %d retries, want 10", got)
	}
}

func defaultPolicy(t *testing.T) RetryPolicy {
	t.Helper()
	policy, err := RetryPolicy{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return policy
}
