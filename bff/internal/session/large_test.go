package session_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/session"
)

// usualBytes is the size from which a response is large.
const usualBytes = 64 << 10

// reading counts the large responses that are being read.
type reading struct {
	mu        sync.Mutex
	now, peak int
}

func (r *reading) RoundTrip(*http.Request) (*http.Response, error) {
	body := `{"session":{"expiresAt":"2096-01-01T00:00:00Z"},"user":{"id":"ada","name":"Ada","email":"ada@example.com","image":"` +
		strings.Repeat("x", 1<<20) + `"}}`
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Set-Auth-Jwt": {"e30.eyJleHAiOjQwMDAwMDAwMDB9.x"}},
		Body: &readBody{Reader: strings.NewReader(body), reading: r},
	}, nil
}

func (r *reading) add(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now += n
	r.peak = max(r.peak, r.now)
}

type readBody struct {
	io.Reader
	*reading

	read int
}

func (b *readBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.read <= usualBytes && b.read+n > usualBytes {
		b.add(1)
	}
	b.read += n
	return n, err
}

func (b *readBody) Close() error {
	if b.read > usualBytes {
		b.add(-1)
	}
	return nil
}

// TestLargeSessions_AreReadAFewAtATime exchanges sessions whose responses contain a large
// picture.
func TestLargeSessions_AreReadAFewAtATime(t *testing.T) {
	t.Parallel()
	responses := &reading{}
	auth := session.NewBetterAuth(&url.URL{Scheme: "http", Host: "auth"})
	auth.Users = responses
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			got, err := auth.Exchange(t.Context(), session.Request{})
			if err != nil || got.Session.User.ID != "ada" || got.Session.User.Image != nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	all.Wait()
	if responses.peak > 4 {
		t.Errorf("%d large responses were read at once", responses.peak)
	}
}
