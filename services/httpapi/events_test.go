package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/services/httpapi"
)

// countingSource sends the next number after each heartbeat, up to last.
type countingSource struct{ sent, last int }

func (s *countingSource) Begin(_ context.Context, events *httpapi.Events) error {
	events.Add("ready", []byte("{}"))
	return events.Flush()
}

func (s *countingSource) Next(_ context.Context, events *httpapi.Events, heartbeat bool) error {
	if !heartbeat {
		return nil
	}
	if s.sent++; s.sent > s.last {
		return httpapi.ErrStreamEnd
	}
	return events.Send(httpapi.AppendEvent(nil, strconv.Itoa(s.sent), "beat", []byte("{}")))
}

func (s *countingSource) Close() {}

func TestEventsOutlastTheWriteDeadline(t *testing.T) {
	t.Parallel()
	const limit, beats = 100 * time.Millisecond, 10
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler)})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "test", Version: "1"})
	httpapi.RegisterStream(api, huma.Operation{OperationID: "watch", Method: http.MethodGet, Path: "/events"}, nil,
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				// The deadlines that other responses have.
				_, w := humachi.Unwrap(ctx)
				connection := http.NewResponseController(w)
				if err := errors.Join(
					connection.SetReadDeadline(time.Now().Add(limit)), connection.SetWriteDeadline(time.Now().Add(limit)),
				); err != nil {
					t.Error(err)
				}
				httpapi.NewStream(&countingSource{last: beats}, limit/2).Serve(ctx)
			}}, nil
		})
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)

	response, err := server.Client().Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	ids := 0
	for lines.Scan() {
		if lines.Text() == "event: beat" {
			ids++
		}
	}
	if ids != beats || lines.Err() != nil {
		t.Errorf("%d events, %v; want %d", ids, lines.Err(), beats)
	}
}

// TestStream_HEADKeepsTheConnection sends HEAD for a stream and then another request on
// the same connection.
func TestStream_HEADKeepsTheConnection(t *testing.T) {
	t.Parallel()
	router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler)})
	api := httpapi.NewAPI(router, httpapi.Config{Title: "test", Version: "1", Limits: httpapi.Limits{Streams: 1}})
	httpapi.RegisterStream(api, huma.Operation{OperationID: "watch", Method: http.MethodGet, Path: "/events"}, nil,
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: httpapi.NewStream(&countingSource{last: 1}, time.Hour).Serve}, nil
		})
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: 10 * time.Second}
	t.Cleanup(client.CloseIdleConnections)

	for i := range 2 {
		head, err := client.Head(server.URL + "/events")
		if err != nil {
			t.Fatal(err)
		}
		head.Body.Close()
		if got := head.Header.Get("Content-Type"); head.StatusCode != http.StatusOK || got != "text/event-stream" {
			t.Errorf("HEAD %d: %d %s", i, head.StatusCode, got)
		}
		next, err := client.Get(server.URL + "/nothing")
		if err != nil {
			t.Fatal(err)
		}
		next.Body.Close()
		if next.StatusCode != http.StatusNotFound {
			t.Errorf("the next request: %d", next.StatusCode)
		}
	}
}
