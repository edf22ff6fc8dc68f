package session

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/tasklane/tasklane/bff/internal/forward"
)

const (
	// maxExchangeBytes bounds a response of Better Auth, which limits neither
	// pictures nor names. The largest ones that the bff forwards fit.
	maxExchangeBytes = 4 << 20
	// At most largeExchanges responses of more than usualExchangeBytes are read
	// concurrently.
	usualExchangeBytes = 64 << 10
	largeExchanges     = 4
	// The limits, in bytes, of the texts of a cached session: the name and the email
	// address, the URL of the picture, and the JWT, which must fit into a request to
	// the task service with other headers.
	maxTextBytes  = 1 << 10
	maxImageBytes = 4 << 10
	maxJWTBytes   = 16 << 10
	// idleTimeout is how long an unused connection is kept. Node closes it after
	// 5 s.
	idleTimeout = 4 * time.Second
)

// The errors of an exchange.
var (
	// ErrExpired means that the session has expired or was revoked.
	ErrExpired = errors.New("the session has expired")
	// ErrUnavailable means that Better Auth could not be reached. The session
	// may be valid.
	ErrUnavailable = errors.New("the session cannot be checked")
)

// Session is a live session of a user.
type Session struct {
	User User
	// ExpiresAt is when the session expires unless it is renewed.
	ExpiresAt time.Time

	jwt        string
	jwtExpires time.Time
}

// JWT returns the token for the task service. It must not reach a browser or a log. The
// JSON of a Session does not contain it.
func (s *Session) JWT() string { return s.jwt }

// usableUntil is when the JWT or the session expires, whichever is first.
func (s *Session) usableUntil() time.Time {
	if s.jwtExpires.Before(s.ExpiresAt) {
		return s.jwtExpires
	}
	return s.ExpiresAt
}

// User is the signed-in user in Better Auth, as browsers see it.
type User struct {
	ID    string  `json:"id" doc:"Assigned by Better Auth." example:"Zq3kV0bT8yWmN1cRf5uJx7LhDp2sGa9E"`
	Name  string  `json:"name" example:"Ada Lovelace"`
	Email string  `json:"email" format:"email" example:"ada@example.com"`
	Image *string `json:"image" doc:"The URL of a picture; null if there is none, or if it is longer than 4 KiB." example:"https://example.com/ada.png"`
}

// bounded returns the user within the cache's limits: with long texts truncated, and
// without a picture whose URL is too long.
func (u User) bounded() User {
	u.Name, u.Email = shortened(u.Name), shortened(u.Email)
	if u.Image != nil && len(*u.Image) > maxImageBytes {
		u.Image = nil
	}
	return u
}

func shortened(text string) string {
	if len(text) <= maxTextBytes {
		return text
	}
	// Clone frees the rest of the text. ToValidUTF8 removes a truncated character.
	return strings.ToValidUTF8(strings.Clone(text[:maxTextBytes]), "")
}

// Request is a request for a session.
type Request struct {
	Cookie Cookie
	// Client is the browser's address, by which Better Auth limits rates.
	Client netip.Addr
	// Network is the client's address, or its /64 of IPv6. It has a limit of
	// exchanges.
	Network netip.Prefix
	// RequestID identifies the request in Better Auth's log.
	RequestID string
	// Bearer is set if the session comes from a bearer token, so that the response
	// must not set cookies.
	Bearer bool
	// KeepExpiry gets the session without renewing it, for a caller whose response
	// does not reach the browser: the new cookie would be lost.
	KeepExpiry bool
}

// Result is the result of an exchange.
type Result struct {
	// Session is nil if there is no session.
	Session *Session
	// SetCookie has the Set-Cookie lines for the browser: they renew the session,
	// or clear the cookies of one that has ended.
	SetCookie []string
}

// Via marks requests to Better Auth in the header Via. A bff that receives one is in a loop.
const Via = "1.1 tasklane-bff"

// LoopRemedy says how to fix such a loop.
const LoopRemedy = "keep /api/auth in the app that has Better Auth, and forward only the rest of /api to the bff"

// BetterAuth is a Better Auth server.
type BetterAuth struct {
	// URL is the prefix of its endpoints.
	URL *url.URL
	// Transport holds the connections to it.
	Transport *http.Transport
	// Users sends requests of users. It is Transport, or wraps it to observe them.
	Users http.RoundTripper

	// large holds a value for each large response that is being read.
	large chan struct{}
}

// NewBetterAuth returns the Better Auth server at this address. As in Better Auth's own
// settings, a path in the address is the prefix of all endpoints; the default is
// /api/auth.
func NewBetterAuth(address *url.URL) *BetterAuth {
	if strings.Trim(address.Path, "/") == "" {
		address = address.ResolveReference(&url.URL{Path: "/api/auth"})
	}
	transport := forward.NewTransport(idleTimeout)
	return &BetterAuth{URL: address, Transport: transport, Users: transport, large: make(chan struct{}, largeExchanges)}
}

// Exchange exchanges a session cookie for the session and a JWT. The error is [ErrExpired],
// with which the result may have Set-Cookie lines that clear cookies, or
// [ErrUnavailable].
func (b *BetterAuth) Exchange(ctx context.Context, req Request) (Result, error) {
	result, err := b.exchange(ctx, req)
	if err != nil && !errors.Is(err, ErrExpired) {
		return Result{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return result, err
}

func (b *BetterAuth) exchange(ctx context.Context, req Request) (Result, error) {
	// Not /token, which responds with 401 while the database is down, and issues JWTs
	// for deleted sessions from the cookie cache.
	target := b.URL.JoinPath("get-session")
	target.RawQuery = "disableCookieCache=true"
	if req.KeepExpiry {
		target.RawQuery += "&disableRefresh=true"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return Result{}, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Cookie", req.Cookie.forward)
	r.Header.Set("X-Request-Id", req.RequestID)
	r.Header.Set("Via", Via)
	if req.Client.IsValid() {
		r.Header.Set("X-Forwarded-For", req.Client.String())
	}
	response, err := b.Users.RoundTrip(r)
	if err != nil {
		return Result{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Result{}, fmt.Errorf("get-session: status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, usualExchangeBytes))
	if err == nil && len(body) == usualExchangeBytes {
		select {
		case b.large <- struct{}{}:
			defer func() {
				response.Body.Close() // frees its memory before the next one is read
				<-b.large
			}()
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(response.Body, maxExchangeBytes-usualExchangeBytes+1))
		body = append(body, rest...)
	}
	if err != nil {
		return Result{}, fmt.Errorf("read get-session: %w", err)
	}
	if len(body) > maxExchangeBytes {
		return Result{}, errors.New("get-session: the response is too large")
	}
	result := Result{SetCookie: Relayed(response.Header.Values("Set-Cookie"))}
	if bytes.Equal(bytes.TrimSpace(body), []byte("null")) {
		return result, ErrExpired
	}
	result.Session, err = parseSession(body, response.Header.Get("Set-Auth-Jwt"))
	return result, err
}

// Ready returns an error if Better Auth does not respond or does not reach its database,
// from which it reads the keys.
func (b *BetterAuth) Ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL.JoinPath("jwks").String(), nil)
	if err != nil {
		return err
	}
	response, err := b.Transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("better auth does not respond: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("better auth responded with %d for its keys", response.StatusCode)
	}
	return nil
}

// parseSession parses the response of get-session and the JWT in its header.
func parseSession(body []byte, jwt string) (*Session, error) {
	var response struct {
		Session struct {
			ExpiresAt time.Time `json:"expiresAt"`
		} `json:"session"`
		User User `json:"user"`
	}
	if err := json.Unmarshal(body, &response); err != nil {
		return nil, fmt.Errorf("get-session: %w", err)
	}
	if response.User.ID == "" || response.Session.ExpiresAt.IsZero() {
		return nil, errors.New("get-session: the response has no user or no expiry")
	}
	if jwt == "" {
		return nil, errors.New("get-session: the response has no JWT; Better Auth needs its jwt plugin")
	}
	if len(jwt) > maxJWTBytes {
		return nil, errors.New("get-session: the JWT is too long; definePayload of the jwt plugin can omit the user's picture")
	}
	expires, err := jwtExpiry(jwt)
	if err != nil {
		return nil, err
	}
	return &Session{User: response.User.bounded(), ExpiresAt: response.Session.ExpiresAt, jwt: jwt, jwtExpires: expires}, nil
}

// jwtExpiry returns when a JWT expires. It does not check the signature, which the task
// service does. Errors do not contain the token.
func jwtExpiry(jwt string) (time.Time, error) {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return time.Time{}, errors.New("the JWT does not have three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Expires == 0 {
		return time.Time{}, errors.New("the JWT has no valid exp claim")
	}
	return time.Unix(claims.Expires, 0), nil
}
