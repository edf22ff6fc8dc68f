package faults_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// maxInFlight is the limit of requests in flight, overload the factor by which the
	// number of clients exceeds it.
	maxInFlight = 8
	overload    = 10
	// maxMemory bounds the memory of each server in bytes.
	maxMemory = 256 << 20
)

// tally counts the results of requests.
type tally struct {
	mu       sync.Mutex
	served   []time.Duration
	rejected map[int]int // by status
	// slowest is the longest time until a rejection.
	slowest time.Duration
}

func (l *tally) add(took time.Duration, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if status < http.StatusBadRequest {
		l.served = append(l.served, took)
	} else {
		l.rejected[status]++
		l.slowest = max(l.slowest, took)
	}
}

// percentile returns the time within which n percent of requests were served.
func (l *tally) percentile(n int) time.Duration {
	slices.Sort(l.served)
	return l.served[(len(l.served)-1)*n/100]
}

// sendLoad sends requests from many clients concurrently, for a duration. Each client
// sends at most one request per pause, and waits for each response.
func (s *system) sendLoad(t *testing.T, users []*writer, clients int, pause, duration time.Duration) *tally {
	t.Helper()
	l := &tally{rejected: map[int]int{}}
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: attemptTimeout}
	task, err := json.Marshal(largestTask())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				begin := time.Now()
				status, err := sendOne(t, client, s.bff.URL, users[i%len(users)].cookie, n, task)
				if err != nil {
					t.Errorf("a request under load: %v", err)
					return
				}
				l.add(time.Since(begin), status)
				select {
				case <-time.After(pause - time.Since(begin)):
				case <-ctx.Done():
				}
			}
		})
	}
	all.Wait()
	return l
}

// sendOne reads a list, or creates a task if n is a multiple of five. Rejections must have
// a Retry-After.
func sendOne(t *testing.T, client *http.Client, address *url.URL, cookie string, n int, task []byte) (int, error) {
	method, path, body := http.MethodGet, "/api/tasks?limit=10", []byte(nil)
	if n%5 == 0 {
		method, path, body = http.MethodPost, "/api/tasks", task
	}
	// Not the test's context: requests in flight should complete.
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address.String()+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	switch status := response.StatusCode; {
	case status < http.StatusBadRequest:
	case status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable:
		return status, fmt.Errorf("%s %s: %s", method, path, response.Status)
	case response.Header.Get("Retry-After") == "":
		return status, fmt.Errorf("%s %s: %s without Retry-After", method, path, response.Status)
	}
	return response.StatusCode, nil
}

// memory returns the resident memory of a server in bytes, from its metrics, or zero if the
// operating system does not report it.
func memory(t *testing.T, ops *url.URL) float64 {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ops.JoinPath("/metrics").String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), "process_resident_memory_bytes "); found {
			bytes, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return bytes
		}
	}
	return 0 // not available on every system
}

// TestOverload sends more requests than a system can handle, from fast and slow clients.
func TestOverload(t *testing.T) {
	t.Parallel()
	s := startSystem(t, nil, fmt.Sprint("MAX_IN_FLIGHT=", maxInFlight), "RATE_LIMIT=0", "CLIENT_RATE_LIMIT=0")
	t.Run("ten times the load", func(t *testing.T) { testShedding(t, s) })
	t.Run("slow clients", func(t *testing.T) { testSlowClients(t, s) })
}

// testShedding sends ten times the load that a system can handle, with the largest tasks.
// Further requests must be rejected with a Retry-After, in bounded memory.
func testShedding(t *testing.T, s *system) {
	var users []*writer
	for i := range 2 * maxInFlight {
		users = append(users, s.newWriter(fmt.Sprintf("user %d", i), 1))
	}
	duration := time.Second
	if soak() {
		duration = time.Minute
	}
	s.sendLoad(t, users, maxInFlight, 0, time.Second) // to warm up
	normal := s.sendLoad(t, users, maxInFlight, 0, min(duration, 10*time.Second))
	peak := map[string]float64{}
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			peak["bff"] = max(peak["bff"], memory(t, s.bff.OpsURL))
			peak["tasks"] = max(peak["tasks"], memory(t, s.tasks.OpsURL))
			<-time.After(duration / 10)
		}
	})
	// Each client sends at the rate at which it would be served without the overload.
	pace := normal.percentile(50)
	overloaded := s.sendLoad(t, users, overload*maxInFlight, pace, duration)
	stop()
	watching.Wait()

	recoveryStart := time.Now()
	for _, user := range users {
		var list any
		user.get("/api/tasks", &list)
	}
	t.Logf("%d users were served %s after the overload", len(users), time.Since(recoveryStart).Round(time.Millisecond))
	t.Logf("normal: %d served in %s (half) and %s (95 %%)", len(normal.served), normal.percentile(50), normal.percentile(95))
	t.Logf("%d × as many: %d served in %s (half) and %s (95 %%), rejected %v in at most %s", overload, len(overloaded.served), overloaded.percentile(50), overloaded.percentile(95), overloaded.rejected, overloaded.slowest)
	t.Logf("served requests take %.1f times as long (half)", float64(overloaded.percentile(50))/float64(normal.percentile(50)))
	for name, bytes := range peak {
		t.Logf("%s: %.0f MB at most", name, bytes/(1<<20))
		if bytes > maxMemory {
			t.Errorf("%s used %.0f MB", name, bytes/(1<<20))
		}
	}
	rejected := overloaded.rejected[http.StatusTooManyRequests] + overloaded.rejected[http.StatusServiceUnavailable]
	if rejected == 0 {
		t.Error("nothing was rejected")
	}
	t.Logf("counted: requests sent %d, requests shed %d", len(overloaded.served)+rejected, rejected)
}
