package web_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestKeysChange_FailsNoRequest replaces the signing keys of JWTs while users send requests.
// A request may fail only if creating a key takes longer than the timeout of an exchange, on
// a busy machine. It is then retried.
func TestKeysChange_FailsNoRequest(t *testing.T) {
	t.Parallel()
	// The users keep their JWTs while the keys change.
	s := newSite(t)
	l := s.startLoad(t, 8)
	begin := time.Now()
	l.awaitSuccess()

	for _, change := range []struct {
		what, statement string
		// rejected is set if the service rejects earlier JWTs.
		rejected bool
	}{
		{"rotated", `UPDATE jwks SET "expiresAt" = now()`, false},
		{"withdrawn", `DELETE FROM jwks`, true},
	} {
		newcomers := make([]*browser, 4)
		for i := range newcomers {
			newcomers[i] = s.newBrowser(t)
			newcomers[i].signUp()
		}
		start, exchanges, known := time.Now(), s.authTap.Count(getSession), s.keysInUse(t)
		s.auth.Exec(change.statement)
		// The newcomers get the first JWTs of the new key. If none exists,
		// Better Auth makes one per request. The service discovers the
		// change from these JWTs.
		responses := make([]*response, len(newcomers))
		var requesting sync.WaitGroup
		var failed atomic.Int64
		for i, newcomer := range newcomers {
			requesting.Go(func() {
				for responses[i] = newcomer.get("/api/tasks"); responses[i].status == http.StatusServiceUnavailable; failed.Add(1) {
					responses[i] = newcomer.get("/api/tasks")
				}
			})
		}
		requesting.Wait()
		for _, got := range responses {
			got.is(http.StatusOK)
		}
		l.awaitSuccess()
		l.log("keys "+change.what, start)

		exchanges = s.authTap.Count(getSession) - exchanges
		newKeys := len(s.keysInUse(t)) - len(known)
		t.Logf("%d exchanges returned JWTs of %d new keys", exchanges, newKeys)
		if newKeys == 0 {
			t.Errorf("keys %s: no JWT has a new key", change.what)
		}
		want := len(newcomers)
		if change.rejected {
			want += len(l.users)
		}
		for _, w := range l.users {
			for _, result := range w.since(start) {
				if result.failed() {
					failed.Add(1)
				}
			}
		}
		if exchanges < want || exchanges > want+int(failed.Load()) {
			t.Errorf("keys %s: %d exchanges, want %d, and %d that failed", change.what, exchanges, want, failed.Load())
		}
	}
	l.end()

	l.failsOnlyWith(begin, taskapi.CodeAuthUnavailable)
	l.checkWrites()
}

// keysInUse returns the key ids of the JWTs that the task service has received.
func (s *site) keysInUse(t *testing.T) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range s.tasksTap.Requests() {
		encoded, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
		decoded, err := base64.RawURLEncoding.DecodeString(encoded)
		var header struct{ Kid string }
		if err != nil || json.Unmarshal(decoded, &header) != nil || header.Kid == "" {
			t.Fatalf("%q is not the header of a JWT", encoded)
		}
		ids[header.Kid] = true
	}
	return ids
}
