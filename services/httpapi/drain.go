package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// maxDrainDelay rejects values that can only be mistakes. The supervisor must wait
// longer than the delay before it kills the process.
const maxDrainDelay = time.Minute

// DrainConfig is the part of the environment about draining.
type DrainConfig struct {
	// Delay is how long a replica that was told to stop goes on serving, so that
	// load balancers notice that it is not ready.
	Delay time.Duration `env:"DRAIN_DELAY" envDefault:"0s"`
}

// Check returns an error if the delay is out of range.
func (c DrainConfig) Check() error {
	if c.Delay < 0 || c.Delay > maxDrainDelay {
		return errors.New("DRAIN_DELAY must be from 0s to 1m")
	}
	return nil
}

// Drain is the time between the order to stop and the end. The replica still
// serves, but says that it is not ready and has clients close idle connections.
type Drain struct {
	delay time.Duration
	began atomic.Bool
}

// NewDrain returns a drain with the delay of the environment.
func NewDrain(c DrainConfig) *Drain { return &Drain{delay: c.Delay} }

// errLeaving is the error in /readyz while a replica drains.
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

// handler makes next close connections while draining.
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
