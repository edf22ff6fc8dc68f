package child

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// responseTimeout bounds the wait for one response of a starting process.
const responseTimeout = 5 * time.Second

// AwaitReady requests url, with the header, at every interval until it returns 200. It fails
// if the process or ctx ends first. name is the process's name in errors.
func (c *Child) AwaitReady(ctx context.Context, name, url string, header http.Header, interval time.Duration) error {
	client := &http.Client{Transport: &http.Transport{}, Timeout: responseTimeout} // ignores HTTP_PROXY
	defer client.CloseIdleConnections()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		request.Header = header
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-c.Done():
			return c.Failed(name)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", name, context.Cause(ctx))
		case <-time.After(interval):
		}
	}
}

// Failed returns the error of a process that should not have ended, with its
// last lines. It may be called only after Done is closed.
func (c *Child) Failed(name string) error {
	text := name + " ended: " + c.Status()
	if last := c.LastLines(); len(last) > 0 {
		text += "; its last lines:\n  " + strings.Join(last, "\n  ")
	}
	return errors.New(text)
}

// Environment returns a process's environment: the settings, and PATH, HOME and TMPDIR of
// this process.
func Environment(settings map[string]string) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}
