package httpapi

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxBuckets bounds the memory of a limiter: it has at most twice as many buckets,
// and drops the older half when that is reached.
const maxBuckets = 100_000

// The headers in the form in which [http.Header] keeps them; in another form, each
// use would allocate.
const (
	policyHeader = "Ratelimit-Policy"
	limitHeader  = "Ratelimit"
)

// Rate is how often one caller may call. The zero Rate is no limit.
type Rate struct {
	// PerSecond is the sustained rate, on each replica.
	PerSecond float64
	// Burst is the number of requests that may come at once.
	Burst int
}

// rateLimiter has a bucket of tokens for each caller: a request takes one, and
// they come back at the rate. A bucket that is full needs no memory.
type rateLimiter struct {
	// name names the limit in headers.
	name string
	// limit names the limit in metrics.
	limit limit
	// interval is the time in which a token comes back, capacity that in
	// which an empty bucket fills.
	interval, capacity time.Duration
	// policy is the value of RateLimit-Policy.
	policy string

	mu sync.Mutex
	// recent and older hold the time at which each bucket will be full.
	// Where nothing was taken for as long as recent has been filled, the
	// bucket is full, so that the map can be dropped as a whole.
	recent, older map[string]time.Time
	turned        time.Time
}

// newRateLimiter returns nil for no limit.
func newRateLimiter(name string, by limit, rate Rate) *rateLimiter {
	if rate.PerSecond <= 0 {
		return nil
	}
	burst := max(rate.Burst, 1)
	interval := time.Duration(float64(time.Second) / rate.PerSecond)
	l := &rateLimiter{name: name, limit: by, interval: interval, capacity: time.Duration(burst) * interval, recent: map[string]time.Time{}, turned: time.Now()}
	l.policy = fmt.Sprintf(`"%s";q=%d;w=%d`, name, burst, wholeSeconds(l.capacity))
	return l
}

// allowance is what a bucket holds after a request.
type allowance struct {
	// wait is zero for a request that may pass, and otherwise the time until
	// one may.
	wait time.Duration
	// left is the number of requests that may follow at once.
	left int
	// full is the time until all of them may.
	full time.Duration
}

// take takes a token out of a caller's bucket, if there is one.
func (l *rateLimiter) take(caller string) allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.turn(now)
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

// turn forgets the buckets that are full by now and, where there are too many,
// those that were used longest ago.
func (l *rateLimiter) turn(now time.Time) {
	if now.Sub(l.turned) < l.capacity && len(l.recent) < maxBuckets {
		return
	}
	l.older, l.recent, l.turned = l.recent, map[string]time.Time{}, now
}

// admit takes a token out of a caller's bucket, tells in the answer's header how
// many are left, and returns what to answer instead if there was none. The
// header's fields list the limits that a request meets, the outermost first
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

// LimitClients is a middleware that refuses requests of clients that come more
// often than the rate. client names who a request is from.
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

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
