package lanes_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/stack/seed"
	"github.com/tasklane/tasklane/services/tasks/internal/lanes"
)

// TestDo_NeverMixesUpResults makes many callers read, fail, leave, panic and lose their
// connection at random. Each result must be that of the caller's own query.
func TestDo_NeverMixesUpResults(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t)
	f := open(t, 2, nil, nil)
	const callers, steps, terminations = 24, 150, 5
	var lost atomic.Int64
	var group errgroup.Group
	for caller := range callers {
		random := rand.New(rand.NewPCG(seed, uint64(caller)))
		group.Go(func() error {
			for step := range steps {
				if err := f.step(t.Context(), random, fmt.Sprintf("user%d", caller), fmt.Sprint(step)); errors.Is(err, lanes.ErrLost) {
					lost.Add(1)
				} else if err != nil {
					return fmt.Errorf("caller %d, step %d: %w", caller, step, err)
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		for range terminations {
			sent := f.Stat().Sent
			until(t, "more reads are sent", func() bool { return f.Stat().Sent > sent+callers*steps/terminations/3 })
			if _, err := f.owner.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if n := lost.Load(); n > 2*16*terminations {
		t.Errorf("%d reads lost their connection, %d connections were ended", n, 2*terminations)
	}
	f.awaitWaiting(t, 0) // the lane may still hold reads whose callers have left
}

// step makes one random read. It returns an error if the outcome is not that of its query.
func (f fixture) step(ctx context.Context, random *rand.Rand, user, value string) error {
	echoed := func(got string, err error) error {
		if want := user + " " + value; err == nil && got != want {
			return fmt.Errorf("got %q, want %q", got, want)
		}
		return err
	}
	failedWith := func(err error, code string) error {
		if hasCode(err, code) {
			return nil
		}
		return fmt.Errorf("got %w, want the error %s", err, code)
	}
	switch random.IntN(8) {
	case 0:
		_, err := f.do(ctx, "mallory", count)
		return failedWith(err, "P0042")
	case 1:
		_, err := f.do(ctx, user, divide, 0)
		return failedWith(err, "22012")
	case 2:
		ctx, cancel := context.WithTimeout(ctx, time.Duration(random.IntN(1000))*time.Microsecond)
		defer cancel()
		err := echoed(f.do(ctx, user, echo, value))
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return err
	case 3:
		n, err := lanes.Do(ctx, f.Lanes, user, "SELECT n FROM generate_series(1, $1::integer) AS n", []any{2000}, func(rows pgx.Rows) (n int, err error) {
			for rows.Next() && n < 1000 {
				if err := rows.Scan(&n); err != nil {
					return 0, err
				}
			}
			rows.Close()
			return n, rows.Err()
		})
		if err == nil && n != 1000 {
			return fmt.Errorf("read %d rows, want 1000", n)
		}
		return err
	case 4:
		return f.panics(ctx, user)
	default:
		return echoed(f.do(ctx, user, echo, value))
	}
}

func (f fixture) panics(ctx context.Context, user string) (err error) {
	defer func() {
		if value := recover(); value != nil && value != user {
			err = fmt.Errorf("recovered %v, want %s", value, user)
		}
	}()
	_, err = lanes.Do(ctx, f.Lanes, user, echo, []any{"x"}, func(pgx.Rows) (string, error) { panic(user) })
	return err
}

// proxied returns lanes behind a proxy that disturbs connections.
func proxied(t *testing.T, timeout time.Duration) (fixture, *toxiproxy.Proxy) {
	t.Helper()
	var proxy *toxiproxy.Proxy
	f := open(t, 2, func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
		proxy = toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", u.Host)
		if err := proxy.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(proxy.Stop)
		u.Host = proxy.Listen
		return u.String()
	}, func(c *lanes.Config) { c.Timeout = timeout })
	return f, proxy
}

// TestDo_SurvivesABadNetwork reads over connections that are slow, fragmented, reset or silent.
// Each read gets its own result or fails, and the lanes recover when the network does.
func TestDo_SurvivesABadNetwork(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, toxic string
		fails       bool
	}{
		{"latency", `{"type": "latency", "attributes": {"latency": 3, "jitter": 3}}`, false},
		{"small pieces", `{"type": "slicer", "attributes": {"average_size": 40, "size_variation": 20, "delay": 50}}`, false},
		{"small pieces to the server", `{"type": "slicer", "stream": "upstream", "attributes": {"average_size": 40, "size_variation": 20, "delay": 50}}`, false},
		{"cut after some results", `{"type": "limit_data", "attributes": {"bytes": 1500}}`, true},
		{"reset", `{"type": "reset_peer", "attributes": {"timeout": 5}}`, true},
		{"silence", `{"type": "timeout", "attributes": {"timeout": 0}}`, true},
		{"silence towards the server", `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			timeout, callTimeout := time.Minute, time.Minute
			if strings.HasPrefix(tc.name, "silence") {
				// Connecting times out as well, and ends with the caller.
				timeout, callTimeout = 3*time.Second, time.Second
			}
			f, proxy := proxied(t, timeout)
			f.want(t, "ada before", "ada", echo, "before")
			toxic, err := proxy.Toxics.AddToxicJson(strings.NewReader(tc.toxic))
			if err != nil {
				t.Fatal(err)
			}
			failures := f.readConcurrently(t, callTimeout)
			if failed := failures > 0; failed != tc.fails {
				t.Errorf("%d reads failed", failures)
			}
			if err := proxy.Toxics.RemoveToxic(t.Context(), toxic.Name); err != nil {
				t.Fatal(err)
			}
			until(t, "a read succeeds", func() bool {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				got, err := f.do(ctx, "ada", echo, "after")
				return err == nil && got == "ada after"
			})
			if failures := f.readConcurrently(t, time.Minute); failures > 0 {
				t.Errorf("%d reads failed afterwards", failures)
			}
		})
	}
}

// readConcurrently makes concurrent reads of several users, each with a timeout, and returns the number
// of failures. The result of another read fails the test.
func (f fixture) readConcurrently(t *testing.T, callTimeout time.Duration) int {
	t.Helper()
	var failed atomic.Int64
	var group errgroup.Group
	for n := range 12 {
		group.Go(func() error {
			user := fmt.Sprintf("user%d", n)
			for step := range 5 {
				ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
				got, err := f.do(ctx, user, echo, fmt.Sprint(step))
				cancel()
				if want := fmt.Sprintf("%s %d", user, step); err == nil && got != want {
					return fmt.Errorf("got %q, want %q", got, want)
				}
				if err != nil {
					failed.Add(1)
					return nil
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	return int(failed.Load())
}
