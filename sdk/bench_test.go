package sdk_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The benchmarks compare the client with equivalent code without it, on the same server.

// benchServer responds with the same bytes to every request.
func benchServer(b *testing.B, body any) *httptest.Server {
	b.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c12")
		_, _ = w.Write(data)
	}))
	b.Cleanup(server.Close)
	return server
}

// byHand sends a request with only net/http and encoding/json. in may be nil.
func byHand(ctx context.Context, h *http.Client, method, url string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer the-token")
	req.Header.Set("User-Agent", "benchmark")
	resp, err := h.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// compare alternates calls of the client with calls by hand, so that other load on the
// machine affects both. It reports their median durations and the ratio.
func compare(b *testing.B, response any, call func(context.Context, *sdk.Client) error, byHand func(context.Context, *http.Client, string) error) {
	server := benchServer(b, response)
	client, err := sdk.New(server.URL, sdk.WithTokenSource(sdk.StaticToken("the-token")))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	b.Cleanup(transport.CloseIdleConnections)
	h := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	contenders := [2]func() error{
		func() error { return call(b.Context(), client) },
		func() error { return byHand(b.Context(), h, server.URL) },
	}
	var times [2][]time.Duration
	for b.Loop() {
		for i, contender := range contenders {
			start := time.Now()
			if err := contender(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	var medians [2]float64
	for i := range times {
		slices.Sort(times[i])
		medians[i] = float64(times[i][len(times[i])/2])
	}
	b.ReportMetric(0, "ns/op") // the sum of both is meaningless
	b.ReportMetric(medians[0], "sdk-ns")
	b.ReportMetric(medians[1], "net/http-ns")
	b.ReportMetric(medians[0]/medians[1], "ratio")
}

func BenchmarkGetTask(b *testing.B) {
	task := fullTask()
	compare(b, taskapi.TaskResponse{Success: true, Data: task},
		func(ctx context.Context, c *sdk.Client) error {
			_, err := c.GetTask(ctx, task.ID)
			return err
		},
		func(ctx context.Context, h *http.Client, url string) error {
			return byHand(ctx, h, http.MethodGet, url+"/api/tasks/"+task.ID, nil, new(taskapi.TaskResponse))
		})
}

func BenchmarkCreateTask(b *testing.B) {
	task := taskapi.CreateTaskRequest{Title: "Water the plants", Tags: []string{"home", "garden"}}
	compare(b, taskapi.TaskResponse{Success: true, Data: fullTask()},
		func(ctx context.Context, c *sdk.Client) error {
			_, err := c.CreateTask(ctx, task)
			return err
		},
		func(ctx context.Context, h *http.Client, url string) error {
			return byHand(ctx, h, http.MethodPost, url+"/api/tasks", task, new(taskapi.TaskResponse))
		})
}

func BenchmarkListTasks(b *testing.B) {
	page := taskapi.TaskListResponse{Success: true}
	for range 50 {
		page.Data = append(page.Data, fullTask())
	}
	compare(b, page,
		func(ctx context.Context, c *sdk.Client) error {
			_, err := c.ListTasks(ctx, taskapi.ListTasksOptions{Limit: 50})
			return err
		},
		func(ctx context.Context, h *http.Client, url string) error {
			return byHand(ctx, h, http.MethodGet, url+"/api/tasks?limit=50", nil, new(taskapi.TaskListResponse))
		})
}
