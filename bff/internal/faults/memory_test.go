package faults_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// heavyTasks is the number of the heavy user's tasks, all of the largest size. They fill
// one page.
const heavyTasks = taskapi.MaxListLimit

// TestMemory requests a page of the largest tasks in every way, many times concurrently,
// with and without reading the responses. No server may ever use more than
// [maxMemory] bytes.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := startSystem(t, nil, "RATE_LIMIT=0", "CLIENT_RATE_LIMIT=0")
	heavy := s.newWriter("heavy", 1)
	heavy.createLargest(heavyTasks)
	light := s.newWriter("light", 2)
	workloads := []struct {
		name string
		run  func()
	}{
		{"16 lists at once through the bff", func() { heavy.requestConcurrently(s.bff.URL, 16, 4, "/api/tasks?limit=200") }},
		{"16 lists of changes at once through the bff", func() { heavy.requestConcurrently(s.bff.URL, 16, 4, "/api/changes?limit=200") }},
		{"30 agendas at once", func() { heavy.requestConcurrently(s.bff.URL, 30, 2, "/api/agenda?days=31") }},
		{"30 bootstraps at once", func() { heavy.requestConcurrently(s.bff.URL, 30, 2, "/api/bootstrap") }},
		{"100 lists that are not read, at the bff", func() { heavy.leaveUnread(s.bff.URL, 100, "/api/tasks?limit=200") }},
		{"100 lists that are not read, at the service", func() { heavy.leaveUnread(s.tasks.URL, 100, "/api/tasks?limit=200") }},
		{"20 streams that are not read, at the bff", func() { heavy.leaveUnread(s.bff.URL, 20, "/api/events") }},
		{"50 streams that are not read, at the service", func() { heavy.leaveUnread(s.tasks.URL, 50, "/api/events") }},
	}
	for _, workload := range workloads {
		workload.run()
		for name, server := range map[string]server{"bff": s.bff, "tasks": s.tasks} {
			bytes := peakMemory(t, server.PID())
			t.Logf("%s: %s used at most %d MB", workload.name, name, bytes>>20)
			if bytes > maxMemory {
				t.Errorf("%s: %s used %d MB", workload.name, name, bytes>>20)
			}
		}
		// Other users are still served.
		var list any
		light.get("/api/tasks", &list)
	}
}

// createLargest creates n tasks of the largest size, in batches.
func (w *writer) createLargest(n int) {
	w.t.Helper()
	const each = 20
	task := largestTask()
	for range n / each {
		var operations []any
		for range each {
			operations = append(operations, map[string]any{"op": "create", "kind": "task", "data": task})
		}
		if status, data, err := w.send(w.t.Context(), http.MethodPost, "/api/batch", map[string]any{"operations": operations}, nil); err != nil || status != http.StatusOK {
			w.t.Fatalf("%d %.200s %v", status, data, err)
		}
	}
}

// largestTask returns a task of the largest size.
func largestTask() map[string]any {
	var tags []string
	for i := range taskapi.MaxTags {
		tags = append(tags, strings.Repeat(string(rune('🌀'+i)), taskapi.MaxTagLength))
	}
	return map[string]any{
		"title":       strings.Repeat("🎉", taskapi.MaxTitleLength),
		"description": strings.Repeat("🎉", taskapi.MaxDescriptionLength),
		"dueAt":       "2020-01-01T00:00:00Z",
		"tags":        tags,
	}
}

// requestConcurrently requests a path concurrently, in rounds, and reads the responses. Rejections
// must have a Retry-After.
func (w *writer) requestConcurrently(address *url.URL, clients, rounds int, path string) {
	w.t.Helper()
	rejected := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range rounds {
				r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address.String()+path, nil)
				if err != nil {
					w.t.Error(err)
					return
				}
				r.Header.Set("Cookie", w.cookie)
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					w.t.Errorf("%s: %v", path, err)
					return
				}
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close() // the body has been read
				switch {
				case err != nil:
					w.t.Errorf("%s: %v", path, err)
				case response.StatusCode == http.StatusOK:
				case response.Header.Get("Retry-After") == "":
					w.t.Errorf("%s: %s without Retry-After", path, response.Status)
				default:
					mu.Lock()
					rejected++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	w.t.Logf("%d × %d %s: %d rejected", clients, rounds, path, rejected)
}

// leaveUnread requests a path on many connections and reads only the first byte of each
// response.
func (w *writer) leaveUnread(address *url.URL, connections int, path string) {
	w.t.Helper()
	jwt := w.jwt()
	var conns []net.Conn
	for range connections {
		conn, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", address.Host)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).SetReadBuffer(1024); err != nil {
			w.t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, w.cookie, jwt)
		conns = append(conns, conn)
	}
	// After the first byte, each response has begun.
	for _, conn := range conns {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			w.t.Errorf("%s: %v", path, err)
		}
	}
	for _, conn := range conns {
		_ = conn.Close() // the rest of the response is discarded
	}
}

// jwt returns a JWT of the user.
func (w *writer) jwt() string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.auth.JoinPath("/api/auth/get-session").String(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Cookie", w.cookie)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.Header.Get("Set-Auth-Jwt")
}

// peakMemory returns a process's peak resident memory in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Logf("the peak memory is known only on Linux: %v", err)
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _, _ := strings.Cut(rest, "kB")
	n, err := strconv.Atoi(strings.TrimSpace(kilobytes))
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}
