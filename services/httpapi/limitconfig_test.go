package httpapi

import (
	"math"
	"testing"
)

func TestRateCheck_RejectsOutOfRange(t *testing.T) {
	t.Parallel()
	for _, rate := range []Rate{{0, 1}, {minRate, 1}, {maxRate, maxBurst}, {minRate, maxBurst}} {
		if err := rate.Check("LIMIT", "BURST"); err != nil {
			t.Errorf("%+v: %v", rate, err)
		}
		// The limiter must work with every accepted rate.
		if l := newRateLimiter("user", limitRate, rate); l != nil {
			if allowed := l.take("alice"); allowed.wait != 0 || allowed.left < 0 || allowed.full <= 0 {
				t.Errorf("%+v allows %+v", rate, allowed)
			}
		}
	}
	for _, rate := range []Rate{{-1, 1}, {100, 0}, {100, maxBurst + 1}, {minRate / 2, 1}, {maxRate * 2, 1}, {math.NaN(), 1}, {math.Inf(1), 1}} {
		if rate.Check("LIMIT", "BURST") == nil {
			t.Errorf("%+v was accepted", rate)
		}
	}
}
