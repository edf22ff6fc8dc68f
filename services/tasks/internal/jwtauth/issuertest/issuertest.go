// Package issuertest provides an issuer of tokens for tests. It creates keys at run time
// and publishes them as a JWKS over HTTP.
package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// Name and Audience are in the claims of a token from [Claims].
const (
	Name     = "http://issuer.test"
	Audience = "http://audience.test"
)

// Issuer signs tokens and publishes its keys.
type Issuer struct {
	// URL is where the keys are published.
	URL string
	// Fetches counts the fetches of the keys.
	Fetches atomic.Int64
	// Handler, unless nil, responds in place of Publish.
	Handler atomic.Pointer[http.HandlerFunc]

	mu   sync.Mutex
	keys []jwkset.JWKMarshal
}

// Key is a private key of the issuer.
type Key struct {
	ID     string
	Method jwt.SigningMethod
	Secret crypto.Signer
}

// New returns an issuer without keys.
func New(t testing.TB) *Issuer {
	t.Helper()
	issuer := &Issuer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		issuer.Fetches.Add(1)
		if handler := issuer.Handler.Load(); handler != nil {
			(*handler)(w, r)
			return
		}
		issuer.Publish(w, r)
	}))
	t.Cleanup(server.Close)
	issuer.URL = server.URL
	return issuer
}

// Publish responds with the keys.
func (i *Issuer) Publish(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	_ = json.NewEncoder(w).Encode(jwkset.JWKSMarshal{Keys: i.keys})
}

// AddKey creates a key for an algorithm and publishes it.
func (i *Issuer) AddKey(t testing.TB, id string, method jwt.SigningMethod) Key {
	t.Helper()
	key := Key{ID: id, Method: method, Secret: newSecret(t, method)}
	jwk, err := jwkset.NewJWKFromKey(key.Secret.Public(), jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: id, ALG: jwkset.ALG(method.Alg())},
	})
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, jwk.Marshal())
	return key
}

// RemoveKeys withdraws all keys.
func (i *Issuer) RemoveKeys() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = nil
}

func newSecret(t testing.TB, method jwt.SigningMethod) crypto.Signer {
	t.Helper()
	var (
		secret crypto.Signer
		err    error
	)
	switch method {
	case jwt.SigningMethodES256:
		secret, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jwt.SigningMethodEdDSA:
		_, secret, err = ed25519.GenerateKey(rand.Reader)
	default:
		secret, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// Claims returns the claims of a valid token for a user.
func Claims(user string) jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{
		"iss": Name, "aud": Audience, "sub": user,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// Token signs claims with the key and names it in the header. header has more header
// fields; a nil value removes one.
func (k Key) Token(t testing.TB, claims jwt.Claims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(k.Method, claims)
	delete(token.Header, "typ")
	token.Header["kid"] = k.ID
	for name, value := range header {
		token.Header[name] = value
		if value == nil {
			delete(token.Header, name)
		}
	}
	signed, err := token.SignedString(k.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
