package api_test

import (
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

// TestConformance runs the contract's cases, which the SDK's own fake passes
// too, against the real service.
func TestConformance(t *testing.T) {
	t.Parallel()
	s := newService(t)
	sdktest.Conformance(t, sdktest.Target{
		URL: s.url,
		Token: func(t testing.TB, user string, life time.Duration) string {
			claims := issuertest.Claims(user)
			claims["exp"] = time.Now().Add(life).Unix()
			return s.key.Token(t, claims, nil)
		},
		Leeway:    30 * time.Second,
		Heartbeat: heartbeat,
	})
}
