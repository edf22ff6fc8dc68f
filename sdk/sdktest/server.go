package sdktest

import (
	"context"
	"crypto/rand"
	"math"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
)

const (
	// keyAge is how long the response of a write is stored for its idempotency key.
	keyAge = 24 * time.Hour
	// retention is how long a task stays in the trash, and then its tombstone in the
	// changes.
	retention = 30 * 24 * time.Hour
	// heartbeat is the interval of a stream's heartbeats.
	heartbeat = 15 * time.Second
	// maxBody bounds a request's body in bytes, maxBatch that of a batch.
	maxBody  = 256 << 10
	maxBatch = 2 << 20
)

// Server is an in-memory task service. Its methods are safe for concurrent use.
type Server struct {
	// URL is the service's address.
	URL string

	http      *httptest.Server
	secret    string // part of tokens
	heartbeat time.Duration
	done      chan struct{} // closed by closeDone
	closeDone func()

	mu         sync.Mutex
	users      map[string]*user
	ids        idMaker
	ahead      time.Duration // of the machine's clock
	clockMoved chan struct{} // closed when the clock is moved
	cut        chan struct{} // closed when the streams are cut
	faults     []*Fault
	// The quota of each user.
	maxResources, maxBytes int
	counted                map[string]int // requests by operation
}

// NewServer starts a server and stops it when the test ends.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s := Start()
	t.Cleanup(s.Close)
	return s
}

// Start starts a server. The caller must close it.
func Start() *Server {
	return start(heartbeat)
}

func start(heartbeat time.Duration) *Server {
	s := &Server{
		secret:     rand.Text(),
		heartbeat:  heartbeat,
		done:       make(chan struct{}),
		users:      make(map[string]*user),
		clockMoved: make(chan struct{}),
		cut:        make(chan struct{}),
		counted:    make(map[string]int),

		maxResources: math.MaxInt, maxBytes: math.MaxInt,
	}
	s.closeDone = sync.OnceFunc(func() { close(s.done) })
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// Close ends all streams and stops the server. It may be called more than once.
func (s *Server) Close() {
	s.closeDone()
	s.http.Close()
}

// Client returns a client for a user and closes it when the test ends.
func (s *Server) Client(t testing.TB, user string, opts ...sdk.Option) *sdk.Client {
	t.Helper()
	source := sdk.TokenFunc(func(context.Context) (string, error) { return s.Token(user), nil })
	client, err := sdk.New(s.URL, append([]sdk.Option{sdk.WithTokenSource(source)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Now returns the time of the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Advance moves the server's clock forward. Tokens expire, tasks leave the trash after
// 30 days, and idempotency keys expire after 24 hours.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
	close(s.clockMoved)
	s.clockMoved = make(chan struct{})
}

// LimitStorage sets each user's quota, as in the service: the number of resources, and
// the bytes of texts plus 100 for each resource, tombstone and response stored for an
// idempotency key. There is no quota by default.
func (s *Server) LimitStorage(resources, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxResources, s.maxBytes = resources, bytes
}

// Requests returns the number of requests of an operation, such as "createTask",
// including those that faults rejected.
func (s *Server) Requests(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counted[operation]
}

// now returns the time in microseconds. s.mu must be held.
func (s *Server) now() time.Time {
	return time.Now().Add(s.ahead).UTC().Truncate(time.Microsecond)
}

// user returns the state of a user. s.mu must be held.
func (s *Server) user(id string) *user {
	u := s.users[id]
	if u == nil {
		u = newUser()
		s.users[id] = u
	}
	return u
}
