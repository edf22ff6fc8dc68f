package sdk_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
)

// betterAuth is a fake Better Auth server, in memory.
type betterAuth struct {
	life time.Duration // of tokens; 5 minutes if it is zero
	skew time.Duration // of its clock
	// fault, unless nil, may respond in place of the server. It returns false if it
	// does not.
	fault func(http.ResponseWriter, *http.Request) bool

	mu       sync.Mutex
	sessions map[string]bool // by the cookie's value
	requests []string        // method, path and cookies
	tokens   int
	inFlight int
	peak     int // the highest inFlight so far
}

const (
	email    = "planner@example.com"
	password = "hunter2"
)

func (b *betterAuth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.requests = append(b.requests, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Cookie"))
	b.inFlight++
	b.peak = max(b.peak, b.inFlight)
	b.mu.Unlock()
	select {
	case <-time.After(time.Millisecond):
	case <-r.Context().Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	if b.fault != nil && b.fault(w, r) {
		return
	}
	switch r.URL.Path {
	case "/auth/api/auth/sign-in/email":
		b.signIn(w, r)
	case "/auth/api/auth/get-session":
		b.session(w, r)
	case "/auth/api/auth/token":
		b.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (b *betterAuth) signIn(w http.ResponseWriter, r *http.Request) {
	var body struct{ Email, Password string }
	if json.NewDecoder(r.Body).Decode(&body) != nil || r.Header.Get("Origin") != "" || r.Header.Get("Cookie") != "" {
		http.Error(w, "not the request of a program", http.StatusBadRequest)
		return
	}
	if body.Email != email || body.Password != password {
		http.Error(w, `{"code":"INVALID_EMAIL_OR_PASSWORD"}`, http.StatusUnauthorized)
		return
	}
	if b.sessions == nil {
		b.sessions = make(map[string]bool)
	}
	value := url.QueryEscape(fmt.Sprintf("session-%d.signature=", len(b.sessions)+1))
	b.sessions[value] = true
	http.SetCookie(w, &http.Cookie{Name: "better-auth.session_token", Value: value, HttpOnly: true})
	http.SetCookie(w, &http.Cookie{Name: "better-auth.session_data", Value: "cache"})
	_, _ = io.WriteString(w, `{"user":{}}`)
}

func (b *betterAuth) session(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("better-auth.session_token")
	if _, cached := r.Cookie("better-auth.session_data"); err != nil || cached == nil || !b.sessions[cookie.Value] {
		http.SetCookie(w, &http.Cookie{Name: "better-auth.session_token", MaxAge: -1})
		_, _ = io.WriteString(w, "null")
		return
	}
	w.Header().Set("Set-Auth-Jwt", b.newToken())
	_, _ = io.WriteString(w, `{"session":{},"user":{}}`)
}

// newToken returns another token. The caller holds b.mu.
func (b *betterAuth) newToken() string {
	life := b.life
	if life == 0 {
		life = 5 * time.Minute
	}
	b.tokens++
	now := time.Now().Add(b.skew)
	return jwt(map[string]any{"sub": b.tokens, "iat": now.Unix(), "exp": now.Add(life).Unix()})
}

// apiKey is the key of the user.
const apiKey = "tasklane_key"

// token responds with a JWT for an API key.
func (b *betterAuth) token(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") != apiKey || r.Header.Get("Cookie") != "" {
		http.Error(w, `{"code":"INVALID_API_KEY"}`, http.StatusUnauthorized)
		return
	}
	_, _ = fmt.Fprintf(w, `{"token":%q}`, b.newToken())
}

// jwt returns a token with these claims.
func jwt(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

// client connects a source to the server.
func (b *betterAuth) client() sdk.BetterAuthOption {
	server := inMemoryClient(b.ServeHTTP).Transport
	return sdk.WithBetterAuthHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := server.RoundTrip(r)
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return resp, err
	})})
}

func (b *betterAuth) passwordSource(t *testing.T) *sdk.BetterAuth {
	t.Helper()
	source, err := sdk.NewPasswordSource("http://auth/auth/", email, password, b.client())
	if err != nil {
		t.Fatal(err)
	}
	return source
}
