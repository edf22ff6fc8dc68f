package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/budget"
)

func TestEndedSessions_AreCachedBriefly(t *testing.T) {
	t.Parallel()
	clearing := []string{"better-auth.session_token=; Max-Age=0"}
	rejecting := func() *exchanger {
		return &exchanger{respond: func(context.Context, int, Request) (Result, error) {
			return Result{SetCookie: clearing}, ErrExpired
		}}
	}
	rejected := func(t *testing.T, s *Sessions, cookie string) {
		t.Helper()
		result, err := s.Get(t.Context(), request(cookie))
		if diff := cmp.Diff(Result{SetCookie: clearing}, result); diff != "" || !errors.Is(err, ErrExpired) {
			t.Errorf("Get = %+v, %v", result, err)
		}
	}

	t.Run("one exchange for a cookie in three seconds", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			auth := rejecting()
			sessions := NewSessions(auth, ttl)
			sessions.CacheEnded()
			var got []int64
			for _, pause := range []time.Duration{0, endedTTL - 1, 1, endedTTL - 1} {
				time.Sleep(pause) // the bubble's clock
				for range 10 {
					rejected(t, sessions, "one")
				}
				got = append(got, auth.calls.Load())
			}
			if diff := cmp.Diff([]int64{1, 1, 2, 2}, got); diff != "" {
				t.Errorf("exchanges (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(Counts{Misses: 2, Rejected: 38}, sessions.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	})

	t.Run("another cookie is exchanged at once", func(t *testing.T) {
		t.Parallel()
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			if call == 1 {
				return Result{}, ErrExpired
			}
			return live("ada", call)
		}}
		sessions := NewSessions(auth, ttl)
		sessions.CacheEnded()
		if _, err := sessions.Get(t.Context(), request("old")); !errors.Is(err, ErrExpired) {
			t.Errorf("the old session: %v", err)
		}
		mustGet(t, sessions, "new")
	})

	t.Run("an outage is not cached", func(t *testing.T) {
		t.Parallel()
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			if call == 1 {
				return Result{}, ErrUnavailable
			}
			return live("ada", call)
		}}
		sessions := NewSessions(auth, ttl)
		sessions.CacheEnded()
		if _, err := sessions.Get(t.Context(), request("one")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("during the outage: %v", err)
		}
		mustGet(t, sessions, "one")
	})

	t.Run("an evicted session is exchanged again", func(t *testing.T) {
		t.Parallel()
		auth := rejecting()
		sessions := NewSessions(auth, ttl)
		sessions.CacheEnded()
		rejected(t, sessions, "one")
		sessions.Evict(request("one").Cookie)
		rejected(t, sessions, "one")
		if n := auth.calls.Load(); n != 2 {
			t.Errorf("%d exchanges, want 2", n)
		}
	})

	t.Run("memory is bounded, and live sessions stay", func(t *testing.T) {
		t.Parallel()
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			if call == 1 {
				return live("ada", call)
			}
			return Result{}, ErrExpired
		}}
		sessions := NewSessions(auth, ttl)
		sessions.CacheEnded()
		mustGet(t, sessions, "live")
		for i := range maxEnded + 1 {
			_, _ = sessions.Get(t.Context(), request(strconv.Itoa(i)))
		}
		if n := len(sessions.ended); n > maxEnded {
			t.Errorf("%d ended sessions are cached", n)
		}
		if got := mustGet(t, sessions, "live").JWT(); got != "jwt 1" {
			t.Errorf("the live session has %q", got)
		}
	})
}

func TestExchanges_AreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		auth := &exchanger{respond: func(ctx context.Context, call int, req Request) (Result, error) {
			if req.Network.IsValid() {
				select {
				case <-release:
				case <-ctx.Done():
					return Result{}, ErrUnavailable
				}
			}
			return live("ada", call)
		}}
		sessions := NewSessions(auth, ttl)
		mustGet(t, sessions, "known")
		time.Sleep(ttl) // the bubble's clock

		var getting sync.WaitGroup
		errs := make([]error, maxExchanges+maxWaiting)
		for i := range errs {
			getting.Go(func() { _, errs[i] = sessions.Get(t.Context(), requestFrom(i, strconv.Itoa(i))) })
		}
		synctest.Wait()
		if n := auth.calls.Load() - 1; n != maxExchanges {
			t.Errorf("%d exchanges were sent, want %d", n, maxExchanges)
		}
		// One more is rejected at once, and a known session is still renewed.
		before := time.Now()
		if _, err := sessions.Get(t.Context(), requestFrom(0, "one too many")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("one too many: %v", err)
		}
		if got, want := mustGet(t, sessions, "known").JWT(), fmt.Sprint("jwt ", maxExchanges+2); got != want {
			t.Errorf("the known session has %q, want %q", got, want)
		}
		if waited := time.Since(before); waited != 0 {
			t.Errorf("waited for %s", waited)
		}
		if n := len(sessions.entries); n != 1+len(errs) {
			t.Errorf("%d sessions are cached, want %d", n, 1+len(errs))
		}

		close(release)
		getting.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(Counts{Sessions: 1 + len(errs), Misses: int64(len(errs)) + 3, TooMany: 1}, sessions.Counts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestExchange_TimesOutWaitingForASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := &exchanger{respond: func(context.Context, int, Request) (Result, error) {
			time.Sleep(2 * budget.Exchange) // the bubble's clock
			return Result{}, ErrUnavailable
		}}
		sessions := NewSessions(auth, ttl)
		var getting sync.WaitGroup
		for i := range maxExchanges + 1 {
			getting.Go(func() {
				if _, err := sessions.Get(t.Context(), requestFrom(i, strconv.Itoa(i))); !errors.Is(err, ErrUnavailable) {
					t.Errorf("session %d: %v", i, err)
				}
			})
		}
		getting.Wait()
		if n := auth.calls.Load(); n != maxExchanges {
			t.Errorf("%d exchanges, want %d", n, maxExchanges)
		}
	})
}

// TestExchanges_OfOneClientDoNotBlockOthers sends many unknown cookies from one client, to
// which Better Auth does not respond.
func TestExchanges_OfOneClientDoNotBlockOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const flooding, other = 1, 2
		auth := &exchanger{respond: func(ctx context.Context, call int, req Request) (Result, error) {
			if req.Network == requestFrom(flooding, "").Network {
				<-ctx.Done()
				return Result{}, ErrUnavailable
			}
			return live("ada", call)
		}}
		sessions := NewSessions(auth, ttl)
		var getting sync.WaitGroup
		for i := range 2 * (maxExchanges + maxWaiting) {
			getting.Go(func() { _, _ = sessions.Get(t.Context(), requestFrom(flooding, strconv.Itoa(i))) })
		}
		synctest.Wait()
		if n := auth.calls.Load(); n != maxExchanges/clientShare {
			t.Errorf("%d exchanges of one client were sent, want %d", n, maxExchanges/clientShare)
		}
		if n := sessions.Counts().Exchanges; n != (maxExchanges+maxWaiting)/clientShare {
			t.Errorf("%d exchanges of one client are in flight, want %d", n, (maxExchanges+maxWaiting)/clientShare)
		}
		before := time.Now()
		if _, err := sessions.Get(t.Context(), requestFrom(other, "own")); err != nil {
			t.Errorf("another client: %v", err)
		}
		if waited := time.Since(before); waited != 0 {
			t.Errorf("another client waited for %s", waited)
		}
		getting.Wait()
		if len(sessions.clients) != 0 {
			t.Errorf("%d clients are cached after the flood", len(sessions.clients))
		}
	})
}

// requestFrom returns a request of the nth client.
func requestFrom(n int, session string) Request {
	r := request(session)
	r.Network = netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)}), 32)
	return r
}
