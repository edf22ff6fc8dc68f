package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Tokens from a source of your own.
func ExampleTokenFunc() {
	server := sdktest.Start()
	defer server.Close()
	source := sdk.TokenFunc(func(context.Context) (string, error) {
		// Called before each request, so it should cache the token.
		return server.Token("alice"), nil
	})
	client, err := sdk.New(server.URL, sdk.WithTokenSource(source))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	stats, err := client.TaskStats(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Open, "open")
	// Output: 0 open
}

// A token from the configuration. Logs do not show it.
func ExampleStaticToken() {
	token := sdk.StaticToken("eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
	fmt.Println(token)
	// Output: [hidden token]
}

// A proxy, custom certificates, a shorter timeout or a tracing transport: the client
// supports what net/http supports.
func ExampleWithHTTPClient() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost = 20
	client, err := sdk.New("http://tasks:8080", sdk.WithHTTPClient(&http.Client{
		Transport: transport,
		Timeout:   5 * time.Second, // per attempt
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Println("ready")
	// Output: ready
}

// The program's name, for the servers' logs.
func ExampleWithUserAgent() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var program, client string
		_, _ = fmt.Sscan(r.UserAgent(), &program, &client)
		fmt.Println(program, client == "tasklane-sdk-go/"+sdk.Version)
	}))
	defer server.Close()
	client, err := sdk.New(server.URL, sdk.WithUserAgent("planner/1.4"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_, _ = client.TaskStats(ctx, "")
	// Output: planner/1.4 true
}

// A page that is being rendered cannot wait long: one quick retry.
func ExampleWithRetry() {
	server := sdktest.Start()
	defer server.Close()
	client, err := sdk.New(server.URL,
		sdk.WithTokenSource(sdk.StaticToken(server.Token("alice"))),
		sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 2, BaseDelay: 10 * time.Millisecond}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	server.Inject(sdktest.Fault{Code: taskapi.CodeUnavailable})

	_, err = client.ListTasks(ctx, taskapi.ListTasksOptions{})
	if failure, ok := errors.AsType[*sdk.Error](err); ok {
		fmt.Println(failure.Code, "after", failure.Attempts, "attempts")
	}
	// Output: unavailable after 2 attempts
}

// Log failed attempts and whether they are retried.
func ExampleWithHook_log() {
	server := sdktest.Start()
	defer server.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	client, err := sdk.New(server.URL,
		sdk.WithTokenSource(sdk.StaticToken(server.Token("alice"))),
		sdk.WithHook(func(ctx context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
			return func(outcome sdk.Outcome) {
				if outcome.Err != nil {
					logger.WarnContext(ctx, "tasklane", "operation", attempt.Operation, "attempt", attempt.Number,
						"status", outcome.Status, "retry", outcome.WillRetry)
				}
			}
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	server.Inject(sdktest.Fault{Code: taskapi.CodeUnavailable, Times: 1})

	if _, err := client.TaskStats(ctx, ""); err != nil {
		log.Fatal(err)
	}
	// Output: level=WARN msg=tasklane operation=getTaskStats attempt=1 status=503 retry=true
}

// Count requests by operation and status, and measure their durations.
func ExampleWithHook_metrics() {
	requests := map[string]int{} // in concurrent programs, guard both with a mutex
	var total time.Duration
	_, _, stop := exampleClient(sdk.WithHook(
		func(_ context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
			return func(outcome sdk.Outcome) {
				requests[fmt.Sprint(attempt.Operation, " ", outcome.Status)]++
				total += outcome.Duration
			}
		}))
	defer stop()
	fmt.Println(requests, total > 0)
	// Output: map[createTask 201:1] true
}

// Propagate the caller's trace to the service. With OpenTelemetry,
// Inject(ctx, propagation.HeaderCarrier(attempt.Header)) sets the header.
func ExampleWithHook_trace() {
	type traceKey struct{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Header.Get("traceparent"))
	}))
	defer server.Close()
	client, err := sdk.New(server.URL, sdk.WithHook(
		func(ctx context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
			if trace, ok := ctx.Value(traceKey{}).(string); ok {
				attempt.Header.Set("traceparent", trace)
			}
			return nil // nothing to do after the attempt
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx := context.WithValue(ctx, traceKey{}, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	_, _ = client.TaskStats(ctx, "")
	// Output: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
}

// The HTTP response of a call.
func ExampleWithResponse() {
	client, plants, stop := exampleClient()
	defer stop()

	var response sdk.Response
	if _, err := client.GetTask(ctx, plants.ID, sdk.WithResponse(&response)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Status, response.Header.Get("ETag"), response.Attempts)

	var raw struct{ Data map[string]any }
	if err := json.Unmarshal(response.Body, &raw); err != nil {
		log.Fatal(err)
	}
	fmt.Println(raw.Data["title"])
	// Output:
	// 200 "1" 1
	// Water the plants
}

// One id for a call in this program's log and the servers' logs.
func ExampleWithRequestID() {
	client, _, stop := exampleClient()
	defer stop()

	_, err := client.GetTask(ctx, "019ac2f4-0000-7000-8000-000000000000", sdk.WithRequestID("import-4711"))
	if failure, ok := errors.AsType[*sdk.Error](err); ok {
		fmt.Println(failure.Code, failure.RequestID)
	}
	// Output: task_not_found import-4711
}

// Show whether the data on a page is up to date.
func ExampleOnConnect() {
	client, _, stop := exampleClient()
	defer stop()

	notify := sdk.OnConnect(func(err error) error {
		if err != nil {
			fmt.Println("disconnected:", err)
			return nil // Watch continues; an error would end it
		}
		fmt.Println("up to date from now on")
		return nil
	})
	for change, err := range client.Watch(ctx, 0, notify) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("change", change.Seq)
		break
	}
	// Output:
	// up to date from now on
	// change 1
}

// Handle an error that remains after all retries.
func ExampleError_maybeApplied() {
	server := sdktest.Start()
	defer server.Close()
	client, err := sdk.New(server.URL,
		sdk.WithTokenSource(sdk.StaticToken(server.Token("alice"))),
		sdk.WithRetry(sdk.RetryPolicy{MaxAttempts: 1}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	server.Inject(sdktest.Fault{Operation: "createTask", Times: 1, Cut: sdktest.CutResponse})

	create := func() error {
		_, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Pay the bill"}, sdk.WithIdempotencyKey("bill-2026-11"))
		return err
	}
	err = create()
	if failure, ok := errors.AsType[*sdk.Error](err); ok {
		fmt.Println("status", failure.Status, "may have been applied:", failure.MaybeApplied)
	}
	// The key makes it safe to repeat the call, now or after a restart.
	if err := create(); err != nil {
		log.Fatal(err)
	}
	page, err := client.ListTasks(ctx, taskapi.ListTasksOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Tasks), "task")
	// Output:
	// status 0 may have been applied: true
	// 1 task
}
