package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// maxDrainDelay is the longest accepted delay. The supervisor must wait longer than the
// delay before it kills the process.
const maxDrainDelay = time.Minute

// DrainConfig holds the environment variables of the drain.
type DrainConfig struct {
	// Delay is how long a replica keeps serving after SIGTERM, so that load
	// balancers notice that it is not ready.
	Delay time.Duration `env:"DRAIN_DELAY" envDefault:"0s"`
}

// Check returns an error if the delay is out of range.
func (c DrainConfig) Check() error {
	if c.Delay < 0 || c.Delay > maxDrainDelay {
		return errors.New("DRAIN_DELAY must be from 0s to 1m")
	}
	return nil
}

// Drain is the phase between SIGTERM and shutdown. The replica still serves, but reports
// that it is not ready and closes idle connections.
type Drain struct {
	delay time.Duration
	began atomic.Bool
}

// NewDrain returns a drain with the configured delay.
func NewDrain(c DrainConfig) *Drain { return &Drain{delay: c.Delay} }

// Check returns a readiness check that fails once the drain has begun.
func (d *Drain) Check() Check {
	return Check{Name: "stopping", Run: func(context.Context) error {
		if d.began.Load() {
			return errors.New("this replica is shutting down")
		}
		return nil
	}}
}

// handler wraps next so that it closes connections while draining.
func (d *Drain) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.began.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// wait starts draining and returns after the delay, or when failed ends.
func (d *Drain) wait(failed context.Context) {
	d.began.Store(true)
	select {
	case <-time.After(d.delay):
	case <-failed.Done():
	}
}
