package httpapi

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRateLimiter(t *testing.T) {
	t.Parallel()
	const second = time.Second

	t.Run("a burst passes, then one request per interval", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := newRateLimiter("user", limitRate, Rate{PerSecond: 2, Burst: 3})
			var got []allowance
			for _, pause := range []time.Duration{0, 0, 0, 0, second / 4, second / 4, 0, 10 * second} {
				time.Sleep(pause) // synctest's clock
				got = append(got, l.take("alice"))
			}
			want := []allowance{
				{left: 2, full: second / 2},
				{left: 1, full: second},
				{left: 0, full: 3 * second / 2},
				{wait: second / 2, full: 3 * second / 2},
				{wait: second / 4, full: 5 * second / 4},
				{left: 0, full: 3 * second / 2},
				{wait: second / 2, full: 3 * second / 2},
				{left: 2, full: second / 2},
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(allowance{})); diff != "" {
				t.Errorf("allowances (-want +got):\n%s", diff)
			}
		})
	})

	t.Run("users do not share a bucket", func(t *testing.T) {
		t.Parallel()
		l := newRateLimiter("user", limitRate, Rate{PerSecond: .001, Burst: 1})
		for _, user := range []string{"alice", "bob"} {
			if a := l.take(user); a.wait != 0 {
				t.Errorf("%s's first request must wait for %v", user, a.wait)
			}
			if a := l.take(user); a.wait == 0 {
				t.Errorf("%s's second request passes", user)
			}
		}
	})

	t.Run("a bucket in use survives rotations", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := newRateLimiter("user", limitRate, Rate{PerSecond: 1, Burst: 10})
			for range 10 {
				l.take("alice")
			}
			// Twice the rate: every other request passes.
			passed := 0
			for range 100 {
				time.Sleep(second / 2)
				if l.take("alice").wait == 0 {
					passed++
				}
			}
			if passed != 50 {
				t.Errorf("%d of 100 passed, want 50", passed)
			}
		})
	})

	t.Run("memory is bounded", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := newRateLimiter("user", limitRate, Rate{PerSecond: 1, Burst: 10})
			for i := range 3*maxBuckets + 1 {
				l.take(fmt.Sprint(i))
			}
			if n := len(l.recent) + len(l.older); n > 2*maxBuckets {
				t.Errorf("%d buckets are kept", n)
			}
			for range 2 {
				time.Sleep(10 * second)
				l.take("alice")
			}
			if n := len(l.recent) + len(l.older); n != 2 { // alice, in both
				t.Errorf("%d buckets are kept after all were full", n)
			}
		})
	})
}
