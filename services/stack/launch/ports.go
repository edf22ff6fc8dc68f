package launch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tasklane/tasklane/services/stack/port"
)

// portTimeout bounds the wait for a port that is in use: the processes of a killed launcher
// may still be exiting.
const portTimeout = 2 * time.Second

const pollInterval = 50 * time.Millisecond

// waitForPorts fails if a port stays in use, because another process on it could
// respond to a readiness check.
func waitForPorts(ctx context.Context, ports []portSetting) error {
	deadline := time.Now().Add(portTimeout)
	var taken []error
	for _, p := range ports {
		for port.Taken(ctx, int(p.number)) {
			if time.Now().After(deadline) {
				taken = append(taken, fmt.Errorf("port %d is taken: free it, or choose another with %s", p.number, p.variable))
				break
			}
			if err := pause(ctx, pollInterval); err != nil {
				return err
			}
		}
	}
	return errors.Join(taken...)
}

func pause(ctx context.Context, length time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(length):
		return nil
	}
}
