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
// clock. The user need not be created.
func (s *Server) Token(user string) string {
	return s.TokenFor(user, time.Hour)
}

// TokenFor returns a bearer token of a user with a lifetime in whole seconds. With a
// negative one, the token has expired.
func (s *Server) TokenFor(user string, life time.Duration) string {
	now := s.Now()
	payload := encode(claims{Subject: user, IssuedAt: now.Unix(), ExpiresAt: now.Add(life).Unix()})
	return "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(payload) + "." + s.secret
}

// authenticate sets the user of a call from its token.
func (s *Server) authenticate(c *call) *problem {
	scheme, token, _ := strings.Cut(joined(c.request.Header, "Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return unauthorized(taskapi.CodeUnauthenticated, "This needs a bearer token.", "")
	}
	// The server's secret is in place of a signature.
	unsigned, isOurs := strings.CutSuffix(strings.TrimSpace(token), "."+s.secret)
	_, encoded, _ := strings.Cut(unsigned, ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	var parsed claims
	if !isOurs || err != nil || json.Unmarshal(payload, &parsed) != nil || parsed.Subject == "" {
		return unauthorized(taskapi.CodeUnauthenticated, "The token is not valid here.", "")
	}
	c.userID, c.expires = parsed.Subject, time.Unix(parsed.ExpiresAt, 0)
	if !s.Now().Before(c.expires) {
		return unauthorized(taskapi.CodeTokenExpired, "The token has expired.", `, error_description="The token has expired."`)
	}
	return nil
}

func unauthorized(code taskapi.ErrorCode, sentence, details string) *problem {
	p := newProblem(code, sentence)
	p.header.Set("WWW-Authenticate", `Bearer error="invalid_token"`+details)
	return p
}
