package forward_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/bff/internal/forward"
	"github.com/tasklane/tasklane/services/budget"
)

// TestRequestAndResponse_AreForwardedWithTheListedHeaders also checks that the URL's text, the
// bodies and the status do not change.
func TestRequestAndResponse_AreForwardedWithTheListedHeaders(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var gotBody []byte
	f := newFront(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		gotBody, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"7"`)
		w.Header().Set("X-Internal", "secret")
		w.Header().Set("Content-Security-Policy", "none")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, `{"a":1}`)
	})+"/base/")
	response, body := f.do(t, http.MethodPatch, "/api/tasks/a%20b?q=%zz&b=1;c&a=%2F&&", strings.NewReader(`{"title":"x"}`), http.Header{
		"Content-Type": {"application/json"}, "If-Match": {`"1"`, `"2"`}, "Cookie": {"a=b"},
		"Authorization": {"Bearer x"}, "Connection": {"If-Match"}, "X-Forwarded-For": {"198.51.100.1"},
	})
	if want := "/base/api/tasks/a%20b?q=%zz&b=1;c&a=%2F&&"; got.Method != http.MethodPatch || got.RequestURI != want {
		t.Errorf("got %s %s, want %s", got.Method, got.RequestURI, want)
	}
	if string(gotBody) != `{"title":"x"}` || got.ContentLength != int64(len(gotBody)) {
		t.Errorf("body %q, Content-Length %d", gotBody, got.ContentLength)
	}
	want := http.Header{"Content-Length": {"13"}, "Content-Type": {"application/json"}, "If-Match": {`"1"`, `"2"`}}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	response.Header.Del("Date")
	want = http.Header{
		"Content-Length": {"7"}, "Content-Type": {"application/json"}, "Etag": {`"7"`},
		"Content-Security-Policy": {"default-src 'none'"},
	}
	if diff := cmp.Diff(want, response.Header); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	if response.StatusCode != http.StatusTeapot || string(body) != `{"a":1}` {
		t.Errorf("response %d %s", response.StatusCode, body)
	}
}

func TestInterimResponsesAndTrailers_AreDropped(t *testing.T) {
	t.Parallel()
	f := newFront(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "early=1")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Set-Cookie")
		w.Header().Set("Trailer", "X-Trailer, Set-Cookie")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "{}")
		w.Header().Set("X-Trailer", "x")
		w.Header().Set("Set-Cookie", "late=1")
	}))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", f.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaked := range []string{"103", "early=1", "late=1", "railer"} { // Trailer and trailer
		if bytes.Contains(got, []byte(leaked)) {
			t.Errorf("%q was forwarded:\n%s", leaked, got)
		}
	}
	for _, kept := range []string{"HTTP/1.1 200 OK", "Content-Security-Policy", "\r\n\r\n{}"} {
		if !bytes.Contains(got, []byte(kept)) {
			t.Errorf("%q is missing:\n%s", kept, got)
		}
	}
}

func TestResponse_OfEverySizeIsForwarded(t *testing.T) {
	t.Parallel()
	for _, chunked := range []bool{false, true} {
		for _, size := range []int{0, 1, headSize - 1, headSize, headSize + 1, 3 << 20} {
			want := bytes.Repeat([]byte("x"), size)
			f := newFront(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if chunked {
					_ = http.NewResponseController(w).Flush()
				}
				_, _ = w.Write(want)
			}))
			if response, got := f.get(t, "/"); response.StatusCode != http.StatusOK || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, chunked %t: %d with %d bytes", size, chunked, response.StatusCode, len(got))
			}
		}
	}
}

func TestResponse_WithoutBodyIsForwarded(t *testing.T) {
	t.Parallel()
	f := newFront(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/304":
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Length", "5")
		}
	}))
	for _, test := range []struct {
		method, path, length string
		status               int
	}{
		{http.MethodGet, "/304", "", http.StatusNotModified},
		{http.MethodGet, "/204", "", http.StatusNoContent},
		{http.MethodHead, "/x", "5", http.StatusOK},
	} {
		response, body := f.do(t, test.method, test.path, nil, nil)
		if response.StatusCode != test.status || len(body) > 0 || response.Header.Get("Content-Length") != test.length {
			t.Errorf("%s: %d %q %v", test.path, response.StatusCode, body, response.Header)
		}
	}
}

// TestBrokenResponse_IsAnErrorOrTruncated checks responses that break before their first
// 64 KiB have arrived, and after.
func TestBrokenResponse_IsAnErrorOrTruncated(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", headSize+1)
	for name, text := range map[string]string{
		"no response":       "",
		"half a status":     "HTTP/1.1 2",
		"half a header":     "HTTP/1.1 200 OK\r\nContent-",
		"no body":           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		"half a body":       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
		"half the chunks":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"64 KiB - 1 byte":   "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + body[:headSize-1],
		"not HTTP":          "SSH-2.0-OpenSSH_9.6\r\n",
		"50,000 103s":       strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", 50_000),
		"headers too large": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 300<<10) + "\r\n\r\n",
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			t.Parallel()
			f := newFront(t, serveRaw(t, func(int64) (string, bool) { return text, true }))
			response, got := f.get(t, "/")
			if response.StatusCode != frontStatus || len(got) > 0 {
				t.Errorf("%d %q", response.StatusCode, got)
			}
		})
	}
	t.Run("a break after 64 KiB truncates the response", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{
			"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n" + body + "\r\n",
		} {
			f := newFront(t, serveRaw(t, func(int64) (string, bool) { return text, true }))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes, then %v", len(got), err)
			}
			if err := <-f.err; err == nil {
				t.Error("no error")
			}
		}
	})
}

func TestUnsupportedResponse_IsRejected(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"101 Switching Protocols": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
			_, _ = conn.Read(make([]byte, 1)) // blocks until the other side closes
		},
		"Content-Encoding": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "\x1f\x8b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t, serve(t, handler))
			response, _ := f.get(t, "/")
			f.wantError(t, response, forward.ErrResponse)
		})
	}
}

func TestNonCanonicalPath_IsRejected(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	f := newFront(t, serve(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	for _, path := range []string{"/a/../b", "/a/./b", "/a//b", "//a", "/a/", "/a%2Fb", "/%61", "/a/%2e%2e/b", "/a/..%2fb", "/.", "/.."} {
		response, _ := f.get(t, path)
		f.wantError(t, response, forward.ErrPath)
	}
	for _, path := range []string{"/", "/a", "/a/b", "/a%20b", "/a%00", "/%C3%A4"} {
		if response, _ := f.get(t, path); response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
	if got := requests.Load(); got != 6 {
		t.Errorf("%d requests reached the server", got)
	}
}

// TestRequestOnAClosedConnection_IsRetriedIfSafe closes a reused connection at a request,
// as a server does when its idle timeout expires.
func TestRequestOnAClosedConnection_IsRetriedIfSafe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method  string
		key     []string
		retried bool
	}{
		{http.MethodGet, nil, true},
		{http.MethodPost, []string{"once"}, true},
		{http.MethodPatch, []string{"once"}, true},
		{http.MethodPost, nil, false},
		{http.MethodPatch, nil, false},
		{http.MethodDelete, nil, false},
	} {
		t.Run(fmt.Sprint(test.method, test.key), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			f := newFront(t, serveRaw(t, func(n int64) (string, bool) {
				requests.Store(n)
				if n == 2 {
					return "", true
				}
				return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false
			}))
			f.get(t, "/")
			response, _ := f.do(t, test.method, "/", strings.NewReader("{}"), http.Header{"Idempotency-Key": test.key})
			want := frontStatus
			if test.retried {
				want = http.StatusOK
			}
			if retried := requests.Load() == 3; response.StatusCode != want || retried != test.retried {
				t.Errorf("%d, retried: %t", response.StatusCode, retried)
			}
		})
	}
}

func TestTimeout_BoundsTheFirst64KiB(t *testing.T) {
	t.Parallel()
	t.Run("a response that does not arrive in time is an error", func(t *testing.T) {
		t.Parallel()
		for _, sendHeaders := range []bool{false, true} {
			f := newFront(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if sendHeaders {
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done() // ends with the request
			}))
			f.timeout = 50 * time.Millisecond
			response, _ := f.get(t, "/")
			f.wantError(t, response, context.DeadlineExceeded)
		}
	})
	t.Run("the rest of a response may take longer", func(t *testing.T) {
		t.Parallel()
		// On a busy machine, the first 64 KiB may take longer than a short timeout.
		for limit := 50 * time.Millisecond; ; limit *= 2 {
			f := newFront(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(make([]byte, headSize))
				_ = http.NewResponseController(w).Flush()
				<-time.After(2 * limit)
				_, _ = w.Write(make([]byte, 10))
			}))
			f.timeout = limit
			response, got := f.get(t, "/")
			if response.StatusCode == frontStatus && limit < timeout {
				continue
			}
			if len(got) != headSize+10 {
				t.Errorf("%d bytes", len(got))
			}
			return
		}
	})
}

func TestCanceledRequest_IsCanceledAtTheUpstream(t *testing.T) {
	t.Parallel()
	arrived, canceled := make(chan struct{}), make(chan struct{})
	f := newFront(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(canceled)
	}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-arrived
		cancel()
	}()
	if response, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_ = response.Body.Close()
		t.Error("there was a response")
	}
	<-canceled
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSlowReader_DoesNotDelayTheUpstream checks that a response of less than 64 KiB is read
// completely before anything is sent to the browser. Over a real connection, the buffers of
// the operating system would hide a delay.
func TestSlowReader_DoesNotDelayTheUpstream(t *testing.T) {
	t.Parallel()
	body := strings.NewReader(strings.Repeat("x", headSize-1))
	upstream := &forward.Upstream{URL: &url.URL{Scheme: "http", Host: "upstream"}, Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Body: io.NopCloser(body)}, nil
	})}
	response := do(t, upstream)
	defer response.Close()
	if body.Len() > 0 || len(response.Whole()) != headSize-1 {
		t.Errorf("%d bytes were not read before the response was sent", body.Len())
	}
}

// TestSlowReader_HasTenSecondsFromTheBeginningOfTheResponse: the timeout of the request does
// not cut off a browser that takes long to read the first 64 KiB.
func TestSlowReader_HasTenSecondsFromTheBeginningOfTheResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream := &forward.Upstream{URL: &url.URL{Scheme: "http", Host: "upstream"}, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			body := readerFunc(func(p []byte) (int, error) { return len(p), r.Context().Err() })
			return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Body: io.NopCloser(io.LimitReader(body, headSize+10))}, nil
		})}
		response, err := upstream.Do(t.Context(), forward.Request{Method: http.MethodGet, Path: "/", Header: http.Header{}, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer response.Close()
		slow := &slowRecorder{ResponseRecorder: httptest.NewRecorder(), pause: budget.Delivery - time.Millisecond}
		if err := response.Send(slow); err != nil || slow.Body.Len() != headSize+10 {
			t.Errorf("%d bytes: %v", slow.Body.Len(), err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// slowRecorder blocks in the first write.
type slowRecorder struct {
	*httptest.ResponseRecorder

	pause time.Duration
}

func (s *slowRecorder) Write(p []byte) (int, error) {
	time.Sleep(s.pause)
	s.pause = 0
	return s.ResponseRecorder.Write(p)
}

func TestUnreachableUpstream_IsADialError(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	f := newFront(t, address)
	if response, _ := f.get(t, "/"); response.StatusCode != frontStatus {
		t.Errorf("status %d", response.StatusCode)
	}
	var op *net.OpError
	if err := <-f.err; !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("the error is %v", err)
	}
}

func TestSend_KeepsCookiesSetBefore(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Set-Cookie", "b=2") }))
	if err != nil {
		t.Fatal(err)
	}
	response := do(t, &forward.Upstream{URL: address, Transport: http.DefaultTransport, Headers: responseHeaders})
	defer response.Close()
	w := httptest.NewRecorder()
	w.Header().Set("Set-Cookie", "a=1")
	if err := response.Send(w); err != nil {
		t.Fatal(err)
	}
	if got := w.Header().Values("Set-Cookie"); !slices.Equal(got, []string{"a=1", "b=2"}) {
		t.Errorf("cookies %q", got)
	}
}

// do sends a request to an upstream and returns the response, which has not been sent on.
func do(t *testing.T, upstream *forward.Upstream) *forward.Response {
	t.Helper()
	req, err := forward.NewRequest(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Timeout = timeout
	response, err := upstream.Do(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return response
}
