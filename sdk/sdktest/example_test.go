package sdktest_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Tests begin with sdktest.NewServer(t) and server.Client(t, "alice").
func ExampleServer() {
	server := sdktest.Start()
	defer server.Close()
	client, err := sdk.New(server.URL, sdk.WithTokenSource(sdk.StaticToken(server.Token("alice"))))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	// The service carries the request out, but its response is lost.
	server.Inject(sdktest.Fault{Operation: "createTask", Times: 1, Cut: sdktest.CutResponse})
	if _, err := client.CreateTask(context.Background(), taskapi.CreateTaskRequest{Title: "Water the plants"}); err != nil {
		log.Fatal(err)
	}
	page, err := client.ListTasks(context.Background(), taskapi.ListTasksOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(server.Requests("createTask"), "requests,", len(page.Tasks), "task")
	// Output: 2 requests, 1 task
}

// The conformance suite against the in-memory service.
func ExampleConformance() {
	_ = func(t *testing.T) { // TestConformance
		server := sdktest.NewServer(t)
		sdktest.Conformance(t, sdktest.Target{
			URL: server.URL,
			Token: func(_ testing.TB, user string, life time.Duration) string {
				return server.TokenFor(user, life)
			},
		})
	}
}
