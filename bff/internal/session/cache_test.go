package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/budget"
)

const ttl = 30 * time.Second

// exchanger replaces Better Auth by a function, for tests with synctest's clock.
type exchanger struct {
	calls   atomic.Int64
	respond func(ctx context.Context, call int, req Request) (Result, error)
}

func (e *exchanger) Exchange(ctx context.Context, req Request) (Result, error) {
	return e.respond(ctx, int(e.calls.Add(1)), req)
}

// live returns a new session of a user that expires in a week, with a JWT that expires in
// fifteen minutes.
func live(user string, call int) (Result, error) {
	return Result{Session: &Session{
		User:       User{ID: user},
		ExpiresAt:  time.Now().Add(7 * 24 * time.Hour),
		jwt:        "jwt " + strconv.Itoa(call),
		jwtExpires: time.Now().Add(15 * time.Minute),
	}}, nil
}

func alwaysLive() *exchanger {
	return &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) { return live("ada", call) }}
}

func request(session string) Request {
	return Request{Cookie: Cookie{key: sha256.Sum256([]byte(session))}}
}

func mustGet(t *testing.T, s *Sessions, session string) *Session {
	t.Helper()
	result, err := s.Get(t.Context(), request(session))
	if err != nil {
		t.Fatalf("Get(%s): %v", session, err)
	}
	return result.Session
}

func TestSession_IsCheckedAgainAfterTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := alwaysLive()
		sessions := NewSessions(auth, ttl)
		var got []string
		for _, pause := range []time.Duration{0, ttl - 1, 1, ttl - 1} {
			time.Sleep(pause)
			got = append(got, mustGet(t, sessions, "one").JWT())
		}
		if diff := cmp.Diff([]string{"jwt 1", "jwt 1", "jwt 2", "jwt 2"}, got); diff != "" {
			t.Errorf("JWTs (-want +got):\n%s", diff)
		}
	})
}

func TestJWT_IsRenewedAMinuteBeforeExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := alwaysLive()
		sessions := NewSessions(auth, time.Hour)
		var got []string
		for _, pause := range []time.Duration{0, 14*time.Minute - 1, 1} {
			time.Sleep(pause)
			got = append(got, mustGet(t, sessions, "one").JWT())
		}
		if diff := cmp.Diff([]string{"jwt 1", "jwt 1", "jwt 2"}, got); diff != "" {
			t.Errorf("JWTs (-want +got):\n%s", diff)
		}
	})
}

func TestShortLivedJWT_IsUsedForMostOfItsLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			result, err := live("ada", call)
			result.Session.jwtExpires = time.Now().Add(20 * time.Second)
			return result, err
		}}
		sessions := NewSessions(auth, time.Hour)
		var got []string
		for _, pause := range []time.Duration{0, 15*time.Second - 1, 1, 15*time.Second - 1} {
			time.Sleep(pause)
			got = append(got, mustGet(t, sessions, "one").JWT())
		}
		if diff := cmp.Diff([]string{"jwt 1", "jwt 1", "jwt 2", "jwt 2"}, got); diff != "" {
			t.Errorf("JWTs (-want +got):\n%s", diff)
		}
	})
}

func TestRenewal_WaitsForTheBrowsersRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const renewed = "better-auth.session_token=renewed"
		due := true
		auth := &exchanger{respond: func(_ context.Context, call int, req Request) (Result, error) {
			result, err := live("ada", call)
			if due && !req.KeepExpiry {
				due, result.SetCookie = false, []string{renewed}
			}
			return result, err
		}}
		sessions := NewSessions(auth, ttl)
		browser, server := request("one"), request("one")
		server.KeepExpiry = true
		get := func(req Request, wantJWT string, wantCookies ...string) {
			t.Helper()
			result, err := sessions.Get(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wantJWT, result.Session.JWT()); diff != "" {
				t.Errorf("JWT (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(wantCookies, result.SetCookie); diff != "" {
				t.Errorf("cookies (-want +got):\n%s", diff)
			}
		}
		get(server, "jwt 1")
		get(server, "jwt 1")
		get(browser, "jwt 2", renewed)
		get(browser, "jwt 2")
		get(server, "jwt 2")

		// A renewal whose cookie has not reached the browser yet.
		due = true
		time.Sleep(ttl)
		if _, err := sessions.Check(t.Context(), browser); err != nil {
			t.Fatal(err)
		}
		get(server, "jwt 3")
		get(browser, "jwt 3", renewed)
	})
}

func TestExchange_IsSharedByConcurrentRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			<-release
			result, err := live("ada", call)
			result.SetCookie = []string{"better-auth.session_token=x"}
			return result, err
		}}
		sessions := NewSessions(auth, ttl)
		var waiting sync.WaitGroup
		for range 1000 {
			waiting.Go(func() {
				result, err := sessions.Get(t.Context(), request("one"))
				if err != nil || result.Session.JWT() != "jwt 1" || len(result.SetCookie) != 1 {
					t.Errorf("Get = %+v, %v", result, err)
				}
			})
		}
		synctest.Wait()
		close(release)
		waiting.Wait()
		if n := auth.calls.Load(); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
	})
}

func TestExchange_OutlivesTheFirstRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		auth := &exchanger{respond: func(ctx context.Context, call int, _ Request) (Result, error) {
			select {
			case <-release:
				return live("ada", call)
			case <-ctx.Done():
				return Result{}, errors.Join(ErrUnavailable, ctx.Err())
			}
		}}
		sessions := NewSessions(auth, ttl)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan error), make(chan error)
		go func() {
			_, err := sessions.Get(ctx, request("one"))
			first <- err
		}()
		synctest.Wait()
		go func() {
			_, err := sessions.Get(t.Context(), request("one"))
			second <- err
		}()
		synctest.Wait()

		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the canceled request: %v", err)
		}
		close(release)
		if err := <-second; err != nil {
			t.Errorf("the other request: %v", err)
		}
		if n := auth.calls.Load(); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
	})
}

func TestOutage(t *testing.T) {
	t.Parallel()
	down := func(_ context.Context, call int, _ Request) (Result, error) {
		if call == 1 {
			return live("ada", call)
		}
		return Result{}, ErrUnavailable
	}

	t.Run("a known session is used until its JWT expires", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			auth := &exchanger{respond: down}
			sessions := NewSessions(auth, ttl)
			end := mustGet(t, sessions, "one").jwtExpires
			for time.Now().Add(time.Second).Before(end) {
				time.Sleep(time.Second)
				mustGet(t, sessions, "one")
			}
			if n, most := auth.calls.Load(), int64(15*time.Minute/failureBackoff); n < most/4 || n > most {
				t.Errorf("%d exchanges were sent, want at most one in %s", n, failureBackoff)
			}
			time.Sleep(time.Second)
			if _, err := sessions.Get(t.Context(), request("one")); !errors.Is(err, ErrUnavailable) {
				t.Errorf("after the JWT has expired: %v", err)
			}
		})
	})

	t.Run("an unknown session is unavailable, not expired, and is not cached", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
				if call == 1 {
					return Result{}, ErrUnavailable
				}
				return live("ada", call)
			}}
			sessions := NewSessions(auth, ttl)
			if _, err := sessions.Get(t.Context(), request("one")); !errors.Is(err, ErrUnavailable) {
				t.Errorf("during the outage: %v", err)
			}
			mustGet(t, sessions, "one")
		})
	})

	t.Run("requests with a valid JWT wait for a second, every five seconds, while Better Auth hangs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			auth := &exchanger{respond: func(ctx context.Context, call int, _ Request) (Result, error) {
				if call == 1 {
					return live("ada", call)
				}
				<-ctx.Done()
				return Result{}, errors.Join(ErrUnavailable, ctx.Err())
			}}
			sessions := NewSessions(auth, ttl)
			mustGet(t, sessions, "one")
			time.Sleep(ttl)
			var got []time.Duration
			for began := time.Now(); len(got) < 11; time.Sleep(time.Until(began.Add(time.Duration(len(got)) * time.Second))) {
				start := time.Now()
				mustGet(t, sessions, "one")
				got = append(got, time.Since(start))
			}
			if diff := cmp.Diff([]time.Duration{staleAfter, 0, 0, 0, 0, staleAfter, 0, 0, 0, 0, staleAfter}, got); diff != "" {
				t.Errorf("waited (-want +got):\n%s", diff)
			}
			time.Sleep(budget.Exchange)
		})
	})
}

func TestExpiredSession_IsEvicted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clearing := []string{"better-auth.session_token=; Max-Age=0"}
		auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
			if call == 1 {
				return live("ada", call)
			}
			return Result{SetCookie: clearing}, ErrExpired
		}}
		sessions := NewSessions(auth, ttl)
		mustGet(t, sessions, "one")
		time.Sleep(ttl)
		for range 2 {
			result, err := sessions.Get(t.Context(), request("one"))
			if !errors.Is(err, ErrExpired) {
				t.Errorf("Get: %v", err)
			}
			if diff := cmp.Diff(clearing, result.SetCookie); diff != "" {
				t.Errorf("cookies (-want +got):\n%s", diff)
			}
		}
		if n := len(sessions.entries); n != 0 {
			t.Errorf("%d sessions are cached", n)
		}
	})
}

func TestEvict(t *testing.T) {
	t.Parallel()

	t.Run("drops one session", func(t *testing.T) {
		t.Parallel()
		sessions := NewSessions(alwaysLive(), ttl)
		mustGet(t, sessions, "one")
		mustGet(t, sessions, "two")
		sessions.Evict(request("one").Cookie)
		if got := mustGet(t, sessions, "one").JWT(); got != "jwt 3" {
			t.Errorf("the evicted session has %q", got)
		}
		if got := mustGet(t, sessions, "two").JWT(); got != "jwt 2" {
			t.Errorf("the other session has %q", got)
		}
	})

	t.Run("drops all sessions of a user", func(t *testing.T) {
		t.Parallel()
		users := map[[sha256.Size]byte]string{
			request("one").Cookie.key: "ada", request("two").Cookie.key: "ada", request("three").Cookie.key: "bob",
		}
		auth := &exchanger{respond: func(_ context.Context, call int, req Request) (Result, error) {
			return live(users[req.Cookie.key], call)
		}}
		sessions := NewSessions(auth, ttl)
		var got []string
		for range 2 {
			for _, name := range []string{"one", "two", "three"} {
				got = append(got, mustGet(t, sessions, name).JWT())
			}
			sessions.EvictUser("ada")
		}
		want := []string{"jwt 1", "jwt 2", "jwt 3", "jwt 4", "jwt 5", "jwt 3"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("JWTs (-want +got):\n%s", diff)
		}
	})

	for name, evict := range map[string]func(*Sessions){
		"the session": func(s *Sessions) { s.Evict(request("one").Cookie) },
		"the user":    func(s *Sessions) { s.EvictUser("ada") },
	} {
		t.Run("discards the result of an exchange in flight, by "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
					<-release
					return live("ada", call)
				}}
				sessions := NewSessions(auth, ttl)
				got := make(chan *Session)
				go func() { got <- mustGet(t, sessions, "one") }()
				synctest.Wait()
				evict(sessions)
				close(release)
				<-got
				if after := mustGet(t, sessions, "one").JWT(); after != "jwt 2" {
					t.Errorf("an evicted session came back: %q", after)
				}
			})
		})
	}
}

func TestRejectedSession_IsExchangedOnce(t *testing.T) {
	t.Parallel()
	sessions := NewSessions(alwaysLive(), ttl)
	rejected := mustGet(t, sessions, "one")
	for range 2 { // the second time, the new session is cached
		sessions.Reject(request("one").Cookie, rejected)
		if got := mustGet(t, sessions, "one").JWT(); got != "jwt 2" {
			t.Errorf("the JWT is %q", got)
		}
	}
}

func TestSessions_AreBounded(t *testing.T) {
	t.Parallel()
	auth := alwaysLive()
	sessions := NewSessions(auth, time.Hour)
	for i := range maxSessions {
		mustGet(t, sessions, strconv.Itoa(i))
	}
	mustGet(t, sessions, "0") // used again: session 1 is the oldest now
	mustGet(t, sessions, "one more")
	if n, listed := len(sessions.entries), sessions.recent.Len(); n != maxSessions || listed != maxSessions {
		t.Errorf("%d entries, %d in the list by use, want %d", n, listed, maxSessions)
	}
	before := auth.calls.Load()
	mustGet(t, sessions, "0")
	mustGet(t, sessions, "1")
	if n := auth.calls.Load() - before; n != 1 {
		t.Errorf("%d exchanges, want one, for the least recently used session", n)
	}
}

func TestUnknownCookies_EvictNoSession(t *testing.T) {
	t.Parallel()
	auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
		if call > maxSessions {
			return Result{}, ErrExpired
		}
		return live("ada", call)
	}}
	sessions := NewSessions(auth, time.Hour)
	for i := range maxSessions {
		mustGet(t, sessions, strconv.Itoa(i))
	}
	var flood sync.WaitGroup
	for i := range 2 * (maxExchanges + maxWaiting) { // more than are accepted at once
		flood.Go(func() { _, _ = sessions.Get(t.Context(), request("unknown "+strconv.Itoa(i))) })
	}
	flood.Wait()
	for i := range maxSessions {
		mustGet(t, sessions, strconv.Itoa(i))
	}
}

// TestSessions_AreBoundedInBytes caches sessions with the longest texts.
func TestSessions_AreBoundedInBytes(t *testing.T) {
	t.Parallel()
	auth := &exchanger{respond: func(_ context.Context, call int, _ Request) (Result, error) {
		result, err := live("ada", call)
		image := strings.Repeat("i", maxImageBytes)
		result.Session.User = User{ID: "ada", Name: strings.Repeat("n", maxTextBytes), Email: strings.Repeat("e", maxTextBytes), Image: &image}
		result.Session.jwt = strings.Repeat("j", maxJWTBytes)
		result.SetCookie = []string{strings.Repeat("c", maxJWTBytes)}
		return result, err
	}}
	sessions := NewSessions(auth, time.Hour)
	const many = maxSessionBytes/(maxJWTBytes+maxImageBytes) + 1000
	for i := range many {
		mustGet(t, sessions, strconv.Itoa(i))
	}
	bytes := 0
	for _, e := range sessions.entries {
		bytes += e.size()
	}
	if n := len(sessions.entries); bytes > maxSessionBytes || bytes < maxSessionBytes*9/10 || n != sessions.recent.Len() {
		t.Errorf("%d entries with %d bytes, %d in the list by use", n, bytes, sessions.recent.Len())
	}
	before := auth.calls.Load()
	mustGet(t, sessions, strconv.Itoa(many-1))
	if n := auth.calls.Load() - before; n != 0 {
		t.Errorf("%d exchanges for the session used last", n)
	}
	for i := range many {
		sessions.Evict(request(strconv.Itoa(i)).Cookie)
	}
	if len(sessions.entries) != 0 || sessions.bytes != 0 {
		t.Errorf("%d entries with %d bytes are left", len(sessions.entries), sessions.bytes)
	}
}
