package httpapi

import (
	"errors"
	"fmt"
)

// The ranges of rates and bursts that a [rateLimiter] supports.
const (
	minRate  = .001
	maxRate  = 1e6
	maxBurst = 1_000_000
)

// LimitConfig holds the environment variables that limit a replica.
type LimitConfig struct {
	// RateLimit is the number of requests per second that one user may send to a
	// replica; zero means no limit. RateBurst is the number that may come at once.
	RateLimit float64 `env:"RATE_LIMIT" envDefault:"100"`
	RateBurst int     `env:"RATE_BURST" envDefault:"200"`
	// MaxInFlight bounds the requests in flight on a replica, including those that
	// wait for memory; MaxStreams bounds its open streams.
	MaxInFlight int `env:"MAX_IN_FLIGHT" envDefault:"500"`
	MaxStreams  int `env:"MAX_STREAMS" envDefault:"10000"`
}

// Check returns an error for every value that is out of range.
func (c LimitConfig) Check() error {
	var errs []error
	if c.MaxInFlight < 1 || c.MaxStreams < 1 {
		errs = append(errs, errors.New("MAX_IN_FLIGHT and MAX_STREAMS must be at least 1"))
	}
	return errors.Join(append(errs, c.rate().Check("RATE_LIMIT", "RATE_BURST"))...)
}

// Limits returns the limits that the environment sets.
func (c LimitConfig) Limits() Limits {
	return Limits{InFlight: c.MaxInFlight, Streams: c.MaxStreams, Rate: c.rate()}
}

func (c LimitConfig) rate() Rate { return Rate{PerSecond: c.RateLimit, Burst: c.RateBurst} }

// Check returns an error that names the variables if the rate is out of range.
func (r Rate) Check(limit, burst string) error {
	// NaN fails both comparisons.
	inRange := r.PerSecond == 0 || r.PerSecond >= minRate && r.PerSecond <= maxRate
	if !inRange || r.Burst < 1 || r.Burst > maxBurst {
		return fmt.Errorf("%s must be 0 or from %g to %.0f, and %s from 1 to %d", limit, minRate, maxRate, burst, maxBurst)
	}
	return nil
}
