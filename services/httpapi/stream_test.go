package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/services/budget"
)

// testHeartbeat is the heartbeat of a testSource's stream.
const testHeartbeat = 15 * time.Second

// testSource is the source of a server's only stream. It sends the texts that the test
// passes to send.
type testSource struct {
	stream  *Stream
	next    func(context.Context) error
	log     *bytes.Buffer
	metrics *Metrics

	mu     sync.Mutex
	text   string
	beats  int
	closed int
}

func newTestSource() *testSource {
	s := &testSource{log: &bytes.Buffer{}, metrics: NewMetrics(), next: func(context.Context) error { return nil }}
	s.stream = NewStream(s, testHeartbeat)
	return s
}

func (s *testSource) Begin(_ context.Context, events *Events) error {
	events.Add("ready", []byte("{}"))
	return events.Flush()
}

func (s *testSource) Next(ctx context.Context, events *Events, heartbeat bool) error {
	if err := s.next(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if heartbeat {
		s.beats++
	}
	text := s.text
	s.text = ""
	return events.Send([]byte(text))
}

func (s *testSource) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
}

// closes returns how often Close was called.
func (s *testSource) closes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// send makes the stream send a text.
func (s *testSource) send(text string) {
	s.mu.Lock()
	s.text += text
	s.mu.Unlock()
	s.stream.Wake()
}

// handler serves the stream at /events, to one client at a time.
func (s *testSource) handler() http.Handler {
	router := NewRouter(Observers{Log: slog.New(slog.NewJSONHandler(s.log, nil)), Metrics: s.metrics})
	api := NewAPI(router, Config{Title: "Test", Version: "1", Limits: Limits{InFlight: 1, Streams: 1}, Metrics: s.metrics})
	RegisterStream(api, huma.Operation{OperationID: "watch", Method: http.MethodGet, Path: "/events"}, nil,
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: s.stream.Serve}, nil
		})
	return router
}

// inbox is a receive buffer: the in-memory connections of these tests have none of their
// own.
type inbox struct {
	mu      sync.Mutex
	arrived *sync.Cond
	data    bytes.Buffer
	err     error
}

// receive starts buffering a connection's incoming bytes.
func receive(conn net.Conn) *inbox {
	i := &inbox{}
	i.arrived = sync.NewCond(&i.mu)
	go func() {
		for buf := make([]byte, 512); i.err == nil; {
			n, err := conn.Read(buf)
			i.mu.Lock()
			i.data.Write(buf[:n])
			i.err = err
			i.arrived.Broadcast()
			i.mu.Unlock()
		}
	}()
	return i
}

func (i *inbox) Read(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for i.data.Len() == 0 {
		if i.err != nil {
			return 0, i.err
		}
		i.arrived.Wait()
	}
	return i.data.Read(p)
}

// open requests the stream on a new connection and reads its first event.
func (s *testSource) open(t *testing.T, request string) (net.Conn, *http.Response, *bufio.Reader) {
	t.Helper()
	conn := dial(t, s.handler())
	fmt.Fprint(conn, request)
	response, lines := readStart(t, receive(conn))
	return conn, response, lines
}

// readStart reads the headers and the first event of a stream.
func readStart(t *testing.T, from io.Reader) (*http.Response, *bufio.Reader) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" || !response.Close {
		t.Fatalf("%s, %q, close %t", response.Status, got, response.Close)
	}
	lines := bufio.NewReader(response.Body)
	wantText(t, lines, "event: ready\ndata: {}\n\n")
	synctest.Wait()
	return response, lines
}

// wantText reads as many bytes as want has and fails the test if they differ.
func wantText(t *testing.T, from io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("%q, %v, want %q", got[:n], err, want)
	}
}

// ended fails the test unless the stream was closed and logged once, and its slot is free.
// It returns the error in the log line.
func (s *testSource) ended(t *testing.T, bytes int) string {
	t.Helper()
	synctest.Wait()
	var line struct {
		Operation, Error string
		Status, Bytes    int
	}
	if err := json.Unmarshal(s.log.Bytes(), &line); err != nil {
		t.Fatalf("log: %v: %s", err, s.log)
	}
	if s.closes() != 1 || line.Operation != "watch" || line.Status != http.StatusOK || line.Bytes != bytes {
		t.Errorf("closed %d times, log %+v, want %d bytes", s.closes(), line, bytes)
	}
	rec := httptest.NewRecorder()
	s.metrics.handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, want := range []string{"tasklane_streams_open 0\n", `tasklane_requests_total{operation="watch",status="200"} 1` + "\n"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	return line.Error
}

const (
	ready         = len("event: ready\ndata: {}\n\n")
	streamRequest = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n"
)

func TestStream(t *testing.T) {
	t.Parallel()
	bubble := func(name string, f func(*testing.T, *testSource)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { f(t, newTestSource()) })
		})
	}

	bubble("sends events, and a comment at each heartbeat", func(t *testing.T, s *testSource) {
		conn, _, lines := s.open(t, streamRequest)
		start := time.Now()
		s.send("data: 1\n\n")
		wantText(t, lines, "data: 1\n\n")
		for heartbeat := range 2 {
			wantText(t, lines, ":\n\n")
			if took := time.Since(start); took != time.Duration(heartbeat+1)*testHeartbeat {
				t.Errorf("heartbeat %d after %s", heartbeat, took)
			}
		}
		synctest.Wait()
		if s.beats != 2 {
			t.Errorf("the source got %d heartbeats, want 2", s.beats)
		}
		_ = conn.Close()
		if cause := s.ended(t, ready+len("data: 1\n\n")+2*len(":\n\n")); cause != "" {
			t.Errorf("the log has the error %q for a client that disconnected", cause)
		}
	})

	bubble("is counted until the client disconnects", func(t *testing.T, s *testSource) {
		conn, _, _ := s.open(t, streamRequest)
		if s.closes() != 0 || s.log.Len() != 0 {
			t.Errorf("closed %d times, log %s", s.closes(), s.log)
		}
		_ = conn.Close()
		s.ended(t, ready)
	})

	bubble("cancels the source when the client disconnects", func(t *testing.T, s *testSource) {
		s.next = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		conn, _, _ := s.open(t, streamRequest)
		_ = conn.Close()
		if cause := s.ended(t, ready); cause != "" {
			t.Errorf("the log has the error %q for a client that disconnected", cause)
		}
	})

	bubble("sends the last chunk after End", func(t *testing.T, s *testSource) {
		_, _, lines := s.open(t, streamRequest)
		s.stream.End()
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
			t.Errorf("%q, %v, want the end", rest, err)
		}
		if cause := s.ended(t, ready); cause != "" {
			t.Errorf("the log has the error %q", cause)
		}
	})

	bubble("logs the source's error and sends the last chunk", func(t *testing.T, s *testSource) {
		_, _, lines := s.open(t, streamRequest)
		s.next = func(context.Context) error { return errors.New("no more") }
		s.stream.Wake()
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
			t.Errorf("%q, %v, want the end", rest, err)
		}
		if cause := s.ended(t, ready); cause != "no more" {
			t.Errorf("the log has the error %q", cause)
		}
	})

	bubble("truncates the response after a panic", func(t *testing.T, s *testSource) {
		_, _, lines := s.open(t, streamRequest)
		s.next = func(context.Context) error { panic("oh no") }
		s.stream.Wake()
		if _, err := io.ReadAll(lines); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v, want an end without the last chunk", err)
		}
		if cause := s.ended(t, ready); !strings.HasPrefix(cause, "panic: oh no\n") {
			t.Errorf("the log has the error %q", cause)
		}
	})

	bubble("drops a client that does not read", func(t *testing.T, s *testSource) {
		conn := dial(t, s.handler())
		fmt.Fprint(conn, streamRequest)
		readStart(t, conn)
		start := time.Now()
		s.send("data: 1\n\n")
		time.Sleep(eventsTimeout) // synctest's clock
		cause := s.ended(t, ready)
		if took := time.Since(start); took != eventsTimeout || !strings.HasPrefix(cause, "send events: ") {
			t.Errorf("dropped after %s, error %q", took, cause)
		}
	})

	bubble("sends no chunks to HTTP/1.0 clients", func(t *testing.T, s *testSource) {
		_, response, lines := s.open(t, "GET /events HTTP/1.0\r\nHost: a\r\n\r\n")
		s.send("data: 1\n\n")
		wantText(t, lines, "data: 1\n\n")
		s.stream.End()
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 || len(response.TransferEncoding) > 0 {
			t.Errorf("%q, %v, encoding %q", rest, err, response.TransferEncoding)
		}
		s.ended(t, ready+len("data: 1\n\n"))
	})

	bubble("continues for a client that has sent more bytes, and detects its end by writing", func(t *testing.T, s *testSource) {
		conn, _, lines := s.open(t, streamRequest+"GET /other HTTP/1.1\r\n")
		s.send("data: 1\n\n")
		wantText(t, lines, "data: 1\n\n")
		synctest.Wait()
		_ = conn.Close()
		synctest.Wait()
		if s.closes() != 0 {
			t.Error("the stream has ended")
		}
		time.Sleep(testHeartbeat) // synctest's clock
		s.ended(t, ready+len("data: 1\n\n"))
	})
}

// TestServerWaitsForStreams stops a server with a stream that ends before the timeout and
// with one that does not.
func TestServerWaitsForStreams(t *testing.T) {
	t.Parallel()
	for name, stuck := range map[string]bool{"until they end": false, "until the timeout": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, open := newTestSource(), newOpenStreams()
				server := Server{Handler: s.handler()}.http(slog.New(slog.DiscardHandler), open)
				conn := serve(t, server)
				fmt.Fprint(conn, streamRequest)
				readStart(t, conn)
				start := time.Now()
				if stuck {
					s.send("data: 1\n\n")
				} else {
					receive(conn)
				}
				const ends = time.Second
				time.AfterFunc(ends, s.stream.End)
				stop(t.Context(), slog.New(slog.DiscardHandler), server, open)
				want := ends
				if stuck {
					want = budget.Shutdown
				}
				if took := time.Since(start); took != want {
					t.Errorf("waited %s, want %s", took, want)
				}
				synctest.Wait()
				if s.closes() != 1 {
					t.Errorf("closed %d times", s.closes())
				}
			})
		})
	}
}
