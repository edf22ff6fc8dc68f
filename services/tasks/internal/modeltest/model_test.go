package modeltest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// length is the number of steps of a sequence.
const length = 60

// model is sdktest's in-memory service.
func model(t testing.TB) side {
	t.Helper()
	server := sdktest.NewServer(t)
	return side{name: "the model", handler: server, token: server.Token}
}

// expectEqual plays random sequences on both sides, with the given number of steps in total.
// If the responses differ, it fails the test and prints a short sequence.
func expectEqual(t *testing.T, sides [2]side, seed uint64, steps int) {
	t.Helper()
	var playing sync.WaitGroup
	var next, played, users atomic.Int64
	var reported atomic.Bool
	user := func() string { return fmt.Sprintf("model-%d-%d", seed, users.Add(1)) }
	for range 4 {
		playing.Go(func() {
			for !reported.Load() {
				number := next.Add(1) - 1
				if number*length >= int64(steps) {
					return
				}
				sequence := sequence(seed, uint64(number), length)
				d := compare(sides, user(), sequence)
				played.Add(length)
				if d == nil || reported.Swap(true) {
					continue
				}
				short := shrink(sequence, func(candidate []step) bool { return d.like(compare(sides, user(), candidate)) })
				if again := compare(sides, user(), short); again != nil {
					d = again
				} else {
					t.Error("the same sequence does not fail again")
				}
				report(t, sides, short, d)
			}
		})
	}
	playing.Wait()
	t.Logf("counted: steps of the model played %d", played.Load())
}

// TestTheModelIsLikeTheService compares sdktest with the real service.
func TestTheModelIsLikeTheService(t *testing.T) {
	t.Parallel()
	steps := 4000
	if os.Getenv("TEST_SOAK") == "1" {
		steps = 1_000_000
	}
	expectEqual(t, [2]side{model(t), service(t, 0, 0)}, seed.Of(t), steps)
}

// TestModelEnforcesTheQuota checks that both sides enforce the same quota.
func TestModelEnforcesTheQuota(t *testing.T) {
	t.Parallel()
	const resources, bytes = 6, 1200
	server := sdktest.NewServer(t)
	server.LimitStorage(resources, bytes)
	steps := 2000
	if os.Getenv("TEST_SOAK") == "1" {
		steps = 200_000
	}
	expectEqual(t, [2]side{{name: "the model", handler: server, token: server.Token}, service(t, resources, bytes)}, seed.Of(t), steps)
}

func TestModelEqualsItself(t *testing.T) {
	t.Parallel()
	expectEqual(t, [2]side{model(t), model(t)}, seed.Of(t), 3000)
}

// TestDifferencesAreFoundAndShrunk breaks the model and checks the report.
func TestDifferencesAreFoundAndShrunk(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		damage   func(http.Handler) http.Handler
		maxSteps int // in the report
	}{
		"a patch forgets a field": {func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPatch {
					data, _ := io.ReadAll(r.Body)
					var members map[string]json.RawMessage
					if json.Unmarshal(data, &members) == nil && len(members) > 1 {
						delete(members, "description")
						data, _ = json.Marshal(members)
					}
					r.Body = io.NopCloser(bytes.NewReader(data))
				}
				h.ServeHTTP(w, r)
			})
		}, 3},
		"If-Match is ignored": {func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("If-Match")
				h.ServeHTTP(w, r)
			})
		}, 4}, // a cascade may increase the version
		"a key is forgotten": {func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("Idempotency-Key")
				h.ServeHTTP(w, r)
			})
		}, 3},
		"a page is too long": {func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "limit=2", "limit=3")
				h.ServeHTTP(w, r)
			})
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			damaged := model(t)
			damaged.name, damaged.handler = "the damaged model", tt.damage(damaged.handler)
			sides := [2]side{model(t), damaged}
			users := 0
			differs := func(steps []step) *difference {
				users++
				return compare(sides, strconv.Itoa(users), steps)
			}
			for number := range uint64(100) {
				steps := sequence(1, number, length)
				if differs(steps) == nil {
					continue
				}
				short := shrink(steps, func(candidate []step) bool { return differs(candidate) != nil })
				if len(short) > tt.maxSteps {
					t.Errorf("the report has %d steps, want at most %d", len(short), tt.maxSteps)
				}
				for _, s := range short {
					t.Log(s)
				}
				return
			}
			t.Error("the difference was not detected")
		})
	}
}
