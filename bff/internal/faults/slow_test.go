package faults_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// testSlowClients opens, for each way in which clients can be slow, five times as many
// connections as the bff handles requests in flight. Other requests must succeed meanwhile.
func testSlowClients(t *testing.T, s *system) {
	const connections = 5 * maxInFlight
	opened := 0
	slow := s.newWriter("slow", 1)
	var long []any
	for range 50 {
		long = append(long, map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": "long", "description": strings.Repeat("x", taskapi.MaxDescriptionLength)}})
	}
	for range 4 {
		if status, data, err := slow.send(t.Context(), http.MethodPost, "/api/batch", map[string]any{"operations": long}, nil); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s %v", status, data, err)
		}
	}
	cookie := "Cookie: " + slow.cookie + "\r\n"
	const start = " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	quick := s.newWriter("quick", 2)
	for name, sent := range map[string]string{
		"nothing":                    "",
		"half a header":              "GET /api/tasks" + start + "Cook",
		"half a sign-in":             "POST /api/auth/sign-in/email" + start + "Content-Length: 1000\r\n\r\n{",
		"half a task":                "POST /api/tasks" + start + cookie + "Content-Length: 1000\r\n\r\n{",
		"a chunk of a batch":         "POST /api/batch" + start + cookie + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"a response left unread":     "GET /api/tasks?limit=200" + start + cookie + "\r\n",
		"many responses left unread": strings.Repeat("GET /api/tasks?limit=200"+start+cookie+"\r\n", 20),
	} {
		var conns []net.Conn
		for range connections {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.bff.URL.Host)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).SetReadBuffer(1024); err != nil {
				t.Fatal(err)
			}
			// The write blocks if the server does not read.
			_ = conn.SetWriteDeadline(time.Now().Add(attemptTimeout))
			_, _ = fmt.Fprint(conn, sent)
			conns = append(conns, conn)
			opened++
		}
		begin := time.Now()
		for n := range 5 {
			for path, body := range map[string]any{"/api/tasks": map[string]any{"title": fmt.Sprint(n)}, "/api/auth/sign-in/email": map[string]any{"email": "nobody@example.com", "password": "x"}} {
				status, data, err := quick.send(t.Context(), http.MethodPost, path, body, nil)
				if err != nil || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
					t.Errorf("while %d clients send %s: %s: status %d, body %s, %v", connections, name, path, status, data, err)
				}
			}
		}
		t.Logf("while %d clients sent %s, 10 requests took %s", connections, name, time.Since(begin).Round(time.Millisecond))
		for _, conn := range conns {
			_ = conn.Close() // the server may have closed it
		}
	}
	t.Logf("counted: slow clients %d", opened)
}
