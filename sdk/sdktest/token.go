package sdktest

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// claims are the claims of a token.
type claims struct {
	Subject   string `json:"sub"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
}

// Token returns a bearer token of a user, which is valid for an hour of the server's
// clock. Every user exists.
func (s *Server) Token(user string) string {
	return s.TokenFor(user, time.Hour)
}

// TokenFor returns a bearer token of a user with a lifetime in whole seconds. With a
// negative one, the token has expired.
func (s *Server) TokenFor(user string, life time.Duration) string {
	now := s.Now()
	said := encode(claims{Subject: user, IssuedAt: now.Unix(), ExpiresAt: now.Add(life).Unix()})
	return "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(said) + "." + s.secret
}

// authenticate returns the user of a call.
func (s *Server) authenticate(c *call) *problem {
	scheme, token, _ := strings.Cut(joined(c.request.Header, "Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return unauthorized(taskapi.CodeUnauthenticated, "This needs a bearer token.", "")
	}
	said, ok := s.verify(strings.TrimSpace(token))
	if !ok {
		return unauthorized(taskapi.CodeUnauthenticated, "The token is not valid here.", "")
	}
	c.userID, c.expires = said.Subject, time.Unix(said.ExpiresAt, 0)
	if !s.Now().Before(c.expires) {
		return unauthorized(taskapi.CodeTokenExpired, "The token has expired.", `, error_description="The token has expired."`)
	}
	return nil
}

// verify reads a token of this server, which has the server's secret in place of a
// signature.
func (s *Server) verify(token string) (said claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[2] != s.secret {
		return said, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	return said, err == nil && json.Unmarshal(payload, &said) == nil && said.Subject != ""
}

func unauthorized(code taskapi.ErrorCode, sentence, details string) *problem {
	p := newProblem(code, sentence)
	p.header.Set("WWW-Authenticate", `Bearer error="invalid_token"`+details)
	return p
}
