package sdk_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// leavesNothing runs a story, which closes its client, and fails if a goroutine started
// by it remains. Goroutines inherit a label, so other tests may run concurrently.
func leavesNothing(t *testing.T, story func(ctx context.Context)) {
	t.Helper()
	pprof.Do(context.WithoutCancel(t.Context()), pprof.Labels("story", t.Name()), story)
	label := fmt.Sprintf("%q:%q", "story", t.Name())
	deadline := time.Now().Add(10 * time.Second)
	for {
		left := labeled(t, label)
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines are left:\n%s", left)
		}
		<-time.After(time.Millisecond)
	}
}

// labeled returns the stacks of goroutines with a label.
func labeled(t *testing.T, label string) string {
	t.Helper()
	var all bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
		t.Fatal(err)
	}
	var found []string
	for stack := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(stack, label) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// stuck blocks a request until its client disconnects, and leaves streams silent.
func stuck(arrived chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "event: ready\ndata: {\"seq\":0}\n\n"+changeEvent(1))
			_ = http.NewResponseController(w).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
	}
}

func TestNoGoroutineLeaks(t *testing.T) {
	t.Parallel()

	for name, story := range map[string]func(ctx context.Context, t *testing.T, client *sdk.Client, arrived <-chan struct{}){
		"canceled calls": func(ctx context.Context, t *testing.T, client *sdk.Client, arrived <-chan struct{}) {
			ctx, cancel := context.WithCancel(ctx)
			var calls sync.WaitGroup
			for range 8 {
				calls.Go(func() {
					if _, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Water"}); err == nil {
						t.Error("the call succeeded")
					}
				})
			}
			for range 8 {
				<-arrived
			}
			cancel()
			calls.Wait()
		},
		"a call past its deadline": func(ctx context.Context, t *testing.T, client *sdk.Client, _ <-chan struct{}) {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			defer cancel()
			if _, err := client.GetTask(ctx, "x"); err == nil {
				t.Error("the call succeeded")
			}
		},
		"a canceled watch": func(ctx context.Context, t *testing.T, client *sdk.Client, arrived <-chan struct{}) {
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				<-arrived
				cancel()
			}()
			for _, err := range client.Watch(ctx, 0) {
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		},
		"a watch whose loop is left": func(ctx context.Context, t *testing.T, client *sdk.Client, _ <-chan struct{}) {
			for _, err := range client.Watch(ctx, 0) {
				if err != nil {
					t.Error(err)
				}
				break
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{}, 100)
			s := serve(t, stuck(arrived))
			leavesNothing(t, func(ctx context.Context) {
				client := s.client(t)
				defer client.Close()
				story(ctx, t, client, arrived)
			})
		})
	}
	t.Run("delays between attempts", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondProblem(taskapi.CodeUnavailable, "Retry-After", "20"))
		leavesNothing(t, func(ctx context.Context) {
			client := s.client(t)
			defer client.Close()
			ctx, cancel := context.WithCancel(ctx)
			var calls sync.WaitGroup
			calls.Go(func() { _, _ = client.GetTask(ctx, "x") })
			calls.Go(func() {
				for _, err := range client.Watch(ctx, 0) {
					if err == nil {
						t.Error("a change was received")
					}
				}
			})
			for len(s.received()) < 2 {
				<-time.After(time.Millisecond)
			}
			cancel()
			calls.Wait()
		})
	})
	t.Run("a token source", func(t *testing.T) {
		t.Parallel()
		auth := &betterAuth{}
		server := httptest.NewServer(auth)
		t.Cleanup(server.Close)
		leavesNothing(t, func(ctx context.Context) {
			// With its own transport: httptest closes idle connections of the
			// default one whenever a server of any test is closed.
			own := sdk.WithBetterAuthHTTPClient(&http.Client{Transport: &http.Transport{}})
			source, err := sdk.NewPasswordSource(server.URL+"/auth", email, password, own)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := source.Token(ctx); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("all operations", func(t *testing.T) {
		t.Parallel()
		server := sdktest.NewServer(t)
		leavesNothing(t, func(ctx context.Context) {
			client := newClient(t, server.URL, sdk.WithTokenSource(sdk.StaticToken(server.Token("alice"))))
			var calls sync.WaitGroup
			for range 4 {
				calls.Go(func() { useAll(ctx, t, client) })
			}
			calls.Wait()
			client.Close()
		})
	})
}

// useAll calls all kinds of operations, including iterators, and leaves some loops early.
func useAll(ctx context.Context, t *testing.T, client *sdk.Client) {
	task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Water"})
	if err != nil {
		t.Error(err)
		return
	}
	_, err = client.EditTask(ctx, task.ID, func(task *taskapi.Task) error {
		task.Completed = true
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, err := range client.Tasks(ctx, taskapi.ListTasksOptions{Limit: 1}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	for _, err := range client.Changes(ctx, taskapi.ListChangesOptions{Limit: 1}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	for _, err := range client.Watch(ctx, 0) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if _, err := client.GetTask(ctx, "no-id"); err == nil {
		t.Error("GetTask accepted an invalid id")
	}
}
