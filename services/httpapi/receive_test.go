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
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// TestSlowBodiesHoldUpNobody sends a server that works on one request at a time
// the beginning of many.
func TestSlowBodiesHoldUpNobody(t *testing.T) {
	t.Parallel()
	router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
	api := NewAPI(router, Config{Title: "Test", Version: "1", Limits: Limits{InFlight: 1}})
	api.UseMiddleware(api.Receive)
	type named struct {
		Body struct {
			Name string `json:"name"`
		}
	}
	Register(api, huma.Operation{OperationID: "take", Method: http.MethodPost, Path: "/take"}, nil, func(_ context.Context, in *named) (*named, error) { return in, nil })
	router.Method(http.MethodPost, "/beside", api.Admit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // the client reads it
	}), MaxBodyBytes, time.Minute))
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)

	const slow = 5
	begin := func(path string) net.Conn {
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
		conns = append(conns, begin("/take"), begin("/beside"))
	}
	for range 3 {
		for _, path := range []string{"/take", "/beside"} {
			response, err := http.Post(server.URL+path, "application/json", strings.NewReader(`{"name":"Ada"}`))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s beside slow ones: %s", path, response.Status)
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

func TestReceive(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		body   io.Reader
		length int64
		full   bool // of what others have sent
		fits   bool
		held   int64
		want   string
		err    error
	}{
		"a body":                       {body: strings.NewReader("body"), length: 4, fits: true, held: 4, want: "body"},
		"a body in chunks":             {body: strings.NewReader("body"), length: -1, fits: true, held: 4, want: "body"},
		"no body":                      {body: http.NoBody, fits: true},
		"more than there may be":       {body: strings.NewReader("0123456789"), length: -1, fits: true, held: 9, want: "0123456789"},
		"more than there may be, said": {body: strings.NewReader("0123456789"), length: 10, fits: true, held: 9, want: "0123456789"},
		"one that breaks":              {body: io.MultiReader(strings.NewReader("bo"), iotest.ErrReader(broken)), length: 4, fits: true, held: 2, want: "bo", err: broken},
		"one too many":                 {body: strings.NewReader("body"), length: 4, full: true, held: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var total atomic.Int64
			if test.full {
				total.Store(maxReceived)
			}
			before := total.Load()
			r := &http.Request{Body: io.NopCloser(test.body), ContentLength: test.length}
			body, fits := receive(httptest.NewRecorder(), r, 8, &total)
			if held := total.Load() - before; fits != test.fits || held != test.held {
				t.Errorf("fits %t and holds %d, want %t and %d", fits, held, test.fits, test.held)
			}
			if fits {
				if got, err := io.ReadAll(r.Body); string(got) != test.want || !errors.Is(err, test.err) {
					t.Errorf("read %q, %v; want %q, %v", got, err, test.want, test.err)
				}
			}
			body.release()
			if left := total.Load() - before; left != 0 {
				t.Errorf("%d bytes are held after the end", left)
			}
		})
	}
}
