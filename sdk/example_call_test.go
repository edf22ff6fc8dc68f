package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Protect concurrent changes.
func ExampleIfMatch() {
	client, plants, stop := exampleClient()
	defer stop()

	_, err := client.DeleteTask(ctx, plants.ID, sdk.IfMatch(7))
	var failure *sdk.Error
	if errors.Is(err, sdk.ErrVersionConflict) && errors.As(err, &failure) {
		current, err := failure.Current.Task()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("now at version", current.Version)
	}
	// Output: now at version 1
}

// Read a task only if it has changed.
func ExampleIfNoneMatch() {
	client, plants, stop := exampleClient()
	defer stop()

	_, err := client.GetTask(ctx, plants.ID, sdk.IfNoneMatch(plants.Version))
	fmt.Println(errors.Is(err, sdk.ErrNotModified))
	// Output: true
}

// A write that is applied once, even if the program restarts.
func ExampleWithIdempotencyKey() {
	client, _, stop := exampleClient()
	defer stop()

	for range 2 {
		var response sdk.Response
		task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Pay the bill"},
			sdk.WithIdempotencyKey("bill-2026-11"), sdk.WithResponse(&response))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title, "replayed:", response.Header.Get("Idempotency-Replayed") == "true")
	}
	// Output:
	// Pay the bill replayed: false
	// Pay the bill replayed: true
}

// One client for many users.
func ExampleWithToken() {
	server := sdktest.Start()
	defer server.Close()
	client, err := sdk.New(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	for _, user := range []string{"alice", "bob"} {
		jwt := server.Token(user) // from the request being served
		task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "A task of " + user},
			sdk.WithToken(jwt), sdk.WithRequestID("from-the-page-4711"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title)
	}
	// Output:
	// A task of alice
	// A task of bob
}

func ExampleWithHook() {
	_, _, stop := exampleClient(sdk.WithHook(
		func(_ context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
			return func(outcome sdk.Outcome) {
				fmt.Println(attempt.Operation, attempt.Number, outcome.Status, outcome.RequestID)
			}
		}))
	defer stop()
	// Output: createTask 1 201 before-the-example
}

func ExampleError() {
	client, _, stop := exampleClient()
	defer stop()

	_, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{
		Title: strings.Repeat("a", taskapi.MaxTitleLength+1),
	}, sdk.WithRequestID("example"))
	if failure, ok := errors.AsType[*sdk.Error](err); ok {
		for _, field := range failure.Fields {
			fmt.Println(field.Field, field.Code)
		}
	}
	fmt.Println(err)
	// Output:
	// title too_long
	// tasklane: createTask: The request is not valid: title must have at most 500 characters. (422 invalid; request example)
}
