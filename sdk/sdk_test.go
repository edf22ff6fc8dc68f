package sdk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// fullTask is a task with a value in every field.
func fullTask() taskapi.Task {
	at := func(hour int) *time.Time {
		v := time.Date(2026, 11, 23, hour, 30, 0, 123456000, time.UTC)
		return &v
	}
	return taskapi.Task{
		ID:          "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11",
		Title:       "Water the plants",
		Description: "The ones on the balcony too.",
		Completed:   true,
		CompletedAt: at(9),
		Priority:    taskapi.High,
		DueAt:       at(17),
		DueOn:       new("2026-11-23"),
		Tags:        []string{"home", "garden"},
		ListID:      new("019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c12"),
		ParentID:    new("019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c13"),
		Recurrence:  new("FREQ=DAILY"), RecurrenceFrom: taskapi.FromCompletion, NextID: new("019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c14"),
		Version:   7,
		CreatedAt: *at(8),
		UpdatedAt: *at(10),
		DeletedAt: at(11),
	}
}

// serviceRequest is a request that the service received.
type serviceRequest struct {
	method, uri string
	header      http.Header
	body        string
}

// record reads a request.
func record(t *testing.T, r *http.Request) serviceRequest {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("read the request: %v", err)
	}
	return serviceRequest{method: r.Method, uri: r.RequestURI, header: r.Header.Clone(), body: string(body)}
}

// service is an HTTP server on the loopback interface that replays responses and records
// requests.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests []serviceRequest
}

// serve starts a service that sends the responses in order, and then repeats the last
// one.
func serve(t *testing.T, responses ...http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := record(t, r)
		s.mu.Lock()
		respond := responses[min(len(s.requests), len(responses)-1)]
		s.requests = append(s.requests, request)
		s.mu.Unlock()
		respond(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// received returns the requests so far.
func (s *service) received() []serviceRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]serviceRequest(nil), s.requests...)
}

// client returns a client of the service.
func (s *service) client(t *testing.T, opts ...sdk.Option) *sdk.Client {
	t.Helper()
	return newClient(t, s.URL, opts...)
}

func newClient(t *testing.T, baseURL string, opts ...sdk.Option) *sdk.Client {
	t.Helper()
	client, err := sdk.New(baseURL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// respond returns a handler that responds with a JSON body.
func respond(status int, body any, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

// resource returns a task as a resource.
func resource(task taskapi.Task) taskapi.Resource {
	data, err := json.Marshal(task)
	if err != nil {
		panic(err)
	}
	return taskapi.Resource{Kind: taskapi.KindTask, Data: data}
}

// respondTask responds with a task.
func respondTask(task taskapi.Task) http.HandlerFunc {
	return respond(http.StatusOK, taskapi.TaskResponse{Success: true, Data: task})
}

// respondList responds with a page of tasks; an empty next means the last page.
func respondList(next string, tasks ...taskapi.Task) http.HandlerFunc {
	meta := taskapi.ListMeta{Changes: 184}
	if next != "" {
		meta.NextCursor = &next
	}
	return respond(http.StatusOK, taskapi.TaskListResponse{Success: true, Data: append([]taskapi.Task{}, tasks...), Meta: meta})
}

// respondProblem responds with an error code.
func respondProblem(code taskapi.ErrorCode, header ...string) http.HandlerFunc {
	return respond(code.Status(), taskapi.Problem{
		Error:  "It failed.",
		Code:   code,
		Status: code.Status(),
		Title:  http.StatusText(code.Status()),
	}, header...)
}

// roundTrip is an in-memory transport, for synctest, where time advances only while no
// goroutine waits for the network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	return f(r)
}

// inMemory connects a client to a handler in memory.
func inMemory(handler http.HandlerFunc) sdk.Option {
	return sdk.WithHTTPClient(inMemoryClient(handler))
}

// inMemoryClient returns an HTTP client that calls a handler in memory.
func inMemoryClient(handler http.HandlerFunc) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body == nil {
			r.Body = http.NoBody
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		handler(recorder, r)
		return recorder.Result(), nil
	})}
}

// asError returns err as an *Error.
func asError(t *testing.T, err error) *sdk.Error {
	t.Helper()
	var failure *sdk.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v (%T), want an *sdk.Error", err, err)
	}
	return failure
}
