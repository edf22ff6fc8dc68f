package sdkfaults_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// bursts replaces the service's responses to several requests in a row, as an overloaded
// service and its proxies do.
type bursts struct {
	mu     sync.Mutex
	random *rand.Rand
	kind   int // the current burst's kind of response
	left   int // requests left in the current burst
	sent   int // responses sent in place of the service's
	ended  bool
}

func newBursts(seed uint64) *bursts {
	return &bursts{random: rand.New(rand.NewPCG(seed, 0))}
}

// next returns the kind of response to a request; zero is the service's own.
func (b *bursts) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return 0
	}
	if b.left == 0 {
		if b.random.IntN(40) != 0 {
			return 0
		}
		b.left, b.kind = 1+b.random.IntN(20), 1+b.random.IntN(5)
	}
	b.left--
	b.sent++
	return b.kind
}

// end leaves all further responses to the service.
func (b *bursts) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

func (b *bursts) wrap(service http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := b.next()
		if kind > 2 {
			// The request is executed, but its response is lost.
			service.ServeHTTP(httptest.NewRecorder(), r)
		}
		switch kind {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			httpapi.WriteProblem(w, r, httpapi.NewProblem(taskapi.CodeOverloaded, "Try again."))
		case 3:
			// Like a service that lost its database during a commit.
			httpapi.WriteProblem(w, r, httpapi.NewProblem(taskapi.CodeUnavailable, "Try again."))
		case 4:
			w.WriteHeader(http.StatusBadGateway)
		case 5:
			w.WriteHeader(http.StatusGatewayTimeout)
		default:
			service.ServeHTTP(w, r)
		}
	})
}
