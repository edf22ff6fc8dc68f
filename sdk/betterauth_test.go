package sdk_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk"
)

// tokenNumber returns the number of a source's token, which is its claim sub.
func tokenNumber(t *testing.T, source sdk.TokenSource) int {
	t.Helper()
	token, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Sub int }
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		t.Fatalf("got the token %s", token)
	}
	return claims.Sub
}

func TestPasswordSource_RenewsTokenAndSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		source := b.passwordSource(t)
		wantToken := func(when string, want int) {
			t.Helper()
			if got := tokenNumber(t, source); got != want {
				t.Errorf("%s: got token %d, want %d", when, got, want)
			}
		}
		wantToken("at first", 1)
		wantToken("again", 1)
		time.Sleep(3 * time.Minute)
		wantToken("long before it expires", 1)
		time.Sleep(time.Minute + time.Second)
		wantToken("shortly before it expires", 2)
		b.mu.Lock()
		clear(b.sessions)
		b.mu.Unlock()
		time.Sleep(5 * time.Minute)
		wantToken("after the session has ended", 3)

		const session = "better-auth.session_token=session-1.signature%3D"
		exchange := "GET /auth/api/auth/get-session?disableCookieCache=true "
		wantRequests := []string{
			"POST /auth/api/auth/sign-in/email ", exchange + session, exchange + session,
			exchange + session, "POST /auth/api/auth/sign-in/email ", exchange + session,
		}
		if got := strings.Join(b.requests, "\n"); got != strings.Join(wantRequests, "\n") {
			t.Errorf("got the requests\n%s", got)
		}
	})
}

func TestSessionSource_EndsWithTheSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{sessions: map[string]bool{"mine.signature%3D": true}}
		source, err := sdk.NewSessionSource("http://auth/auth",
			"theme=dark; better-auth.session_token=mine.signature%3D; better-auth.session_data=x; better-auth.dont_remember=true", b.client())
		if err != nil {
			t.Fatal(err)
		}
		if got := tokenNumber(t, source); got != 1 {
			t.Errorf("got token %d", got)
		}
		if got, want := b.requests[0], "GET /auth/api/auth/get-session?disableCookieCache=true "+
			"better-auth.session_token=mine.signature%3D; better-auth.dont_remember=true"; got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
		b.mu.Lock()
		clear(b.sessions)
		b.mu.Unlock()
		time.Sleep(10 * time.Minute)
		if _, err := source.Token(t.Context()); !errors.Is(err, sdk.ErrSessionExpired) {
			t.Errorf("got %v", err)
		}
	})
}

func TestBetterAuthRenewsOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		source := b.passwordSource(t)
		for round := 1; round <= 3; round++ {
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if got := tokenNumber(t, source); got != round {
						t.Errorf("got token %d in round %d", got, round)
					}
				})
			}
			all.Wait()
			time.Sleep(10 * time.Minute)
		}
		if b.peak != 1 || len(b.requests) != 4 {
			t.Errorf("%d requests, up to %d at once, want 4, one after the other", len(b.requests), b.peak)
		}
	})
}

func TestBetterAuthUsesTheIssuersClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := &betterAuth{skew: skew, life: time.Minute}
			source := b.passwordSource(t)
			tokenNumber(t, source)
			time.Sleep(47 * time.Second)
			if got := tokenNumber(t, source); got != 1 {
				t.Errorf("got token %d, which is too soon", got)
			}
			time.Sleep(2 * time.Second)
			if got := tokenNumber(t, source); got != 2 {
				t.Errorf("got token %d, which is too late", got)
			}
		})
	}
}

func TestBetterAuthServesAValidTokenInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		source := b.passwordSource(t)
		tokenNumber(t, source)
		b.mu.Lock()
		b.fault = func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "no database", http.StatusInternalServerError)
			return true
		}
		b.mu.Unlock()

		time.Sleep(4*time.Minute + time.Second)
		for range 100 {
			if got := tokenNumber(t, source); got != 1 {
				t.Errorf("got token %d, want the one that is still valid", got)
			}
		}
		if got := len(b.requests); got != 3 {
			t.Errorf("%d requests, want one more than before", got)
		}
		time.Sleep(time.Minute)
		for range 100 {
			if _, err := source.Token(t.Context()); !errors.Is(err, sdk.ErrAuthUnavailable) {
				t.Fatalf("got %v", err)
			}
		}
		if got := len(b.requests); got != 4 {
			t.Errorf("%d requests, want one more than before", got)
		}
		b.mu.Lock()
		b.fault = nil
		b.mu.Unlock()
		time.Sleep(6 * time.Second)
		if got := tokenNumber(t, source); got != 2 {
			t.Errorf("got token %d after the outage", got)
		}
	})
}

func TestBetterAuthServesAValidTokenWhileTheServerHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		server, hangs, hung := inMemoryClient(b.ServeHTTP).Transport, false, 0
		source, err := sdk.NewPasswordSource("http://auth/auth", email, password, sdk.WithBetterAuthHTTPClient(&http.Client{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if !hangs {
					return server.RoundTrip(r)
				}
				hung++
				<-r.Context().Done()
				return nil, r.Context().Err()
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		tokenNumber(t, source)
		time.Sleep(4*time.Minute + time.Second)
		hangs = true
		for _, left := range []time.Duration{2 * time.Second, time.Hour} {
			start := time.Now()
			var calls sync.WaitGroup
			for range 3 {
				calls.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), left)
					defer cancel()
					if _, err := source.Token(ctx); err != nil {
						t.Errorf("with %v left: %v", left, err)
					}
				})
			}
			calls.Wait()
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("with %v left, it took %v", left, took)
			}
			time.Sleep(6 * time.Second)
		}
		if hung != 2 {
			t.Errorf("%d requests, want 2", hung)
		}
	})
}

func TestBetterAuthRetriesTransientFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		status    int // of the failures; zero breaks the connection
		failures  int
		wantErr   error
		want      int // requests
		wantLater int // requests after the pause
	}{
		{"retries", 502, 2, nil, 4, 0},
		{"retries after a broken connection", 0, 2, nil, 4, 0},
		{"makes three attempts, and one after a pause", 0, 100, sdk.ErrAuthUnavailable, 3, 1},
		{"does not retry at the rate limit", 429, 100, sdk.ErrRateLimited, 1, 1},
		{"does not retry after a 401", 401, 100, sdk.ErrUnauthenticated, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &betterAuth{}
				server, requests := inMemoryClient(b.ServeHTTP).Transport, 0
				source, err := sdk.NewPasswordSource("http://auth/auth", email, password, sdk.WithBetterAuthHTTPClient(&http.Client{
					Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
						switch requests++; {
						case requests > tt.failures:
							return server.RoundTrip(r)
						case tt.status == 0:
							return nil, io.ErrUnexpectedEOF
						}
						return &http.Response{StatusCode: tt.status, Body: http.NoBody}, nil
					}),
				}))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if _, err := source.Token(t.Context()); !errors.Is(err, tt.wantErr) || requests != tt.want {
					t.Errorf("got %v after %d requests, want %v after %d", err, requests, tt.wantErr, tt.want)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("it took %v", took)
				}
				time.Sleep(6 * time.Second)
				_, _ = source.Token(t.Context())
				if got := requests - tt.want; got != tt.wantLater {
					t.Errorf("%d more requests after a pause, want %d", got, tt.wantLater)
				}
			})
		})
	}
}

func TestBetterAuthHonorsRetryAfter(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"Retry-After", "X-Retry-After"} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limited := true
				b := &betterAuth{}
				b.fault = func(w http.ResponseWriter, _ *http.Request) bool {
					if limited {
						w.Header().Set(header, "8")
						http.Error(w, `{"message":"Too many requests. Please try again later."}`, http.StatusTooManyRequests)
					}
					return limited
				}
				source := b.passwordSource(t)
				client, err := sdk.New("http://tasks", sdk.WithTokenSource(source))
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					_, err = client.GetTask(t.Context(), "a")
					var failure *sdk.Error
					if !errors.As(err, &failure) || !errors.Is(err, sdk.ErrRateLimited) || failure.RetryAfter != 8*time.Second {
						t.Fatalf("got %#v", err)
					}
				}
				time.Sleep(7 * time.Second)
				if _, err := source.Token(t.Context()); !errors.Is(err, sdk.ErrRateLimited) || len(b.requests) != 1 {
					t.Errorf("got %v after %d requests, want one request in 8 seconds", err, len(b.requests))
				}
				b.mu.Lock()
				limited = false
				b.mu.Unlock()
				time.Sleep(2 * time.Second)
				if got := tokenNumber(t, source); got != 1 {
					t.Errorf("got token %d", got)
				}
			})
		})
	}
}

func TestBetterAuthErrors(t *testing.T) {
	t.Parallel()
	status := func(status int, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "hunter2")
			return true
		}
	}
	for _, tt := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request) bool
		want  error // nil: another error
	}{
		{"wrong password", status(401), sdk.ErrUnauthenticated},
		{"origin not trusted", status(403), sdk.ErrUnauthenticated},
		{"too many attempts", status(429), sdk.ErrRateLimited},
		{"internal error", status(500), sdk.ErrAuthUnavailable},
		{"not found", status(404), nil},
		{"redirect", status(302, "Location", "http://elsewhere"), nil},
		{"no cookie", status(200), nil},
		{"no token", status(200, "Set-Cookie", "better-auth.session_token=x"), nil},
		{"a token that is not a JWT", status(200, "Set-Cookie", "better-auth.session_token=x", "Set-Auth-Jwt", "hunter2"), nil},
		{"a token that does not expire", status(200, "Set-Cookie", "better-auth.session_token=x", "Set-Auth-Jwt", jwt(map[string]any{"sub": 1})), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &betterAuth{fault: tt.fault}
				source := b.passwordSource(t)
				_, err := source.Token(t.Context())
				if err == nil || strings.Contains(err.Error(), password) || strings.Contains(err.Error(), " 0s") {
					t.Fatalf("got %v", err)
				}
				for _, sentinel := range []error{sdk.ErrUnauthenticated, sdk.ErrAuthUnavailable, sdk.ErrRateLimited} {
					if errors.Is(err, sentinel) != errors.Is(tt.want, sentinel) {
						t.Errorf("got %v, want %v", err, tt.want)
					}
				}
				requests := len(b.requests)
				if _, again := source.Token(t.Context()); again == nil || len(b.requests) != requests {
					t.Errorf("a second call at once returned %v", again)
				}
			})
		})
	}
	t.Run("no connection", func(t *testing.T) {
		t.Parallel()
		source, err := sdk.NewPasswordSource("http://auth", email, password, sdk.WithBetterAuthHTTPClient(&http.Client{
			Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }),
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Token(t.Context()); !errors.Is(err, sdk.ErrAuthUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}

func TestBetterAuthDropsARejectedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		source := b.passwordSource(t)
		token, err := source.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		source.InvalidateToken(token)
		if got := tokenNumber(t, source); got != 1 {
			t.Errorf("got token %d: a new token was replaced", got)
		}
		time.Sleep(time.Minute)
		source.InvalidateToken("another")
		if got := tokenNumber(t, source); got != 1 {
			t.Errorf("got token %d, although another token was rejected", got)
		}
		source.InvalidateToken(token)
		if got := tokenNumber(t, source); got != 2 {
			t.Errorf("got token %d, want another", got)
		}
	})
}

func TestBetterAuthWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		source := b.passwordSource(t)
		var all sync.WaitGroup
		short, cancel := context.WithTimeout(t.Context(), time.Microsecond)
		defer cancel()
		for range 2 { // one that renews, and one that waits for it
			all.Go(func() {
				if _, err := source.Token(short); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Go(func() { // a third caller, which waits for both, still gets a token
			if got := tokenNumber(t, source); got != 1 {
				t.Errorf("got token %d", got)
			}
		})
		all.Wait()
	})
}

func TestBetterAuthRejectsInvalidConfiguration(t *testing.T) {
	t.Parallel()
	for name, newSource := range map[string]func() (*sdk.BetterAuth, error){
		"bad URL": func() (*sdk.BetterAuth, error) { return sdk.NewPasswordSource("auth", email, password) },
		"secret in URL": func() (*sdk.BetterAuth, error) {
			return sdk.NewPasswordSource("http://a:hunter2@auth", email, password)
		},
		"no email":       func() (*sdk.BetterAuth, error) { return sdk.NewPasswordSource("http://auth", "", password) },
		"no password":    func() (*sdk.BetterAuth, error) { return sdk.NewPasswordSource("http://auth", email, "") },
		"no cookie":      func() (*sdk.BetterAuth, error) { return sdk.NewSessionSource("http://auth", "") },
		"another cookie": func() (*sdk.BetterAuth, error) { return sdk.NewSessionSource("http://auth", "theme=hunter2") },
		"only its cache": func() (*sdk.BetterAuth, error) {
			return sdk.NewSessionSource("http://auth", "better-auth.session_data=hunter2")
		},
		"cookie and line": func() (*sdk.BetterAuth, error) {
			return sdk.NewSessionSource("http://auth", "a.session_token=hunter2\r\nX: y")
		},
	} {
		if source, err := newSource(); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: got %v, %v", name, source, err)
		}
	}
}

func TestBetterAuthIsPrintedWithoutSecrets(t *testing.T) {
	t.Parallel()
	source, err := sdk.NewSessionSource("https://auth/below/", "__Secure-better-auth.session_token=hunter2")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, source); got != "[Better Auth at https://auth/below]" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
