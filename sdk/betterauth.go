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
	// maxAuthResponse is the size in bytes of the largest response that is read
	// from Better Auth.
	maxAuthResponse = 1 << 20

	// renewBefore is how long before its end a token is replaced, so that
	// Better Auth may be away for a moment; a fifth of its life if that is
	// shorter.
	renewBefore = time.Minute

	// renewPause is how long a renewal that failed is not tried again, so
	// that neither an outage nor a wrong password turns every call into a
	// request.
	renewPause = 5 * time.Second
)

// renewRetry are the rules by which a request to Better Auth is repeated while
// calls wait for it. A server that asks for a pause gets one.
var renewRetry = RetryPolicy{MaxAttempts: 3, BaseDelay: 100 * time.Millisecond, MaxDelay: time.Second}

// The paths of Better Auth.
const (
	signInPath  = "/api/auth/sign-in/email"
	sessionPath = "/api/auth/get-session?disableCookieCache=true"
	tokenPath   = "/api/auth/token" // for keys alone: a session is renewed by sessionPath
)

// sessionToken ends the name of the cookie that names a session.
const sessionToken = ".session_token"

// BetterAuth is a [TokenSource] that gets its tokens from a Better Auth server
// with the plugin for JWTs. It keeps a token until shortly before that expires
// and then gets another one, with one request at a time however many calls
// wait for it. While Better Auth cannot be reached it gives the token it has
// for as long as that is valid. Without one it sends a request that fails for a
// moment up to three times in short order, and from then on once every five
// seconds at most; calls in between fail at once.
//
// Its errors wrap [ErrAuthUnavailable] if Better Auth could not be reached or
// failed, [ErrRateLimited] if it limits sign-ins, [ErrUnauthenticated] if it
// refused the password or the API key, and [ErrSessionExpired] if the session of a cookie has
// ended. With ErrRateLimited the error wraps an [*Error] that has the time to
// wait; until that is over, calls fail at once. No error, nor the source when
// printed, shows a password, cookie or token. To stay below the limit, a program
// that is run often keeps its token in a [TokenFile].
type BetterAuth struct {
	baseURL string
	http    *http.Client

	// email and password sign in whenever there is no session. They are
	// empty for a source that was given a session.
	email, password string
	// key is an API key; empty for a source that has a session.
	key string

	// turn is held by the one renewal at a time: a mutex for which a wait
	// can end with a context. It guards cookies, those of the session, and
	// repeats, whether the renewal's requests may be repeated.
	turn    chan struct{}
	cookies []*http.Cookie
	repeats bool

	mu      sync.Mutex
	held    authToken // its token is empty without one
	failed  error     // of the latest renewal
	retryAt time.Time // when a failed renewal is tried again
}

// BetterAuthOption configures a [BetterAuth].
type BetterAuthOption func(*BetterAuth)

// WithBetterAuthHTTPClient makes the source send its requests through h.
// Redirects are not followed unless h.CheckRedirect is set. The
// default is a client that gives each request 30 seconds.
func WithBetterAuthHTTPClient(h *http.Client) BetterAuthOption {
	return func(b *BetterAuth) { b.http = h }
}

// NewPasswordSource returns a source for the user with this email and
// password. It signs in when a token is first wanted, and again when the
// session has ended.
//
// The URL is that of the Better Auth server itself, below which its paths
// begin with /api/auth. That of the page does not do: it hands out no tokens.
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

// NewSessionSource returns a source for the user whose session a cookie names,
// as a browser has it: "better-auth.session_token=…", or several cookies with
// semicolons between them. When the session ends, so does the source. The URL
// is that of [NewPasswordSource].
func NewSessionSource(baseURL, cookie string, opts ...BetterAuthOption) (*BetterAuth, error) {
	all, err := http.ParseCookie(cookie)
	if err != nil {
		return nil, errors.New("tasklane: the session cookie is not valid")
	}
	cookies := ofSession(nil, all)
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

// NewKeySource returns a source for the user whom an API key belongs to, which Better
// Auth's plugin for API keys has made. [ErrUnauthenticated] means that the key was
// revoked or has expired. The URL is that of [NewPasswordSource].
//
// To use a token across runs of a program, wrap the source in a [TokenFile].
func NewKeySource(baseURL, key string, opts ...BetterAuthOption) (*BetterAuth, error) {
	if _, err := checkToken(key); err != nil {
		return nil, errors.New("tasklane: the API key is empty or holds characters that a key cannot have")
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
		baseURL: base,
		http:    &http.Client{Timeout: attemptTimeout},
		turn:    make(chan struct{}, 1),
	}
	for _, opt := range opts {
		opt(b)
	}
	b.http = withoutRedirects(*b.http)
	return b, nil
}

// String hides what the source knows.
func (b *BetterAuth) String() string {
	return "[Better Auth at " + b.baseURL + "]"
}

// GoString hides it from the verb %#v.
func (b *BetterAuth) GoString() string {
	return b.String()
}

// Token returns a token that is valid for a while.
func (b *BetterAuth) Token(ctx context.Context) (string, error) {
	if token, err, done := b.known(time.Now()); done {
		return token, err
	}
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	// Another call may have done it meanwhile.
	if token, err, done := b.known(time.Now()); done {
		return token, err
	}
	b.repeats = b.urgent(time.Now())
	got, err := b.renew(ctx)
	if err != nil && ctx.Err() != nil {
		// The end of this call's patience; the next one tries for itself.
		return "", ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed, b.retryAt = err, time.Now().Add(max(renewPause, askedToWait(err)))
		if b.held.token != "" && time.Now().Before(b.held.expireAt) {
			return b.held.token, nil
		}
		return "", err
	}
	b.held, b.failed = got, nil
	return got.token, nil
}

// InvalidateToken makes the source get another token if it still holds this
// one. If it has only just got it, another one would be refused as well.
func (b *BetterAuth) InvalidateToken(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held.token == token && time.Since(b.held.since) > renewPause {
		b.held.token = ""
	}
}

// known returns what can be said without a request, if anything.
func (b *BetterAuth) known(now time.Time) (token string, err error, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	resting := b.failed != nil && now.Before(b.retryAt)
	switch {
	case b.held.token != "" && now.Before(b.held.renewAt),
		b.held.token != "" && now.Before(b.held.expireAt) && resting:
		return b.held.token, nil, true
	case resting:
		return "", b.failed, true
	default:
		return "", nil, false
	}
}

// urgent reports whether calls need the next renewal to succeed. In an outage,
// which the renewal before has met, that is not worth more requests.
func (b *BetterAuth) urgent(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed == nil && (b.held.token == "" || !now.Before(b.held.expireAt))
}

// authToken is a token with the times that matter, by this machine's clock.
type authToken struct {
	token    string
	since    time.Time
	renewAt  time.Time // from when on another one is wanted
	expireAt time.Time
}

// renew gets a token for the session there is, or for a new one.
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

// signIn begins a session.
func (b *BetterAuth) signIn(ctx context.Context) error {
	body, err := json.Marshal(map[string]string{"email": b.email, "password": b.password})
	if err != nil {
		return err
	}
	resp, _, err := b.send(ctx, http.MethodPost, signInPath, body)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	cookies := ofSession(nil, resp.Cookies())
	if len(cookies) == 0 {
		return errors.New("sign in: the response has no session cookie")
	}
	b.cookies = cookies
	return nil
}

// exchange gets a token for the session.
func (b *BetterAuth) exchange(ctx context.Context) (authToken, error) {
	asked := time.Now()
	resp, body, err := b.send(ctx, http.MethodGet, sessionPath, nil)
	if err != nil {
		return authToken{}, fmt.Errorf("get the session: %w", err)
	}
	if string(bytes.TrimSpace(body)) == "null" {
		return authToken{}, fmt.Errorf("get the session: %w", ErrSessionExpired)
	}
	b.cookies = ofSession(b.cookies, resp.Cookies())
	token := resp.Header.Get("Set-Auth-Jwt")
	if token == "" {
		return authToken{}, errors.New("get the session: the response has no token: the URL must be the Better Auth server's own, and its plugin jwt be on")
	}
	return newAuthToken(token, asked)
}

// exchangeKey gets a token for the API key.
func (b *BetterAuth) exchangeKey(ctx context.Context) (authToken, error) {
	asked := time.Now()
	_, body, err := b.send(ctx, http.MethodGet, tokenPath, nil)
	if err != nil {
		return authToken{}, fmt.Errorf("exchange the API key: %w", err)
	}
	var response struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(body, &response) != nil || response.Token == "" {
		return authToken{}, errors.New("exchange the API key: the response has no token: the URL must be the Better Auth server's own, and its plugin jwt be on")
	}
	return newAuthToken(response.Token, asked)
}

// newAuthToken reads how long a token is valid.
func newAuthToken(token string, asked time.Time) (authToken, error) {
	life, err := lifetime(token, asked)
	if err != nil {
		return authToken{}, err
	}
	return authToken{
		token:    token,
		since:    asked,
		renewAt:  asked.Add(life - min(renewBefore, life/5)),
		expireAt: asked.Add(life),
	}, nil
}

// send makes a request, again if need be, and returns its response with the body
// read.
func (b *BetterAuth) send(ctx context.Context, method, path string, body []byte) (*http.Response, []byte, error) {
	for number := 1; ; number++ {
		resp, data, err := b.attempt(ctx, method, path, body)
		if err == nil || !b.repeats || ctx.Err() != nil {
			return resp, data, err
		}
		failed := failedAttempt{method: method, number: number, err: err}
		if resp != nil {
			failed.status, failed.err = resp.StatusCode, nil
			failed.retryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())
		}
		delay, again := renewRetry.next(failed, rand.Float64(), timeLeft(ctx))
		// Better Auth counts sign-ins over longer spans than the delay.
		if !again || failed.status == http.StatusTooManyRequests || wait(ctx, delay) != nil {
			return nil, nil, err
		}
	}
}

// attempt makes a request once. With the error of a response it returns that
// response too.
func (b *BetterAuth) attempt(ctx context.Context, method, path string, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, b.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Close = true // the next request is minutes away
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
	case b.key != "" && resp.StatusCode == http.StatusUnauthorized && !refusesKey(data):
		// Better Auth says so of every key while its database is away.
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

// refusesKey reports whether a refusal is about the API key itself.
func refusesKey(data []byte) bool {
	var refusal struct {
		Code string `json:"code"`
	}
	return json.Unmarshal(data, &refusal) == nil && strings.Contains(refusal.Code, "KEY")
}

// rateLimited returns the error of a 429, with the time to wait that Better Auth
// tells in a header of its own.
func rateLimited(header http.Header) error {
	limited := &Error{
		Operation: "signIn",
		Status:    http.StatusTooManyRequests,
		Code:      taskapi.CodeRateLimited,
		Message:   "Better Auth limits sign-ins",
	}
	text := cmp.Or(header.Get("Retry-After"), header.Get("X-Retry-After"))
	if wait := parseRetryAfter(text, time.Now()); wait != nil {
		limited.RetryAfter = *wait
		limited.Message += ": try again in " + wait.String()
	}
	return limited
}

// ofSession returns the cookies that name a session: those there are, with the
// values that new ones give them. The cookie session_data is not among them: it
// would revive a session that has been revoked.
func ofSession(cookies, fresh []*http.Cookie) []*http.Cookie {
	var all []*http.Cookie
	for _, c := range append(slices.Clip(cookies), fresh...) {
		wanted := strings.HasSuffix(c.Name, sessionToken) || strings.HasSuffix(c.Name, ".dont_remember")
		if wanted && c.MaxAge >= 0 {
			all = slices.DeleteFunc(all, func(old *http.Cookie) bool { return old.Name == c.Name })
			all = append(all, &http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	if !slices.ContainsFunc(all, func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, sessionToken) }) {
		return nil
	}
	return all
}

// longestLife is how long a token is taken to be valid at most. One without an
// end in sight may say more than a Duration holds.
const longestLife = 100 * 365 * 24 * time.Hour

// lifetime returns how long a JWT is valid. Its signature is none of a
// client's business.
func lifetime(token string, now time.Time) (time.Duration, error) {
	var claims struct {
		IssuedAt  float64 `json:"iat"`
		ExpiresAt float64 `json:"exp"`
	}
	_, rest, _ := strings.Cut(token, ".")
	encoded, _, signed := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if !signed || err != nil || json.Unmarshal(payload, &claims) != nil || claims.ExpiresAt == 0 {
		return 0, errors.New("the token is not a JWT with an end")
	}
	// By the issuer's own clock if possible, which may differ from ours.
	from := claims.IssuedAt
	if from == 0 {
		from = float64(now.Unix())
	}
	seconds := min(max(0, claims.ExpiresAt-from), longestLife.Seconds())
	return time.Duration(seconds * float64(time.Second)), nil
}
