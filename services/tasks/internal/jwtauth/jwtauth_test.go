package jwtauth_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/stack/heaptest"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

func newVerifier(t *testing.T, issuer *issuertest.Issuer) *jwtauth.Verifier {
	t.Helper()
	v, err := jwtauth.New(t.Context(), jwtauth.Config{
		JWKSURL: issuer.URL, Issuer: issuertest.Name, Audience: issuertest.Audience,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerify_AcceptsOnlyValidTokens(t *testing.T) {
	t.Parallel()
	issuer := issuertest.New(t)
	rs := issuer.AddKey(t, "rs", jwt.SigningMethodRS256)
	es := issuer.AddKey(t, "es", jwt.SigningMethodES256)
	ed := issuer.AddKey(t, "ed", jwt.SigningMethodEdDSA)
	v := newVerifier(t, issuer)

	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := issuertest.Claims("alice")
		if change != nil {
			change(c)
		}
		return c
	}
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	good := rs.Token(t, claims(nil), nil)
	publicKey, err := x509.MarshalPKIXPublicKey(rs.Secret.Public())
	if err != nil {
		t.Fatal(err)
	}
	hs := jwt.NewWithClaims(jwt.SigningMethodHS256, claims(nil))
	hs.Header["kid"] = "rs"
	confused, err := hs.SignedString(publicKey)
	if err != nil {
		t.Fatal(err)
	}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims(nil)).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	ps := issuertest.Key{ID: "rs", Method: jwt.SigningMethodPS256, Secret: rs.Secret}
	rs512 := issuertest.Key{ID: "rs", Method: jwt.SigningMethodRS512, Secret: rs.Secret}
	misnamed := issuertest.Key{ID: "rs", Method: es.Method, Secret: es.Secret}

	for _, tc := range []struct {
		name, token string
		want        error
	}{
		{"RS256", good, nil},
		{"ES256", es.Token(t, claims(nil), nil), nil},
		{"EdDSA", ed.Token(t, claims(nil), nil), nil},
		{"of type JWT", rs.Token(t, claims(nil), map[string]any{"typ": "JWT"}), nil},
		{"of type at+jwt", rs.Token(t, claims(nil), map[string]any{"typ": "at+jwt"}), nil},
		{"just expired, within the leeway", rs.Token(t, claims(func(c jwt.MapClaims) { c["exp"] = ago(20 * time.Second) }), nil), nil},

		{"expired", rs.Token(t, claims(func(c jwt.MapClaims) { c["exp"] = ago(time.Minute) }), nil), jwtauth.ErrExpired},
		{"empty", "", jwtauth.ErrInvalid},
		{"garbage", "a.b.c", jwtauth.ErrInvalid},
		{"unsigned", none, jwtauth.ErrInvalid},
		{"with a truncated signature", good[:len(good)-4], jwtauth.ErrInvalid},
		{"signed by HMAC with the public key", confused, jwtauth.ErrInvalid},
		{"PS256", ps.Token(t, claims(nil), nil), jwtauth.ErrInvalid},
		{"RS512", rs512.Token(t, claims(nil), nil), jwtauth.ErrInvalid},
		{"signed by another key than its key id", misnamed.Token(t, claims(nil), nil), jwtauth.ErrInvalid},
		{"without a key id", rs.Token(t, claims(nil), map[string]any{"kid": nil}), jwtauth.ErrInvalid},
		{"with an empty key id", rs.Token(t, claims(nil), map[string]any{"kid": ""}), jwtauth.ErrInvalid},
		{"of the session cache", rs.Token(t, claims(nil), map[string]any{"typ": "better-auth.session-cache+jwt"}), jwtauth.ErrInvalid},
		{"of another issuer", rs.Token(t, claims(func(c jwt.MapClaims) { c["iss"] = "http://other.test" }), nil), jwtauth.ErrInvalid},
		{"for another audience", rs.Token(t, claims(func(c jwt.MapClaims) { c["aud"] = "better-auth:session-cache" }), nil), jwtauth.ErrInvalid},
		{"without expiry", rs.Token(t, claims(func(c jwt.MapClaims) { delete(c, "exp") }), nil), jwtauth.ErrInvalid},
		{"not valid yet", rs.Token(t, claims(func(c jwt.MapClaims) { c["nbf"] = ago(-time.Hour) }), nil), jwtauth.ErrInvalid},
		{"from the future", rs.Token(t, claims(func(c jwt.MapClaims) { c["iat"] = ago(-time.Hour) }), nil), jwtauth.ErrInvalid},
		{"without a subject", rs.Token(t, claims(func(c jwt.MapClaims) { delete(c, "sub") }), nil), jwtauth.ErrInvalid},
	} {
		t.Run("a token "+tc.name, func(t *testing.T) {
			t.Parallel()
			id, err := v.Verify(t.Context(), tc.token)
			if !errors.Is(err, tc.want) {
				t.Fatalf("Verify: %v, want %v", err, tc.want)
			}
			if err == nil && (id.User != "alice" || id.Expires.IsZero()) {
				t.Errorf("got %+v, want alice with an expiry", id)
			}
		})
	}
}

func TestVerify_FailsOnceItsContextHasEnded(t *testing.T) {
	t.Parallel()
	issuer := issuertest.New(t)
	key := issuer.AddKey(t, "key", jwt.SigningMethodES256)
	v := newVerifier(t, issuer)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for name, token := range map[string]string{
		"a good token": key.Token(t, issuertest.Claims("alice"), nil),
		"a bad token":  "a.b.c",
	} {
		if id, err := v.Verify(ctx, token); !errors.Is(err, context.Canceled) || id != (jwtauth.Identity{}) {
			t.Errorf("%s: %+v, %v; want context.Canceled", name, id, err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()

	t.Run("concurrent requests share the fetch of a new key", func(t *testing.T) {
		t.Parallel()
		issuer := issuertest.New(t)
		issuer.AddKey(t, "old", jwt.SigningMethodES256)
		v := newVerifier(t, issuer)
		before := issuer.Fetches.Load()
		token := issuer.AddKey(t, "new", jwt.SigningMethodES256).Token(t, issuertest.Claims("alice"), nil)
		var group errgroup.Group
		for range 50 {
			group.Go(func() error {
				_, err := v.Verify(t.Context(), token)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		if fetches := issuer.Fetches.Load() - before; fetches != 1 {
			t.Errorf("%d fetches, want 1", fetches)
		}
	})

	t.Run("a key published during a fetch is found", func(t *testing.T) {
		t.Parallel()
		issuer := issuertest.New(t)
		old := issuer.AddKey(t, "old", jwt.SigningMethodES256)
		v := newVerifier(t, issuer)
		fetching, proceed := make(chan bool), make(chan bool)
		// The response is built before the new key exists, and arrives after it.
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			issuer.Handler.Store(nil)
			response := httptest.NewRecorder()
			issuer.Publish(response, r)
			close(fetching)
			<-proceed
			_, _ = w.Write(response.Body.Bytes())
		})
		issuer.Handler.Store(&slow)
		foreign := issuertest.Key{ID: "foreign", Method: old.Method, Secret: old.Secret}
		var group errgroup.Group
		group.Go(func() error {
			if _, err := v.Verify(t.Context(), foreign.Token(t, issuertest.Claims("alice"), nil)); !errors.Is(err, jwtauth.ErrInvalid) {
				return fmt.Errorf("the foreign key: %w", err)
			}
			return nil
		})
		<-fetching
		token := issuer.AddKey(t, "new", jwt.SigningMethodES256).Token(t, issuertest.Claims("alice"), nil)
		var starting sync.WaitGroup
		for range 50 {
			starting.Add(1)
			group.Go(func() error {
				starting.Done()
				_, err := v.Verify(t.Context(), token)
				return err
			})
		}
		starting.Wait()
		close(proceed)
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})

	t.Run("tokens with unknown keys share a fetch", func(t *testing.T) {
		t.Parallel()
		issuer := issuertest.New(t)
		known := issuer.AddKey(t, "key", jwt.SigningMethodES256)
		v := newVerifier(t, issuer)
		foreign := issuertest.Key{ID: "foreign", Method: known.Method, Secret: known.Secret}
		before := issuer.Fetches.Load()
		var group errgroup.Group
		for i := range 50 {
			token := foreign.Token(t, issuertest.Claims(fmt.Sprint("user ", i)), nil)
			group.Go(func() error {
				if _, err := v.Verify(t.Context(), token); !errors.Is(err, jwtauth.ErrInvalid) {
					return fmt.Errorf("want ErrInvalid: %w", err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		// A request that arrives during a fetch needs the next one.
		if fetches := issuer.Fetches.Load() - before; fetches > 10 {
			t.Errorf("%d fetches for 50 tokens", fetches)
		}
	})

	t.Run("unknown keys are cached", func(t *testing.T) {
		t.Parallel()
		issuer := issuertest.New(t)
		known := issuer.AddKey(t, "key", jwt.SigningMethodES256)
		v := newVerifier(t, issuer)
		foreign := issuertest.Key{ID: "foreign", Method: known.Method, Secret: known.Secret}
		before := issuer.Fetches.Load()
		for i := range 20 {
			if _, err := v.Verify(t.Context(), foreign.Token(t, issuertest.Claims(fmt.Sprint("user ", i)), nil)); !errors.Is(err, jwtauth.ErrInvalid) {
				t.Errorf("want ErrInvalid: %v", err)
			}
		}
		if fetches := issuer.Fetches.Load() - before; fetches > 2 {
			t.Errorf("%d fetches for one key", fetches)
		}
	})

	t.Run("unknown keys are rejected while too many wait", func(t *testing.T) {
		t.Parallel()
		issuer := issuertest.New(t)
		known := issuer.AddKey(t, "key", jwt.SigningMethodES256)
		v := newVerifier(t, issuer)
		proceed := make(chan bool)
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-proceed
			issuer.Publish(w, r)
		})
		issuer.Handler.Store(&slow)
		const requests = 560
		outcomes := make(chan error, requests)
		for i := range requests {
			token := issuertest.Key{ID: fmt.Sprint("random ", i), Method: known.Method, Secret: known.Secret}.Token(t, issuertest.Claims("mallory"), nil)
			go func() {
				_, err := v.Verify(t.Context(), token)
				outcomes <- err
			}()
		}
		const rejected = requests - 64
		for range rejected {
			if err := <-outcomes; !errors.Is(err, jwtauth.ErrUnavailable) {
				t.Errorf("a request beyond the limit: %v, want ErrUnavailable", err)
			}
		}
		if _, err := v.Verify(t.Context(), known.Token(t, issuertest.Claims("alice"), nil)); err != nil {
			t.Errorf("a known key: %v", err)
		}
		issuer.Handler.Store(nil)
		close(proceed)
		for range requests - rejected {
			if err := <-outcomes; !errors.Is(err, jwtauth.ErrInvalid) {
				t.Errorf("a waiting request: %v, want ErrInvalid", err)
			}
		}
	})

	t.Run("an issuer that is down at start makes tokens unverifiable, not invalid", func(t *testing.T) {
		t.Parallel()
		issuer := issuertest.New(t)
		down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		issuer.Handler.Store(&down)
		token := issuer.AddKey(t, "key", jwt.SigningMethodES256).Token(t, issuertest.Claims("alice"), nil)
		v := newVerifier(t, issuer)
		if err := v.Ready(t.Context()); !errors.Is(err, jwtauth.ErrUnavailable) {
			t.Errorf("Ready: %v, want ErrUnavailable", err)
		}
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, jwtauth.ErrUnavailable) {
			t.Errorf("Verify: %v, want ErrUnavailable", err)
		}
		issuer.Handler.Store(nil)
		// First, because a server that is not ready gets no requests.
		if err := v.Ready(t.Context()); err != nil {
			t.Errorf("Ready after the restart: %v", err)
		}
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("after the restart: %v", err)
		}
	})

	for name, body := range map[string]string{
		"an empty object":     `{}`,
		"an empty list":       `{"keys":[]}`,
		"not JSON":            `<html>`,
		"an endless response": `{"keys":[{"kty":"` + strings.Repeat("x", 2<<20) + `"}]}`,
	} {
		t.Run("good keys outlive "+name, func(t *testing.T) {
			t.Parallel()
			issuer := issuertest.New(t)
			key := issuer.AddKey(t, "key", jwt.SigningMethodES256)
			v := newVerifier(t, issuer)
			broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			issuer.Handler.Store(&broken)
			foreign := issuertest.Key{ID: "foreign", Method: key.Method, Secret: key.Secret}
			before := issuer.Fetches.Load()
			if _, err := v.Verify(t.Context(), foreign.Token(t, issuertest.Claims("alice"), nil)); !errors.Is(err, jwtauth.ErrUnavailable) {
				t.Errorf("a foreign key: %v, want ErrUnavailable", err)
			}
			if issuer.Fetches.Load() == before {
				t.Error("the invalid response was not fetched")
			}
			if _, err := v.Verify(t.Context(), key.Token(t, issuertest.Claims("alice"), nil)); err != nil {
				t.Errorf("the known key: %v", err)
			}
		})
	}
}

func TestVerify_RejectsACachedTokenOfARemovedKey(t *testing.T) {
	t.Parallel()
	issuer := issuertest.New(t)
	key := issuer.AddKey(t, "key", jwt.SigningMethodES256)
	token := key.Token(t, issuertest.Claims("alice"), nil)
	v := newVerifier(t, issuer)
	for range 2 {
		if id, err := v.Verify(t.Context(), token); err != nil || id.User != "alice" {
			t.Fatalf("%+v, %v", id, err)
		}
	}
	// A token with another key causes a fetch, which removes the old key.
	issuer.RemoveKeys()
	other := issuer.AddKey(t, "other", jwt.SigningMethodES256)
	if _, err := v.Verify(t.Context(), other.Token(t, issuertest.Claims("bob"), nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, jwtauth.ErrInvalid) {
		t.Errorf("a token of a withdrawn key: %v, want ErrInvalid", err)
	}
}

// TestCachedTokens_AreSmall checks the memory that SECURITY.md says 50,000 tokens take.
func TestCachedTokens_AreSmall(t *testing.T) { // not parallel: it measures the heap
	const tokens, maxBytes = 50_000, 13 << 20
	secret := strings.Repeat("s", 32)
	v, err := jwtauth.New(t.Context(), jwtauth.Config{
		Algorithms: []string{"HS256"}, Secret: secret, Issuer: issuertest.Name, Audience: issuertest.Audience,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before := heaptest.InUse()
	for i := range tokens {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, issuertest.Claims(fmt.Sprintf("%032d", i)))
		token.Header["kid"] = strings.Repeat("k", 32)
		signed, err := token.SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
	}
	if taken := heaptest.InUse() - before; taken > maxBytes {
		t.Errorf("%d tokens take %d bytes", tokens, taken)
	}
	runtime.KeepAlive(v)
}

func TestSecret_VerifiesOnlyItsOwnTokens(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	config := jwtauth.Config{
		Algorithms: []string{"HS256"}, Secret: secret, Issuer: issuertest.Name, Audience: issuertest.Audience,
	}
	v, err := jwtauth.New(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(secret string) string {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, issuertest.Claims("alice")).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if id, err := v.Verify(t.Context(), sign(secret)); err != nil || id.User != "alice" {
		t.Errorf("a good token: %+v, %v", id, err)
	}
	if _, err := v.Verify(t.Context(), sign(secret+"x")); !errors.Is(err, jwtauth.ErrInvalid) {
		t.Errorf("another secret: %v, want ErrInvalid", err)
	}
	rs := issuertest.New(t).AddKey(t, "key", jwt.SigningMethodRS256)
	if _, err := v.Verify(t.Context(), rs.Token(t, issuertest.Claims("alice"), nil)); !errors.Is(err, jwtauth.ErrInvalid) {
		t.Errorf("RS256: %v, want ErrInvalid", err)
	}
}

func TestNew_RejectsUnsafeConfigurations(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	for name, unsafe := range map[string]jwtauth.Config{
		"HS256 with RS256":     {Algorithms: []string{"RS256", "HS256"}, Secret: secret},
		"no secret":            {Algorithms: []string{"HS256"}},
		"a short secret":       {Algorithms: []string{"HS256"}, Secret: secret[1:]},
		"a well-known secret":  {Algorithms: []string{"HS256"}, Secret: "better-auth-secret-12345678901234567890"},
		"an unknown algorithm": {Algorithms: []string{"none"}},
	} {
		if _, err := jwtauth.New(t.Context(), unsafe, slog.New(slog.DiscardHandler)); err == nil || strings.Contains(err.Error(), secret[1:]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCounts_RejectedIncludesTokensWithoutASubject(t *testing.T) {
	t.Parallel()
	issuer := issuertest.New(t)
	key := issuer.AddKey(t, "key", jwt.SigningMethodES256)
	v := newVerifier(t, issuer)
	for _, subject := range []string{"", "alice\x00"} {
		if _, err := v.Verify(t.Context(), key.Token(t, issuertest.Claims(subject), nil)); !errors.Is(err, jwtauth.ErrInvalid) {
			t.Errorf("the subject %q: %v, want ErrInvalid", subject, err)
		}
	}
	if n := v.Counts().Rejected; n != 2 {
		t.Errorf("%d tokens were rejected, want 2", n)
	}
}
