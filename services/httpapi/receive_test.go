package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestReceive_SlowBodiesTakeNoSlot sends the first bytes of many requests to a server
// that runs one request at a time.
func TestReceive_SlowBodiesTakeNoSlot(t *testing.T) {
	t.Parallel()
	router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
	api := NewAPI(router, Config{Title: "Test", Version: "1", Limits: Limits{InFlight: 1}})
	api.UseMiddleware(api.Receive, api.LimitInFlight)
	type named struct {
		Body struct {
			Name string `json:"name"`
		}
	}
	Register(api, huma.Operation{OperationID: "take", Method: http.MethodPost, Path: "/take"}, nil, func(_ context.Context, in *named) (*named, error) { return in, nil })
	router.Method(http.MethodPost, "/auth", api.Admit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // the client checks the response
	}), MaxBodyBytes, time.Minute, func(*http.Request) string { return "" }))
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)

	const slow = 5
	sendStart := func(path string) net.Conn {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"name\":", path)
		return conn
	}
	var conns []net.Conn
	for range slow {
		conns = append(conns, sendStart("/take"), sendStart("/auth"))
	}
	for range 3 {
		for _, path := range []string{"/take", "/auth"} {
			response, err := http.Post(server.URL+path, "application/json", strings.NewReader(`{"name":"Ada"}`))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s during slow requests: %s", path, response.Status)
			}
		}
	}
	for _, conn := range conns {
		fmt.Fprint(conn, `"Ada"}`)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || strings.TrimSpace(string(body)) != `{"name":"Ada"}` {
			t.Errorf("a slow request: %s %s, %v", response.Status, body, err)
		}
	}
}

func TestReceive_ReadsABodyOrRejectsIt(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		body   io.Reader
		length int64
		full   bool // others hold all bytes
		share  bool // the caller holds its whole share
		want   taskapi.ErrorCode
	}{
		"body":                     {body: strings.NewReader("body"), length: 4},
		"chunked body":             {body: strings.NewReader("body"), length: -1},
		"longest body":             {body: strings.NewReader("01234567"), length: -1},
		"no body":                  {body: http.NoBody},
		"body too large":           {body: strings.NewReader("012345678"), length: -1, want: taskapi.CodeBodyTooLarge},
		"Content-Length too large": {body: strings.NewReader("0123456789"), length: 10, want: taskapi.CodeBodyTooLarge},
		"body truncated":           {body: io.MultiReader(strings.NewReader("bo"), iotest.ErrReader(broken)), length: 4, want: taskapi.CodeInvalid},
		"body too slow":            {body: iotest.ErrReader(os.ErrDeadlineExceeded), length: 4, want: taskapi.CodeTimeout},
		"server full":              {body: strings.NewReader("body"), length: 4, full: true, want: taskapi.CodeOverloaded},
		"caller's share full":      {body: strings.NewReader("body"), length: 4, share: true, want: taskapi.CodeRateLimited},
		"body missing":             {body: strings.NewReader(""), length: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(maxReceived)
			for _, caller := range []string{"a", "b", "c", "d"} {
				if test.full {
					if problem := r.enter(caller).try(maxReceived / userShare); problem != nil {
						t.Fatal(problem)
					}
				}
			}
			if test.share {
				if problem := r.enter("me").try(maxReceived / userShare); problem != nil {
					t.Fatal(problem)
				}
			}
			req := &http.Request{Body: io.NopCloser(test.body), ContentLength: test.length}
			body := &receivedBody{reserved: r.enter("me")}
			problem := body.receive(httptest.NewRecorder(), req, 8)
			if test.want != "" {
				if problem == nil || problem.Code != test.want {
					t.Errorf("got %v, want %s", problem, test.want)
				}
			} else if problem != nil {
				t.Errorf("got %v, want the body", problem)
			} else if got, err := io.ReadAll(req.Body); err != nil || string(got) != string(ReceivedBody(req)) || body.reserved.bytes != int64(len(got)) {
				t.Errorf("read %q, %v; %q is received and %d bytes are held", got, err, ReceivedBody(req), body.reserved.bytes)
			}
			body.reserved.Release()
			if !test.full && !test.share && (!r.total.TryAcquire(maxReceived) || len(r.callers) > 0) {
				t.Error("bytes are held after the end")
			}
		})
	}
}
