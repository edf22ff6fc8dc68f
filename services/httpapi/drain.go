package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// maxDrainDelay keeps out what can only be a slip. What the supervisor waits
// before it kills must be longer than the delay.
const maxDrainDelay = time.Minute

// DrainConfig is the part of the environment that says how a replica leaves.
type DrainConfig struct {
	// Delay is how long a replica that was told to stop goes on serving, so
	// that whoever hands it requests notices that it is not ready any more.
	Delay time.Duration `env:"DRAIN_DELAY" envDefault:"0s"`
}

// Check returns what cannot be.
func (c DrainConfig) Check() error {
	if c.Delay < 0 || c.Delay > maxDrainDelay {
		return errors.New("DRAIN_DELAY must be from 0s to 1m")
	}
	return nil
}

// Drain is the time in which a replica leaves: it serves as ever, says that it
// is not ready, and has clients close the connections that they keep.
type Drain struct {
	delay time.Duration
	began atomic.Bool
}

// NewDrain returns a drain as the environment wants it.
func NewDrain(c DrainConfig) *Drain { return &Drain{delay: c.Delay} }

// errLeaving is what /readyz says of a replica that drains.
var errLeaving = errors.New("this replica is about to stop")

// Check is ready until the drain begins.
func (d *Drain) Check() Check {
	return Check{Name: "stopping", Run: func(context.Context) error {
		if d.began.Load() {
			return errLeaving
		}
		return nil
	}}
}

// handler returns next as it is while draining.
func (d *Drain) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.began.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// wait drains, unless failed ends.
func (d *Drain) wait(failed context.Context) {
	d.began.Store(true)
	timer := time.NewTimer(d.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-failed.Done():
	}
}
