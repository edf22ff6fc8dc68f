package api_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/services/stack/balance"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

// TestConformance runs the conformance suite, which sdktest's server also passes, against the
// real service.
func TestConformance(t *testing.T) {
	t.Parallel()
	s := newService(t)
	conform(t, s, s.url)
}

// TestConformanceOnReplicas runs the suite against two services in turn.
func TestConformanceOnReplicas(t *testing.T) {
	t.Parallel()
	here, there := newReplicas(t, heartbeat)
	front, err := balance.New([]balance.Replica{{URL: here.url}, {URL: there.url}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(front)
	t.Cleanup(func() {
		here.hub.Close()
		there.hub.Close() // or streams would keep the server open
		server.Close()
	})
	conform(t, here, server.URL)
}

// conform runs the suite at a URL that accepts the tokens of s.
func conform(t *testing.T, s *service, url string) {
	t.Helper()
	sdktest.Conformance(t, sdktest.Target{
		URL: url,
		Token: func(t testing.TB, user string, life time.Duration) string {
			claims := issuertest.Claims(user)
			claims["exp"] = time.Now().Add(life).Unix()
			return s.key.Token(t, claims, nil)
		},
		Leeway:    30 * time.Second,
		Heartbeat: heartbeat,
	})
}
