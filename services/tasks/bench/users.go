package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// user is a user whose tasks are requested.
type user struct {
	id string
	// tasks are the ids of some of the user's tasks; changes is the number of
	// the user's changes.
	tasks   []string
	changes int64
	// Headers of requests to the task service, the floor and the bff; browser is
	// nil for users who never signed up.
	direct, floor, browser http.Header
}

// token is the user's JWT.
func (u user) token() string { return strings.TrimPrefix(u.direct.Get("Authorization"), "Bearer ") }

// tokenLifetime is longer than any run.
const tokenLifetime = 24 * time.Hour

// issuer publishes Better Auth's keys and one of its own, which signs tokens for users who
// exist only as rows: signing up takes 50 ms each, for the password hash.
type issuer struct {
	url, name string
	key       *rsa.PrivateKey
	server    *httptest.Server
}

const keyID = "bench"

func newIssuer(ctx context.Context, name, jwks string) (*issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	var set jwkset.JWKSMarshal
	if err := fetch(ctx, http.DefaultClient, jwks, nil, &set); err != nil {
		return nil, fmt.Errorf("read Better Auth's keys: %w", err)
	}
	own, err := jwkset.NewJWKFromKey(key.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: keyID, ALG: jwkset.AlgRS256}})
	if err != nil {
		return nil, err
	}
	set.Keys = append(set.Keys, own.Marshal())
	published, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(published) }))
	return &issuer{url: server.URL, name: name, key: key, server: server}, nil
}

// token returns a token like Better Auth's for a user.
func (i *issuer) token(user string) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: i.name, Audience: jwt.ClaimStrings{i.name}, Subject: user,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLifetime)),
	})
	token.Header["kid"] = keyID
	return token.SignedString(i.key)
}

// signUp signs up a user with Better Auth and returns the id and the cookies.
func (s *stack) signUp(ctx context.Context) (id, cookies string, err error) {
	body, err := json.Marshal(map[string]string{
		"name": "Ada Lovelace", "email": strings.ToLower(rand.Text()) + "@example.com", "password": rand.Text(),
	})
	if err != nil {
		return "", "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.auth.url+"/api/auth/sign-up/email", bytes.NewReader(body))
	if err != nil {
		return "", "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return "", "", err
	}
	var signedUp struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal(data, &signedUp); err != nil || signedUp.User.ID == "" {
		return "", "", errors.Join(fmt.Errorf("sign up: %s %s", response.Status, data), err)
	}
	var pairs []string
	for _, cookie := range response.Cookies() {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return signedUp.User.ID, strings.Join(pairs, "; "), nil
}

// newUser returns a user with the headers of requests. cookies are empty for a
// user who never signed up.
func (s *stack) newUser(id, cookies string) (user, error) {
	token, err := s.issuer.token(id)
	if err != nil {
		return user{}, err
	}
	u := user{
		id:     id,
		direct: http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}},
		floor:  http.Header{"X-User": {id}, "Content-Type": {"application/json"}},
	}
	if cookies != "" {
		u.browser = http.Header{"Cookie": {cookies}, "Origin": {s.publicURL}, "Content-Type": {"application/json"}}
	}
	return u, nil
}
