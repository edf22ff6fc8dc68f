package web_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/session"
)

// smuggled is a request hidden in the body of another one.
const smuggled = "GET /api/auth/ok HTTP/1.1\r\nHost: tasks\r\nX-Request-Id: smuggled\r\nConnection: close\r\n\r\n"

// testWire sends raw bytes that no HTTP client would send.
func testWire(t *testing.T, s *site) {
	ada := s.newBrowser(t)
	ada.signUp()
	cookie := "Cookie: " + session.CookieName + "=" + ada.cookie().Value + "\r\n"
	// get starts a GET request that closes its connection, post a POST request without
	// its length and body.
	get := func(target string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: tasks\r\nConnection: close\r\n"
	}
	const post = "POST /api/auth/sign-out HTTP/1.1\r\nHost: tasks\r\nContent-Type: application/json\r\n"

	for name, test := range map[string]struct {
		raw  string
		want []int // the status of each response until the connection closes
	}{
		"two kinds of length":                    {post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, []int{200}},
		"two kinds of length, reversed":          {post + "Transfer-Encoding: chunked\r\nContent-Length: 200\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + smuggled, []int{200}},
		"only chunks":                            {post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + smuggled, []int{200}},
		"chunks for an operation":                {"POST /api/tasks HTTP/1.1\r\nHost: tasks\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, []int{415}},
		"chunks for an unknown path":             {"POST /nothing HTTP/1.1\r\nHost: tasks\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, []int{404}},
		"two lengths":                            {post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + smuggled, []int{400}},
		"a list of lengths":                      {post + "Content-Length: 2, 3\r\n\r\n{}" + smuggled, []int{400}},
		"a signed length":                        {post + "Content-Length: +2\r\n\r\n{}" + smuggled, []int{400}},
		"a negative length":                      {post + "Content-Length: -1\r\n\r\n" + smuggled, []int{400}},
		"a hexadecimal length":                   {post + "Content-Length: 0x2\r\n\r\n{}" + smuggled, []int{400}},
		"a blank before the colon":               {post + "Content-Length : 2\r\n\r\n{}" + smuggled, []int{400}},
		"another coding":                         {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, []int{501}},
		"two codings":                            {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, []int{501}},
		"a coding twice":                         {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled, []int{501}},
		"a chunk without an end":                 {post + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n\r\n", []int{422}},
		"a carriage return in a value":           {get("/api/auth/ok") + "User-Agent: a\rX-User-Id: bob\r\n\r\n", []int{400}},
		"a NUL in a value":                       {get("/api/auth/ok") + "User-Agent: a\x00b\r\n\r\n", []int{400}},
		"a blank in a name":                      {get("/api/auth/ok") + "X User: bob\r\n\r\n", []int{400}},
		"a fold before any header":               {"GET /api/auth/ok HTTP/1.1\r\n Host: tasks\r\n\r\n" + smuggled, []int{400}},
		"a folded value":                         {get("/api/auth/ok") + "User-Agent: a\r\n X-User-Id: bob\r\n\r\n", []int{200}},
		"a line break in the path":               {get("/api/auth/ok%0d%0aX-User-Id:%20bob") + "\r\n", []int{404}},
		"a line break in a request id":           {get("/api/auth/ok") + "X-Request-Id: a%0d%0ab\r\n\r\n", []int{200}},
		"no host":                                {"GET /api/auth/ok HTTP/1.1\r\n\r\n" + smuggled, []int{400}},
		"two hosts":                              {get("/api/auth/ok") + "Host: evil.example\r\n\r\n", []int{400}},
		"another site's host":                    {strings.Replace(get("/api/auth/ok"), "Host: tasks", "Host: evil.example", 1) + "\r\n", []int{200}},
		"an absolute URL":                        {get("http://evil.example/api/auth/ok") + "\r\n", []int{200}},
		"an absolute URL with a user":            {get("http://user:password@evil.example/api/auth/ok") + "\r\n", []int{200}},
		"a tunnel":                               {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", []int{404}},
		"another protocol":                       {"GET /api/auth/ok HTTP/1.1\r\nHost: tasks\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n", []int{200}},
		"HTTP/2 without negotiation":             {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{404}},
		"an unknown version of HTTP":             {"GET /api/auth/ok HTTP/3.7\r\nHost: tasks\r\n\r\n", []int{505}},
		"dot segments, encoded":                  {get("/api/auth/%2e%2e/%2e%2e/readyz") + "\r\n", []int{404}},
		"dot segments, with encoded slashes":     {get("/api/auth/..%2f..%2freadyz") + "\r\n", []int{404}},
		"dot segments, encoded twice":            {get("/api/auth/%252e%252e/%252e%252e/readyz") + "\r\n", []int{404}},
		"dot segments, with backslashes":         {get(`/api/auth/..\..\readyz`) + "\r\n", []int{404}},
		"dot segments, with encoded backslashes": {get("/api/auth/..%5c..%5creadyz") + "\r\n", []int{404}},
		"dot segments to the task service":       {get("/api/tasks/..%2f..%2fopenapi.yaml") + cookie + "\r\n", []int{404}},
		"an encoded dot segment as a task's id":  {get("/api/tasks/%2e%2e") + cookie + "\r\n", []int{404}},
		"an identity to Better Auth":             {get("/api/auth/ok") + forgedIdentity + "\r\n", []int{200}},
		"an identity to the task service":        {get("/api/tasks") + cookie + forgedIdentity + "\r\n", []int{200}},
		"headers declared hop-by-hop":            {get("/api/tasks") + cookie + "Connection: cookie, authorization, x-request-id\r\n\r\n", []int{200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, s.wire(t, test.raw)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
		})
	}
	t.Cleanup(func() { checkForwarded(t, s) })
}

// forgedIdentity are headers with which a client claims another identity.
const forgedIdentity = "Authorization: Basic x\r\nProxy-Authorization: Basic eA==\r\nForwarded: for=198.51.100.1\r\nX-Forwarded-Host: evil.example\r\n" +
	"X-Forwarded-Proto: https\r\nX-Real-Ip: 198.51.100.1\r\nX-User-Id: bob\r\nX_User_Id: bob\r\nX-Original-Url: /readyz\r\nX-Http-Method-Override: DELETE\r\n"

// wire sends bytes and returns the status of each response until the connection closes.
func (s *site) wire(t *testing.T, raw string) (statuses []int) {
	t.Helper()
	responses := bufio.NewReader(s.sendRaw(t, raw))
	for {
		response, err := http.ReadResponse(responses, nil)
		if err != nil {
			return statuses
		}
		statuses = append(statuses, response.StatusCode)
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// raw sends bytes and returns everything received until the connection closes.
func (s *site) raw(t *testing.T, request string) string {
	t.Helper()
	received, err := io.ReadAll(s.sendRaw(t, request))
	if err != nil {
		t.Fatal(err)
	}
	return string(received)
}

// sendRaw sends bytes and returns the connection.
func (s *site) sendRaw(t *testing.T, request string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", parse(t, s.url).Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(waitTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return conn
}

// checkForwarded checks all requests that the other servers received.
func checkForwarded(t *testing.T, s *site) {
	stripped := []string{
		"Proxy-Authorization", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "X-User-Id", "X_user_id",
		"X-Original-Url", "X-Http-Method-Override", "Upgrade", "Te", "Trailer",
	}
	check := func(r *http.Request, host, prefix string) {
		if r.Host != host {
			t.Errorf("%s got the Host %q", prefix, r.Host)
		}
		if !strings.HasPrefix(r.URL.Path, prefix) || path.Clean(r.URL.Path) != r.URL.Path {
			t.Errorf("got a request for %q, outside of %s", r.URL.Path, prefix)
		}
		if r.Header.Get("X-Request-Id") == "smuggled" {
			t.Error("a smuggled request was forwarded")
		}
		for _, name := range stripped {
			if values, ok := r.Header[name]; ok {
				t.Errorf("%s %q was forwarded to %s", name, values, prefix)
			}
		}
	}
	for _, r := range s.authTap.Requests() {
		check(r, s.authTap.URL.Host, "/api/auth/")
		if got := r.Header.Values("Authorization"); got != nil {
			t.Errorf("Authorization %q was forwarded to Better Auth", got)
		}
	}
	for _, r := range s.tasksTap.Requests() {
		check(r, s.tasksTap.URL.Host, "/api/")
		if got := r.Header.Values("Authorization"); len(got) != 1 || !strings.HasPrefix(got[0], "Bearer eyJ") {
			t.Errorf("Authorization %q was forwarded to the task service", got)
		}
		for _, name := range []string{"Cookie", "X-Forwarded-For"} {
			if values, ok := r.Header[name]; ok {
				t.Errorf("%s %q was forwarded to the task service", name, values)
			}
		}
	}
}
