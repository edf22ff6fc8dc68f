// Package jwtauth verifies bearer tokens and returns the ids of their users.
package jwtauth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"
)

// The errors of [Verifier.Verify]. Find them with errors.Is.
var (
	// ErrInvalid: the token is not a valid one of this issuer for this audience.
	ErrInvalid = errors.New("invalid token")
	// ErrExpired: the token has expired.
	ErrExpired = errors.New("token expired")
	// ErrIssuer and ErrAudience: the token is signed with one of the issuer's keys but has
	// another iss or aud. They are also ErrInvalid.
	ErrIssuer   = jwt.ErrTokenInvalidIssuer
	ErrAudience = jwt.ErrTokenInvalidAudience
	// ErrUnavailable: the issuer's keys cannot be fetched, so the token cannot be
	// verified.
	ErrUnavailable = errors.New("the issuer's keys are unavailable")
)

// leeway is the accepted difference between the issuer's clock and ours.
const leeway = 30 * time.Second

const (
	// cachedTokens bounds the cache of verified tokens.
	cachedTokens = 50_000
	// minSecretLength is the minimum length of a secret in bytes, as RFC 7518
	// requires for HS256.
	minSecretLength = 32
)

// The supported algorithms: those with public keys, each only with keys of its own type, or
// HS256 alone. Together with public keys, HS256 would let anyone sign with a public key.
var (
	publicKeyAlgorithms = []string{"RS256", "ES256", "EdDSA"}
	secretAlgorithms    = []string{"HS256"}
)

// Config configures which tokens are accepted.
type Config struct {
	// JWKSURL is the URL of the issuer's keys.
	JWKSURL string
	// Algorithms are the accepted algorithms: some of RS256, ES256 and EdDSA, which
	// are the default, or HS256 alone.
	Algorithms []string
	// Secret is the secret for HS256.
	Secret string
	// Issuer and Audience are the required claims iss and aud.
	Issuer, Audience string
}

// Check returns an error if the algorithms or the secret are invalid. The error does not
// contain the secret.
func (c Config) Check() error {
	for _, algorithm := range c.Algorithms {
		if !slices.Contains(publicKeyAlgorithms, algorithm) && !slices.Contains(secretAlgorithms, algorithm) {
			return fmt.Errorf("unknown algorithm %q: use RS256, ES256, EdDSA, or HS256 alone", algorithm)
		}
	}
	if !c.usesSecret() {
		return nil
	}
	switch {
	case len(c.Algorithms) > 1:
		return errors.New("HS256 cannot be combined with public keys: anyone could sign with a public key")
	case len(c.Secret) < minSecretLength:
		return fmt.Errorf("HS256 needs a secret of at least %d bytes", minSecretLength)
	case slices.Contains(wellKnownSecrets, c.Secret):
		return errors.New("HS256 needs a secret of your own: this one is public")
	}
	return nil
}

func (c Config) usesSecret() bool { return slices.Contains(c.Algorithms, "HS256") }

// wellKnownSecrets are in Better Auth's source and documentation.
var wellKnownSecrets = []string{"better-auth-secret-12345678901234567890", "better-auth-secret-123456789"}

// Identity is the identity that a token proves.
type Identity struct {
	// User is the id of the user to whom the token was issued.
	User string
	// Expires is when the token expires.
	Expires time.Time
	// Scope is the scope claim; empty in the tokens of sessions.
	Scope string
}

// claims are the claims that the verifier reads.
type claims struct {
	jwt.RegisteredClaims

	// Scope may be of another type in the tokens of other issuers.
	Scope any `json:"scope"`
}

// Validate implements [jwt.ClaimsValidator].
func (c *claims) Validate() error {
	if c.Subject == "" || strings.ContainsRune(c.Subject, 0) {
		return errors.New("the token has no valid subject")
	}
	return nil
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	// keys is nil if tokens are signed with a secret.
	keys   *keySet
	keyOf  func(context.Context) jwt.Keyfunc
	parser *jwt.Parser
	// verified caches tokens whose signature has been verified, by SHA-256, until
	// they expire.
	verified *otter.Cache[[sha256.Size]byte, verified]

	// Counters for the metrics.
	cached, checked, rejected atomic.Int64
}

type verified struct {
	Identity
	// key is the id of the key that signed the token.
	key string
}

// New returns a verifier. The issuer need not be reachable yet. Its keys are refreshed until
// ctx ends.
func New(ctx context.Context, config Config, log *slog.Logger) (*Verifier, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	if len(config.Algorithms) == 0 {
		config.Algorithms = publicKeyAlgorithms
	}
	cache := otter.Must(&otter.Options[[sha256.Size]byte, verified]{
		MaximumSize: cachedTokens,
		ExpiryCalculator: otter.ExpiryCreatingFunc(func(e otter.Entry[[sha256.Size]byte, verified]) time.Duration {
			return time.Until(e.Value.Expires)
		}),
	})
	v := &Verifier{
		verified: cache,
		parser: jwt.NewParser(
			jwt.WithValidMethods(config.Algorithms),
			jwt.WithIssuer(config.Issuer),
			jwt.WithAudience(config.Audience),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway),
			jwt.WithStrictDecoding(),
		),
	}
	if config.usesSecret() {
		secret := []byte(config.Secret)
		v.keyOf = func(context.Context) jwt.Keyfunc {
			return func(*jwt.Token) (any, error) { return secret, nil }
		}
		return v, nil
	}
	var err error
	if v.keys, err = newKeySet(ctx, config.JWKSURL, log); err != nil {
		return nil, err
	}
	keyOf, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: v.keys})
	if err != nil {
		return nil, err
	}
	v.keyOf = keyOf.KeyfuncCtx
	return v, nil
}

// Verify returns the identity that a token proves. A verified token is cached until it
// expires or its key is removed.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	digest := sha256.Sum256([]byte(token))
	if known, ok := v.verified.GetIfPresent(digest); ok && time.Now().Before(known.Expires) && v.isPublished(ctx, known.key) {
		v.cached.Add(1)
		return known.Identity, nil
	}
	v.checked.Add(1)
	parsed, err := v.parser.ParseWithClaims(token, &claims{}, func(t *jwt.Token) (any, error) {
		// Decoding ignores line breaks, so a token would have many spellings, each
		// with an entry in the cache.
		if strings.ContainsAny(token, "\r\n") {
			return nil, errors.New("the token has line breaks")
		}
		if err := v.checkHeader(t.Header); err != nil {
			return nil, err
		}
		return v.keyOf(ctx)(t)
	})
	switch {
	case ctx.Err() != nil:
		return Identity{}, ctx.Err()
	case errors.Is(err, ErrUnavailable):
		return Identity{}, err
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return Identity{}, fmt.Errorf("%w: %w", ErrExpired, err)
	case err != nil:
		v.rejected.Add(1)
		return Identity{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	proven := parsed.Claims.(*claims)
	key, _ := parsed.Header["kid"].(string)
	scope, _ := proven.Scope.(string)
	id := Identity{User: proven.Subject, Expires: proven.ExpiresAt.Time, Scope: scope}
	v.verified.Set(digest, verified{Identity: id, key: key})
	return id, nil
}

// isPublished reports whether the issuer still publishes a key.
func (v *Verifier) isPublished(ctx context.Context, key string) bool {
	if v.keys == nil {
		return true
	}
	_, err := v.keys.Storage.KeyRead(ctx, key)
	return err == nil
}

// checkHeader rejects tokens without a key id, with critical extensions, and of other types:
// Better Auth signs its session-cache tokens with the same keys, but they do not prove a
// session.
func (v *Verifier) checkHeader(header map[string]any) error {
	if id, _ := header["kid"].(string); id == "" && v.keys != nil {
		return errors.New("the token has no key id")
	}
	if _, critical := header["crit"]; critical {
		return errors.New("the token has critical extensions")
	}
	switch header["typ"] {
	case nil, "JWT", "at+jwt":
		return nil
	}
	return fmt.Errorf("the token has the type %v", header["typ"])
}

// Ready returns an error unless there is a key to verify with. It fetches the keys if there is
// none, because a server that is not ready gets no requests, whose tokens would cause a fetch.
func (v *Verifier) Ready(ctx context.Context) error {
	if v.keys == nil {
		return nil
	}
	keys, err := v.keys.KeyReadAll(ctx)
	if err == nil && len(keys) == 0 {
		if err := v.keys.awaitFetch(ctx, ""); err != nil {
			return err
		}
		keys, err = v.keys.KeyReadAll(ctx)
	}
	if err == nil && len(keys) == 0 {
		err = ErrUnavailable
	}
	return err
}

// Counts are the verifier's counters.
type Counts struct {
	// Cached counts tokens found in the cache, Checked those that had to be
	// verified, and Rejected those that were rejected, without expired ones.
	Cached, Checked, Rejected int64
	// Fetches and Failures count attempts to fetch the issuer's keys, and those
	// that failed.
	Fetches, Failures int64
	// Keys is the number of known keys.
	Keys int
	// LastFetch is the time of the last successful fetch, in Unix seconds; zero for
	// never.
	LastFetch int64
}

// Counts returns the counters so far. With a secret there are no keys.
func (v *Verifier) Counts() Counts {
	c := Counts{Cached: v.cached.Load(), Checked: v.checked.Load(), Rejected: v.rejected.Load()}
	if v.keys == nil {
		return c
	}
	fetcher := v.keys.fetcher
	c.Fetches, c.Failures, c.LastFetch = fetcher.fetches.Load(), fetcher.failures.Load(), fetcher.last.Load()
	if keys, err := v.keys.KeyReadAll(context.Background()); err == nil {
		c.Keys = len(keys)
	}
	return c
}
