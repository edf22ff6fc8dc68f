// Package jwtauth turns a bearer token into the id of the user it was issued
// to.
package jwtauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// What [Verifier.Verify] fails with. The errors are found with errors.Is.
var (
	// ErrInvalid: not a token of this issuer for this audience.
	ErrInvalid = errors.New("invalid token")
	// ErrExpired: a token that was valid once.
	ErrExpired = errors.New("token expired")
	// ErrUnavailable: the issuer's keys cannot be had, so that nothing can
	// be said about the token.
	ErrUnavailable = errors.New("the issuer's keys are unavailable")
)

// leeway is how far the issuer's clock may be from ours.
const leeway = 30 * time.Second

// algorithms are the signatures that are accepted, each with keys of its own
// type only. HMAC is not among them: beside public keys it would let anyone
// sign with a key that is public.
var algorithms = []string{
	jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg(),
}

// Config says whose tokens are accepted.
type Config struct {
	// JWKSURL is where the issuer publishes its keys.
	JWKSURL string
	// Issuer and Audience must stand in the claims iss and aud.
	Issuer, Audience string
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	keys   *keySet
	keyOf  keyfunc.Keyfunc
	parser *jwt.Parser
}

// New returns a verifier. The issuer need not be reachable yet. Its keys are
// kept fresh until ctx ends.
func New(ctx context.Context, config Config, log *slog.Logger) (*Verifier, error) {
	keys, err := newKeySet(ctx, config.JWKSURL, log)
	if err != nil {
		return nil, err
	}
	keyOf, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: keys})
	if err != nil {
		return nil, err
	}
	return &Verifier{
		keys:  keys,
		keyOf: keyOf,
		parser: jwt.NewParser(
			jwt.WithValidMethods(algorithms),
			jwt.WithIssuer(config.Issuer),
			jwt.WithAudience(config.Audience),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway),
		),
	}, nil
}

// Verify returns the id of the user that the token was issued to.
func (v *Verifier) Verify(ctx context.Context, token string) (userID string, err error) {
	parsed, err := v.parser.ParseWithClaims(token, &jwt.RegisteredClaims{}, func(t *jwt.Token) (any, error) {
		if err := checkHeader(t.Header); err != nil {
			return nil, err
		}
		return v.keyOf.KeyfuncCtx(ctx)(t)
	})
	switch {
	case errors.Is(err, ErrUnavailable), ctx.Err() != nil:
		return "", err
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "", fmt.Errorf("%w: %w", ErrExpired, err)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	userID, err = parsed.Claims.GetSubject()
	if err != nil || userID == "" {
		return "", fmt.Errorf("%w: no subject", ErrInvalid)
	}
	return userID, nil
}

// checkHeader refuses a token that names no key, and one of another type:
// Better Auth signs its session-cache tokens with the same keys, and they are
// no proof of a session.
func checkHeader(header map[string]any) error {
	if id, _ := header["kid"].(string); id == "" {
		return errors.New("the token names no key")
	}
	switch header["typ"] {
	case nil, "JWT", "at+jwt":
		return nil
	}
	return fmt.Errorf("a token of type %v", header["typ"])
}

// Ready reports whether there is a key to verify with.
func (v *Verifier) Ready(ctx context.Context) error {
	keys, err := v.keys.KeyReadAll(ctx)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return ErrUnavailable
	}
	return nil
}
