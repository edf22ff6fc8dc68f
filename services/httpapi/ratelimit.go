package httpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxBuckets bounds the memory of a limiter, which has at most twice as many buckets and
// then drops the older half.
const maxBuckets = 100_000

// The headers in canonical form, which saves [http.Header] an allocation per use.
const (
	policyHeader = "Ratelimit-Policy"
	limitHeader  = "Ratelimit"
)

// Rate is a rate limit per caller. The zero Rate is no limit.
type Rate struct {
	// PerSecond is the sustained rate on each replica.
	PerSecond float64
	// Burst is the number of requests that may come at once.
	Burst int
}

// rateLimiter is a token bucket for each caller. A request takes a token, and tokens
// return at the rate. Full buckets are not stored.
type rateLimiter struct {
	// name is the limit's name in headers.
	name string
	// limit is the limit's name in the metrics.
	limit limit
	// interval is the time in which one token returns, capacity the time in which
	// an empty bucket fills.
	interval, capacity time.Duration
	// policy is the value of RateLimit-Policy.
	policy string

	mu sync.Mutex
	// recent and older map callers to the time at which their bucket is full.
	// Buckets in older were last used before recent began. Once recent has lasted
	// for capacity, all of them are full, so the whole map can be dropped.
	recent, older map[string]time.Time
	recentSince   time.Time
}

// newRateLimiter returns nil if the rate is no limit.
func newRateLimiter(name string, by limit, rate Rate) *rateLimiter {
	if rate.PerSecond <= 0 {
		return nil
	}
	burst := max(rate.Burst, 1)
	interval := time.Duration(float64(time.Second) / rate.PerSecond)
	l := &rateLimiter{name: name, limit: by, interval: interval, capacity: time.Duration(burst) * interval, recent: map[string]time.Time{}, recentSince: time.Now()}
	l.policy = fmt.Sprintf(`"%s";q=%d;w=%d`, name, burst, wholeSeconds(l.capacity))
	return l
}

// allowance is the state of a bucket after a request.
type allowance struct {
	// wait is zero if the request passes, and otherwise the time until the next
	// one passes.
	wait time.Duration
	// left is the number of requests that may follow at once.
	left int
	// full is the time until the bucket is full.
	full time.Duration
}

// take takes a token from a caller's bucket, if there is one.
func (l *rateLimiter) take(caller string) allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.rotate(now)
	full, known := l.recent[caller]
	if !known {
		full = l.older[caller]
	}
	if full.Before(now) {
		full = now
	}
	taken := full.Sub(now)
	if wait := taken + l.interval - l.capacity; wait > 0 {
		return allowance{wait: wait, full: taken}
	}
	l.recent[caller] = full.Add(l.interval)
	taken += l.interval
	return allowance{left: int((l.capacity - taken) / l.interval), full: taken}
}

// rotate drops the older buckets once all of them are full or there are too many buckets.
func (l *rateLimiter) rotate(now time.Time) {
	if now.Sub(l.recentSince) < l.capacity && len(l.recent) < maxBuckets {
		return
	}
	l.older, l.recent, l.recentSince = l.recent, map[string]time.Time{}, now
}

// admit takes a token from a caller's bucket and adds the remaining quota to the
// response's headers. It returns a problem if there was no token. The headers list the
// limits of a request from the outermost one
// (draft-ietf-httpapi-ratelimit-headers-10).
func (l *rateLimiter) admit(caller string, header http.Header) *Problem {
	allowed := l.take(caller)
	header.Add(policyHeader, l.policy)
	left := append(make([]byte, 0, 64), '"')
	left = append(left, l.name...)
	left = strconv.AppendInt(append(left, `";r=`...), int64(allowed.left), 10)
	left = strconv.AppendInt(append(left, ";t="...), wholeSeconds(allowed.full), 10)
	header.Add(limitHeader, string(left))
	if allowed.wait == 0 {
		return nil
	}
	p := NewProblem(taskapi.CodeRateLimited, "Too many requests. Try again shortly.").WithRetryAfter(allowed.wait)
	p.limit = l.limit
	return p
}

// LimitClients is a middleware that rejects requests of clients above the rate limit.
// client identifies the sender of a request.
func LimitClients(rate Rate, client func(*http.Request) string) func(http.Handler) http.Handler {
	limiter := newRateLimiter("client", limitClientRate, rate)
	return func(next http.Handler) http.Handler {
		if limiter == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if problem := limiter.admit(client(r), w.Header()); problem != nil {
				WriteProblem(w, r, problem)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// wholeSeconds rounds d up to seconds.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
