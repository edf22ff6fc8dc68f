package sdkfaults_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// bursts answers in place of a service, several requests in a row, as one that
// is overrun and the proxies before it do.
type bursts struct {
	mu     sync.Mutex
	random *rand.Rand
	kind   int // of the burst
	left   int // requests of the burst
	given  int // answers in place of the service
	over   bool
}

func newBursts(seed uint64) *bursts {
	return &bursts{random: rand.New(rand.NewPCG(seed, 0))}
}

// next returns the kind of answer for a request; zero is the service's own.
func (b *bursts) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0
	}
	if b.left == 0 {
		if b.random.IntN(40) != 0 {
			return 0
		}
		b.left, b.kind = 1+b.random.IntN(20), 1+b.random.IntN(5)
	}
	b.left--
	b.given++
	return b.kind
}

// end lets the service answer everything from now on.
func (b *bursts) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}

func (b *bursts) wrap(service http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := b.next()
		if kind > 2 {
			// The answer is lost between proxies, the deed is done.
			service.ServeHTTP(httptest.NewRecorder(), r)
		}
		switch kind {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			httpapi.WriteProblem(w, r, httpapi.NewProblem(taskapi.CodeOverloaded, "Try again."))
		case 3:
			// As of a service that lost its database in a commit.
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
