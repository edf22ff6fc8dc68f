package session

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rejectJWT reports that the service rejected the JWT.
func rejectJWT(s *Sessions) {
	s.mu.Lock()
	rejected := s.entries[request("one").Cookie.key].session
	s.mu.Unlock()
	s.Reject(request("one").Cookie, rejected)
}

// follow checks a session whenever that is due, until a check fails. It returns the times
// of the checks since the beginning, and the error.
func follow(ctx context.Context, s *Sessions, session, user string) (checks []time.Duration, err error) {
	start := time.Now()
	f := s.Follow(request(session), user, func() {})
	defer f.Close()
	for {
		select {
		case <-f.C:
			checks = append(checks, time.Since(start))
			if err := f.Check(ctx); err != nil {
				return checks, err
			}
		case <-ctx.Done():
			return checks, ctx.Err()
		}
	}
}

func TestFollower_ChecksWhenTheCacheDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := alwaysLive()
		sessions := NewSessions(auth, ttl)
		mustGet(t, sessions, "one")
		time.Sleep(10 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		checks, err := follow(ctx, sessions, "one", "ada")
		want := []time.Duration{0, 20 * time.Second, 50 * time.Second, 80 * time.Second}
		if diff := cmp.Diff(want, checks); diff != "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, checks (-want +got):\n%s", err, diff)
		}
		if n := auth.calls.Load(); n != 4 {
			t.Errorf("%d exchanges, want 4", n)
		}
	})
}

func TestFollower_IsWokenWhenTheSessionIsEvicted(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Sessions){
		"with Evict":     func(s *Sessions) { s.Evict(request("one").Cookie) },
		"with EvictUser": func(s *Sessions) { s.EvictUser("ada") },
		"by an exchange that finds it expired": func(s *Sessions) {
			rejectJWT(s)
			_, _ = s.Get(context.Background(), request("one"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ended atomic.Bool
				auth := &exchanger{}
				auth.respond = func(_ context.Context, call int, req Request) (Result, error) {
					if ended.Load() && req == request("one") {
						return Result{}, ErrExpired
					}
					return live("ada", call)
				}
				sessions := NewSessions(auth, time.Hour)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				other := make(chan error)
				go func() {
					_, err := follow(ctx, sessions, "two", "ada")
					other <- err
				}()
				time.AfterFunc(10*time.Second, func() {
					ended.Store(true)
					end(sessions)
				})
				checks, err := follow(ctx, sessions, "one", "ada")
				if diff := cmp.Diff([]time.Duration{0, 10 * time.Second}, checks); diff != "" || !errors.Is(err, ErrExpired) {
					t.Errorf("%v, checks (-want +got):\n%s", err, diff)
				}
				if err := <-other; !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the user's other session: %v", err)
				}
				if n := len(sessions.followers); n != 0 {
					t.Errorf("%d followers are left", n)
				}
			})
		})
	}
}

// TestFollower_SurvivesAnOutageUntilTheJWTExpires also checks that there is at most one
// check per second.
func TestFollower_SurvivesAnOutageUntilTheJWTExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			if call == 1 {
				return live("ada", call)
			}
			return Result{}, ErrUnavailable
		}}
		sessions := NewSessions(auth, 0)
		start := time.Now()
		checks, err := follow(t.Context(), sessions, "one", "ada")
		if lasted := time.Since(start); !errors.Is(err, ErrUnavailable) || lasted < 15*time.Minute || lasted > 15*time.Minute+failureBackoff {
			t.Errorf("%v after %v, want %v after 15 minutes", err, lasted, ErrUnavailable)
		}
		if n := len(checks); n > 15*60 {
			t.Errorf("%d checks in 15 minutes", n)
		}
	})
}

func TestCookies_AreKeptForAResponseThatCanRelayThem(t *testing.T) {
	t.Parallel()
	const line = "better-auth.session_token=x; Max-Age=604800"
	setsOnce := func(_ context.Context, call int, _ Request) (Result, error) {
		result, err := live("ada", call)
		if call == 2 {
			result.SetCookie = []string{line}
		}
		return result, err
	}
	for name, between := range map[string]func(*Sessions){
		"at once":                       func(*Sessions) {},
		"after another check":           func(s *Sessions) { time.Sleep(ttl); _, _ = s.Check(context.Background(), request("one")) },
		"after the session was evicted": func(s *Sessions) { s.Evict(request("one").Cookie) },
		"after the user was evicted":    func(s *Sessions) { s.EvictUser("ada") },
		"after the JWT was rejected":    func(s *Sessions) { rejectJWT(s) },
		"when the next exchange is due": func(*Sessions) { time.Sleep(ttl) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sessions := NewSessions(&exchanger{respond: setsOnce}, ttl)
				mustGet(t, sessions, "one")
				time.Sleep(ttl)
				if _, err := sessions.Check(t.Context(), request("one")); err != nil {
					t.Fatal(err)
				}
				between(sessions)
				for i, want := range [][]string{{line}, nil} {
					result, err := sessions.Get(t.Context(), request("one"))
					if diff := cmp.Diff(want, result.SetCookie); diff != "" || err != nil {
						t.Errorf("response %d: %v, cookies (-want +got):\n%s", i, err, diff)
					}
				}
			})
		})
	}

	t.Run("not after the session has ended", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			sessions := NewSessions(&exchanger{respond: func(ctx context.Context, call int, req Request) (Result, error) {
				if call > 2 {
					return Result{}, ErrExpired
				}
				return setsOnce(ctx, call, req)
			}}, ttl)
			mustGet(t, sessions, "one")
			for range 2 {
				time.Sleep(ttl)
				_, _ = sessions.Check(t.Context(), request("one"))
			}
			if result, err := sessions.Get(t.Context(), request("one")); !errors.Is(err, ErrExpired) || len(result.SetCookie) != 0 {
				t.Errorf("got %+v, %v", result, err)
			}
		})
	})
}
