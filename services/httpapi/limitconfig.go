package httpapi

import (
	"errors"
	"fmt"
)

// The rates and bursts that a [rateLimiter] can count with.
const (
	minRate  = .001
	maxRate  = 1e6
	maxBurst = 1_000_000
)

// LimitConfig is the part of the environment that limits a replica.
type LimitConfig struct {
	// RateLimit is how many requests a second one user may send to a
	// replica, RateBurst how many at once; a limit of zero is none.
	RateLimit float64 `env:"RATE_LIMIT" envDefault:"100"`
	RateBurst int     `env:"RATE_BURST" envDefault:"200"`
	// MaxInFlight and MaxStreams bound the requests that a replica has in hand at
	// once, those that wait for memory included, and the streams it keeps open.
	MaxInFlight int `env:"MAX_IN_FLIGHT" envDefault:"500"`
	MaxStreams  int `env:"MAX_STREAMS" envDefault:"10000"`
}

// Check returns the errors of all values that are out of range.
func (c LimitConfig) Check() error {
	var errs []error
	if c.MaxInFlight < 1 || c.MaxStreams < 1 {
		errs = append(errs, errors.New("MAX_IN_FLIGHT and MAX_STREAMS must be at least 1"))
	}
	return errors.Join(append(errs, c.rate().Check("RATE_LIMIT", "RATE_BURST"))...)
}

// Limits are the limits that the environment sets.
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
