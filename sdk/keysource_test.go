package sdk_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk"
)

func (b *betterAuth) keySource(t *testing.T, key string) *sdk.BetterAuth {
	t.Helper()
	source, err := sdk.NewKeySource("http://auth/auth/", key, b.client())
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestKeySource_CachesItsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &betterAuth{}
		source := b.keySource(t, apiKey)
		for _, want := range []int{1, 1, 2} {
			if got := tokenNumber(t, source); got != want {
				t.Errorf("got token %d, want %d", got, want)
			}
			time.Sleep(2*time.Minute + time.Second)
		}
		if text := fmt.Sprintf("%v %#v", source, source); strings.Contains(text, apiKey) {
			t.Errorf("printing the source shows its key: %s", text)
		}
	})
}

func TestKeySource_KeepsItsTokenInAFile(t *testing.T) {
	t.Parallel()
	b := &betterAuth{}
	path := filepath.Join(t.TempDir(), "token")
	for range 3 {
		if got := tokenNumber(t, sdk.NewTokenFile(path, b.keySource(t, apiKey))); got != 1 {
			t.Errorf("got token %d, want 1", got)
		}
	}
}

func TestKeySource_Errors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		header string
		want   error
		wait   time.Duration
	}{
		"a revoked key":           {http.StatusUnauthorized, `{"code":"INVALID_API_KEY"}`, "", sdk.ErrUnauthenticated, 0},
		"a key that has expired":  {http.StatusUnauthorized, `{"code":"KEY_EXPIRED"}`, "", sdk.ErrUnauthenticated, 0},
		"a database that is down": {http.StatusUnauthorized, `{"code":"UNAUTHORIZED"}`, "", sdk.ErrAuthUnavailable, 0},
		"too many sign-ins":       {http.StatusTooManyRequests, `{}`, "7", sdk.ErrRateLimited, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &betterAuth{fault: func(w http.ResponseWriter, _ *http.Request) bool {
					w.Header().Set("X-Retry-After", tt.header)
					http.Error(w, tt.body, tt.status)
					return true
				}}
				_, err := b.keySource(t, apiKey).Token(t.Context())
				var failure *sdk.Error
				if !errors.Is(err, tt.want) || errors.As(err, &failure) && failure.RetryAfter != tt.wait {
					t.Errorf("got %v, want %v with Retry-After %v", err, tt.want, tt.wait)
				}
			})
		})
	}
}

func TestNewKeySource_RejectsInvalidKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "two words"} {
		if _, err := sdk.NewKeySource("http://auth", key); err == nil || strings.Contains(err.Error(), "two words") {
			t.Errorf("NewKeySource(%q): %v", key, err)
		}
	}
}
