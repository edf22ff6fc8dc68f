package sdk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// maxAuthResponse bounds the bytes read of a response of Better Auth.
	maxAuthResponse = 1 << 20

	// renewBefore is how long before its expiry a token is renewed, so that
	// Better Auth may be down for a moment; a fifth of its lifetime if that is
	// shorter.
	renewBefore = time.Minute

	// earlyTimeout bounds the renewal of a token that is still valid, so that calls
	// need not wait for a Better Auth that hangs. It takes at most half of the time
	// that the call has.
	earlyTimeout = 2 * time.Second

	// renewPause is the pause after a failed renewal, so that neither an outage
	// nor a wrong password turns every call into a request.
	renewPause = 5 * time.Second
)

// renewRetry is the policy for retries of a request to Better Auth while calls wait.
// The server's Retry-After is respected.
var renewRetry = RetryPolicy{MaxAttempts: 3, BaseDelay: 100 * time.Millisecond, MaxDelay: time.Second}

// The paths of Better Auth.
const (
	signInPath  = "/api/auth/sign-in/email"
	sessionPath = "/api/auth/get-session?disableCookieCache=true"
	tokenPath   = "/api/auth/token" // only for keys: a session is renewed by sessionPath
)

// sessionTokenSuffix ends the name of the session's cookie.
const sessionTokenSuffix = ".session_token"

// BetterAuth is a [TokenSource] that gets its tokens from a Better Auth server with the
// plugin for JWTs. It caches a token until shortly before it expires and then renews
// it, with one request at a time however many calls wait. While Better Auth cannot be
// reached, it returns the cached token for as long as that is valid. Without one, it
// sends a request up to three times, and after that once every five seconds at most;
// calls in between fail at once.
//
// Its errors wrap [ErrAuthUnavailable] if Better Auth could not be reached or failed,
// [ErrRateLimited] if it limits sign-ins, [ErrUnauthenticated] if it rejected the
// password or the API key, and [ErrSessionExpired] if the session of a cookie has ended.
// With ErrRateLimited the error wraps an [*Error] that has the time to wait; until then,
// calls fail at once. Neither errors nor the source, when printed, show a password,
// cookie or token. To stay below the limit, a program that runs often caches its token
// in a [TokenFile].
type BetterAuth struct {
	baseURL string
	http    *http.Client

	// email and password sign in when there is no session. They are empty for a
	// source with a given session.
	email, password string
	// key is an API key; empty for a source with a session.
	key string

	// renewing is held during a renewal and guards the next two fields. It is a mutex
	// made of a channel, so that a context can end the wait for it.
	renewing chan struct{}
	cookies  []*http.Cookie // of the session
	retrying bool           // whether the renewal may retry its requests

	mu      sync.Mutex
	cached  authToken // its token is empty without one
	failed  error     // of the latest renewal; written only while renewing is held
	retryAt time.Time // when a failed renewal is tried again
}

// BetterAuthOption configures a [BetterAuth].
type BetterAuthOption func(*BetterAuth)

// WithBetterAuthHTTPClient makes the source send its requests through h. Redirects are
// not followed unless h.CheckRedirect is set. The default client has a timeout of 30
// seconds.
func WithBetterAuthHTTPClient(h *http.Client) BetterAuthOption {
	return func(b *BetterAuth) { b.http = h }
}

// NewPasswordSource returns a source for the user with this email and password. It
// signs in for the first token, and again when the session has ended.
//
// The URL is that of the Better Auth server itself, without /api/auth. The page's URL
// does not work, because it issues no JWTs.
func NewPasswordSource(baseURL, email, password string, opts ...BetterAuthOption) (*BetterAuth, error) {
	if email == "" || password == "" {
		return nil, errors.New("tasklane: the email or the password is empty")
	}
	b, err := newBetterAuth(baseURL, opts)
	if err != nil {
		return nil, err
	}
	b.email, b.password = email, password
	return b, nil
}

// NewSessionSource returns a source for the user of a session, given a browser's
// cookies: "better-auth.session_token=…", or several separated by semicolons. When the
// session ends, the source fails. The URL is the same as for [NewPasswordSource].
func NewSessionSource(baseURL, cookie string, opts ...BetterAuthOption) (*BetterAuth, error) {
	all, err := http.ParseCookie(cookie)
	if err != nil {
		return nil, errors.New("tasklane: the session cookie is not valid")
	}
	cookies := sessionCookies(nil, all)
	if len(cookies) == 0 {
		return nil, errors.New("tasklane: there is no session_token among the cookies")
	}
	b, err := newBetterAuth(baseURL, opts)
	if err != nil {
		return nil, err
	}
	b.cookies = cookies
	return b, nil
}

// NewKeySource returns a source for the user of an API key of Better Auth's plugin for
// API keys. [ErrUnauthenticated] means that the key was revoked or has expired. The URL
// is the same as for [NewPasswordSource].
//
// To use a token across runs of a program, wrap the source in a [TokenFile].
func NewKeySource(baseURL, key string, opts ...BetterAuthOption) (*BetterAuth, error) {
	if _, err := checkToken(key); err != nil {
		return nil, errors.New("tasklane: the API key is empty or has invalid characters")
	}
	b, err := newBetterAuth(baseURL, opts)
	if err != nil {
		return nil, err
	}
	b.key = key
	return b, nil
}

func newBetterAuth(baseURL string, opts []BetterAuthOption) (*BetterAuth, error) {
	base, err := parseBaseURL(baseURL)
	if err != nil {
		return nil, err
	}
	b := &BetterAuth{
		baseURL:  base,
		http:     &http.Client{Timeout: attemptTimeout},
		renewing: make(chan struct{}, 1),
	}
	for _, opt := range opts {
		opt(b)
	}
	b.http = withoutRedirects(*b.http)
	return b, nil
}

// String hides the source's secrets.
func (b *BetterAuth) String() string {
	return "[Better Auth at " + b.baseURL + "]"
}

// GoString hides them from the verb %#v.
func (b *BetterAuth) GoString() string {
	return b.String()
}

// Token returns a valid token.
func (b *BetterAuth) Token(ctx context.Context) (string, error) {
	token, err, done := b.cachedResult(time.Now())
	if done {
		return token, err
	}
	select {
	case b.renewing <- struct{}{}:
	default:
		if token != "" {
			return token, nil // another call renews it
		}
		select {
		case b.renewing <- struct{}{}:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	defer func() { <-b.renewing }()
	// Another call may have renewed the token meanwhile.
	if token, err, done = b.cachedResult(time.Now()); done {
		return token, err
	}
	renewal := ctx
	if token != "" {
		var cancel context.CancelFunc
		renewal, cancel = context.WithTimeout(ctx, min(earlyTimeout, timeLeft(ctx)/2))
		defer cancel()
	}
	// Not after a failed renewal, as in an outage.
	b.retrying = token == "" && b.failed == nil
	renewed, err := b.renew(renewal)
	if err != nil && ctx.Err() != nil {
		// Only this call has timed out; the next one tries again.
		return "", ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed, b.retryAt = err, time.Now().Add(max(renewPause, retryAfterOf(err)))
		if b.cached.token != "" && time.Now().Before(b.cached.expireAt) {
			return b.cached.token, nil
		}
		return "", err
	}
	b.cached, b.failed = renewed, nil
	return renewed.token, nil
}

// InvalidateToken makes the source renew the token if it is still the cached one. If it
// has just been renewed, another one would be rejected as well.
func (b *BetterAuth) InvalidateToken(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cached.token == token && time.Since(b.cached.since) > renewPause {
		b.cached.token = ""
	}
}

// cachedResult returns the token, if it is still valid. done says that Token returns this
// result, and otherwise renews the token.
func (b *BetterAuth) cachedResult(now time.Time) (token string, err error, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	paused := b.failed != nil && now.Before(b.retryAt)
	switch {
	case b.cached.token != "" && now.Before(b.cached.expireAt):
		return b.cached.token, nil, paused || now.Before(b.cached.renewAt)
	case paused:
		return "", b.failed, true
	default:
		return "", nil, false
	}
}

// authToken is a token with its times, by this machine's clock.
type authToken struct {
	token    string
	since    time.Time
	renewAt  time.Time // when to renew it
	expireAt time.Time
}

// renew gets a token for the current session, or for a new one.
func (b *BetterAuth) renew(ctx context.Context) (authToken, error) {
	if b.key != "" {
		return b.exchangeKey(ctx)
	}
	if b.cookies != nil {
		token, err := b.exchange(ctx)
		if b.password == "" || !errors.Is(err, ErrSessionExpired) {
			return token, err
		}
	}
	if err := b.signIn(ctx); err != nil {
		return authToken{}, err
	}
	return b.exchange(ctx)
}

// signIn starts a session.
func (b *BetterAuth) signIn(ctx context.Context) error {
	body, err := json.Marshal(map[string]string{"email": b.email, "password": b.password})
	if err != nil {
		return err
	}
	resp, _, err := b.send(ctx, http.MethodPost, signInPath, body)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	cookies := sessionCookies(nil, resp.Cookies())
	if len(cookies) == 0 {
		return errors.New("sign in: the response has no session cookie")
	}
	b.cookies = cookies
	return nil
}

// exchange gets a token for the session.
func (b *BetterAuth) exchange(ctx context.Context) (authToken, error) {
	requestedAt := time.Now()
	resp, body, err := b.send(ctx, http.MethodGet, sessionPath, nil)
	if err != nil {
		return authToken{}, fmt.Errorf("get the session: %w", err)
	}
	if string(bytes.TrimSpace(body)) == "null" {
		return authToken{}, fmt.Errorf("get the session: %w", ErrSessionExpired)
	}
	b.cookies = sessionCookies(b.cookies, resp.Cookies())
	token := resp.Header.Get("Set-Auth-Jwt")
	if token == "" {
		return authToken{}, errors.New("get the session: the response has no token: use the URL of the Better Auth server itself, and its jwt plugin")
	}
	return newAuthToken(token, requestedAt)
}

// exchangeKey gets a token for the API key.
func (b *BetterAuth) exchangeKey(ctx context.Context) (authToken, error) {
	requestedAt := time.Now()
	_, body, err := b.send(ctx, http.MethodGet, tokenPath, nil)
	if err != nil {
		return authToken{}, fmt.Errorf("exchange the API key: %w", err)
	}
	var response struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(body, &response) != nil || response.Token == "" {
		return authToken{}, errors.New("exchange the API key: the response has no token: use the URL of the Better Auth server itself, and its jwt plugin")
	}
	return newAuthToken(response.Token, requestedAt)
}

// newAuthToken reads the lifetime of a token.
func newAuthToken(token string, requestedAt time.Time) (authToken, error) {
	life, err := lifetime(token, requestedAt)
	if err != nil {
		return authToken{}, err
	}
	return authToken{
		token:    token,
		since:    requestedAt,
		renewAt:  requestedAt.Add(life - min(renewBefore, life/5)),
		expireAt: requestedAt.Add(life),
	}, nil
}

// send sends a request, with retries, and returns its response and body.
func (b *BetterAuth) send(ctx context.Context, method, path string, body []byte) (*http.Response, []byte, error) {
	for number := 1; ; number++ {
		resp, data, err := b.attempt(ctx, method, path, body)
		if err == nil || !b.retrying || ctx.Err() != nil {
			return resp, data, err
		}
		failed := failedAttempt{method: method, number: number, err: err}
		if resp != nil {
			failed.status, failed.err = resp.StatusCode, nil
			failed.retryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())
		}
		delay, retry := renewRetry.next(failed, rand.Float64(), timeLeft(ctx))
		// Better Auth limits sign-ins over longer periods than the delay.
		if !retry || failed.status == http.StatusTooManyRequests || wait(ctx, delay) != nil {
			return nil, nil, err
		}
	}
}

// attempt sends a request once. With an error response it returns that response, too.
func (b *BetterAuth) attempt(ctx context.Context, method, path string, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, b.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Close = true // the next request follows minutes later
	req.Header.Set("Accept", "application/json")
	switch {
	case method == http.MethodPost:
		req.Header.Set("Content-Type", typeJSON)
	case b.key != "":
		req.Header.Set("X-Api-Key", b.key)
	default:
		for _, cookie := range b.cookies {
			req.AddCookie(cookie)
		}
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrAuthUnavailable, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAuthResponse))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("%w: %w", ErrAuthUnavailable, err)
	case resp.StatusCode == http.StatusOK:
		return resp, data, nil
	}
	err = fmt.Errorf("status %d of Better Auth", resp.StatusCode)
	switch {
	case b.key != "" && resp.StatusCode == http.StatusUnauthorized && !isKeyError(data):
		// Better Auth responds with this code for every key while its database is down.
		err = fmt.Errorf("%w: %w", ErrAuthUnavailable, err)
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		err = fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	case resp.StatusCode == http.StatusTooManyRequests:
		err = rateLimited(resp.Header)
	case resp.StatusCode >= 500:
		err = fmt.Errorf("%w: %w", ErrAuthUnavailable, err)
	}
	return resp, nil, err
}

// isKeyError reports whether an error is about the API key itself.
func isKeyError(data []byte) bool {
	var problem struct {
		Code string `json:"code"`
	}
	return json.Unmarshal(data, &problem) == nil && strings.Contains(problem.Code, "KEY")
}

// rateLimited returns the error of a 429, with the delay from Better Auth's own
// header, or a second without one.
func rateLimited(header http.Header) error {
	wait := cmp.Or(parseRetryAfter(cmp.Or(header.Get("Retry-After"), header.Get("X-Retry-After")), time.Now()), time.Second)
	return &Error{
		Operation:  "signIn",
		Status:     http.StatusTooManyRequests,
		Code:       taskapi.CodeRateLimited,
		Message:    fmt.Sprintf("Better Auth limits sign-ins: try again in %v", wait),
		RetryAfter: wait,
	}
}

// sessionCookies returns the cookies of a session, updated by new ones. It drops the
// cookie session_data, which would revive a revoked session.
func sessionCookies(cookies, fresh []*http.Cookie) []*http.Cookie {
	var all []*http.Cookie
	for _, c := range append(slices.Clip(cookies), fresh...) {
		wanted := strings.HasSuffix(c.Name, sessionTokenSuffix) || strings.HasSuffix(c.Name, ".dont_remember")
		if wanted && c.MaxAge >= 0 {
			all = slices.DeleteFunc(all, func(old *http.Cookie) bool { return old.Name == c.Name })
			all = append(all, &http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	if !slices.ContainsFunc(all, func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, sessionTokenSuffix) }) {
		return nil
	}
	return all
}

// maxLifetime bounds the lifetime of a token, because exp may be more than a Duration
// can express.
const maxLifetime = 100 * 365 * 24 * time.Hour

// lifetime returns how long a JWT is valid. A client does not check its signature.
func lifetime(token string, now time.Time) (time.Duration, error) {
	var claims struct {
		IssuedAt  float64 `json:"iat"`
		ExpiresAt float64 `json:"exp"`
	}
	_, rest, _ := strings.Cut(token, ".")
	encoded, _, signed := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if !signed || err != nil || json.Unmarshal(payload, &claims) != nil || claims.ExpiresAt == 0 {
		return 0, errors.New("the token is not a JWT that expires")
	}
	// Use the issuer's clock if possible, because it may differ from ours.
	from := claims.IssuedAt
	if from == 0 {
		from = float64(now.Unix())
	}
	seconds := min(max(0, claims.ExpiresAt-from), maxLifetime.Seconds())
	return time.Duration(seconds * float64(time.Second)), nil
}
