package balance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/stack/balance"
)

// waitTimeout bounds every wait of a test.
const waitTimeout = time.Minute

// server starts a replica that responds with its name, and streams at /stream.
func server(t *testing.T, name string) (replica balance.Replica, ready *atomic.Bool, stop func()) {
	t.Helper()
	ready = new(atomic.Bool)
	ready.Store(true)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ready":
			if !ready.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "word")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, name, " ", r.Host, " ", string(body))
		}
	}))
	stop = sync.OnceFunc(s.Close)
	t.Cleanup(stop)
	return balance.Replica{URL: s.URL, Ready: s.URL + "/ready"}, ready, stop
}

func TestDistributesRequestsOverReadyReplicas(t *testing.T) {
	t.Parallel()
	one, ready, _ := server(t, "one")
	two, _, stop := server(t, "two")
	b, err := balance.New([]balance.Replica{one, two})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx, 10*time.Millisecond) })
	front := httptest.NewServer(b)
	t.Cleanup(func() {
		front.Close()
		end()
		running.Wait()
	})
	send := func() string {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, front.URL+"/", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "public.example"
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusOK {
			return response.Status
		}
		name, rest, _ := strings.Cut(string(data), " ")
		if rest != "public.example body" {
			t.Fatalf("the replica received %q", rest)
		}
		return name
	}
	seen := map[string]int{}
	for range 10 {
		seen[send()]++
	}
	if seen["one"] != 5 || seen["two"] != 5 {
		t.Errorf("requests per replica: %v, want 5 each", seen)
	}

	response, err := http.Get(front.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(response.Body, make([]byte, 4)); err != nil {
		t.Errorf("read the stream: %v", err)
	}
	_ = response.Body.Close()

	ready.Store(false)
	for deadline, others := time.Now().Add(waitTimeout), 0; others < 10; others++ {
		if send() == "one" {
			others = 0
		}
		if time.Now().After(deadline) {
			t.Fatal("a replica that is not ready still gets requests")
		}
	}
	// If no replica is ready, requests are sent to all that accept connections.
	stop()
	for deadline := time.Now().Add(waitTimeout); send() != "one"; {
		if time.Now().After(deadline) {
			t.Fatal("a replica that has stopped still gets requests")
		}
	}
}

// TestRetriesTheBodyAtTheNextReplica sends requests while the balancer still considers a
// stopped replica ready.
func TestRetriesTheBodyAtTheNextReplica(t *testing.T) {
	t.Parallel()
	one, _, _ := server(t, "one")
	two, _, stop := server(t, "two")
	b, err := balance.New([]balance.Replica{one, two})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(b)
	t.Cleanup(front.Close)
	stop()
	for range 4 {
		response, err := http.Post(front.URL, "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.HasSuffix(string(data), " body") {
			t.Errorf("%s: %q", response.Status, data)
		}
	}
}
