package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const plantsID = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

// exampleService starts a service that knows one task, for the examples.
func exampleService() *httptest.Server {
	task := taskapi.Task{
		ID:       plantsID,
		Title:    "Water the plants",
		Priority: taskapi.High,
		Tags:     []string{"home"},
		Version:  1,
	}
	answer := func(w http.ResponseWriter, status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "example-request")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			panic(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/tasks", func(w http.ResponseWriter, r *http.Request) {
		var request taskapi.CreateTaskRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			panic(err)
		}
		if len(request.Title) > taskapi.MaxTitleLength {
			answer(w, http.StatusUnprocessableEntity, taskapi.Problem{
				Error:     "The request is not valid.",
				Code:      taskapi.CodeInvalid,
				Errors:    []taskapi.FieldError{{Field: "title", Code: taskapi.FieldTooLong, Message: "must have at most 500 characters"}},
				RequestID: "example-request",
			})
			return
		}
		answer(w, http.StatusCreated, taskapi.TaskResponse{Success: true, Data: task})
	})
	mux.HandleFunc("GET /api/tasks", func(w http.ResponseWriter, r *http.Request) {
		var response taskapi.TaskListResponse
		response.Success = true
		if r.URL.Query().Get("cursor") == "" {
			next := "second"
			response.Data = []taskapi.Task{task}
			response.Meta.NextCursor = &next
		} else {
			response.Data = []taskapi.Task{{ID: "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c22", Title: "Feed the cat"}}
		}
		answer(w, http.StatusOK, response)
	})
	mux.HandleFunc("/api/tasks/{taskId}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("taskId") != task.ID {
			answer(w, http.StatusNotFound, taskapi.Problem{Error: "Task not found.", Code: taskapi.CodeTaskNotFound})
			return
		}
		found := task
		if match := r.Header.Get("If-Match"); match != "" && match != `"1"` {
			answer(w, http.StatusPreconditionFailed, taskapi.Problem{
				Error:   "The task has changed.",
				Code:    taskapi.CodeVersionConflict,
				Current: &found,
			})
			return
		}
		if r.Method != http.MethodGet {
			found.Version++
		}
		switch r.Method {
		case http.MethodPut:
			var request taskapi.ReplaceTaskRequest
			if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
				panic(err)
			}
			found.Title, found.Priority, found.Tags = request.Title, taskapi.None, []string{}
		case http.MethodPatch:
			var request taskapi.UpdateTaskRequest
			if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
				panic(err)
			}
			found.Completed = request.Completed.Or(found.Completed)
		case http.MethodDelete:
			deleted := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
			found.DeletedAt = &deleted
		}
		answer(w, http.StatusOK, taskapi.TaskResponse{Success: true, Data: found})
	})
	return httptest.NewServer(mux)
}

// exampleClient returns a client of an [exampleService], and what ends both.
func exampleClient() (*sdk.Client, func()) {
	service := exampleService()
	client, err := sdk.New(service.URL)
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		client.Close()
		service.Close()
	}
}

func ExampleNew() {
	service := exampleService()
	defer service.Close()

	client, err := sdk.New(service.URL,
		sdk.WithTokenSource(sdk.StaticToken(os.Getenv("TASKLANE_TOKEN"))),
		sdk.WithUserAgent("planner/1.4"),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	fmt.Println("ready to call the service")
	// Output: ready to call the service
}

func ExampleClient_CreateTask() {
	client, stop := exampleClient()
	defer stop()

	task, err := client.CreateTask(context.Background(), taskapi.CreateTaskRequest{
		Title:    "Water the plants",
		Priority: taskapi.High,
		Tags:     []string{"home"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.ID, task.Version)
	// Output: 019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11 1
}

func ExampleClient_ListTasks() {
	client, stop := exampleClient()
	defer stop()

	page, err := client.ListTasks(context.Background(), taskapi.ListTasksOptions{Limit: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Tasks[0].Title)
	fmt.Println("more:", page.Meta.NextCursor != nil)
	// Output:
	// Water the plants
	// more: true
}

func ExampleClient_Tasks() {
	client, stop := exampleClient()
	defer stop()

	open := false
	for task, err := range client.Tasks(context.Background(), taskapi.ListTasksOptions{Completed: &open}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title)
	}
	// Output:
	// Water the plants
	// Feed the cat
}

func ExampleClient_GetTask() {
	client, stop := exampleClient()
	defer stop()

	task, err := client.GetTask(context.Background(), plantsID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title)

	_, err = client.GetTask(context.Background(), "019ac2f4-0000-7000-8000-000000000000")
	fmt.Println(errors.Is(err, sdk.ErrTaskNotFound))
	// Output:
	// Water the plants
	// true
}

func ExampleClient_ReplaceTask() {
	client, stop := exampleClient()
	defer stop()

	task, err := client.ReplaceTask(context.Background(), plantsID, taskapi.ReplaceTaskRequest{
		Title: "Water the garden",
	})
	if err != nil {
		log.Fatal(err)
	}
	// What was left out has its default now.
	fmt.Println(task.Title, task.Priority, task.Tags)
	// Output: Water the garden none []
}

func ExampleClient_UpdateTask() {
	client, stop := exampleClient()
	defer stop()

	task, err := client.UpdateTask(context.Background(), plantsID, taskapi.UpdateTaskRequest{
		Completed: taskapi.Some(true),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, task.Completed, task.Version)
	// Output: Water the plants true 2
}

func ExampleClient_DeleteTask() {
	client, stop := exampleClient()
	defer stop()

	task, err := client.DeleteTask(context.Background(), plantsID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, "in the trash since", task.DeletedAt.Format(time.DateOnly))
	// Output: Water the plants in the trash since 2026-11-24
}

// A write that protects what others have changed meanwhile.
func ExampleIfMatch() {
	client, stop := exampleClient()
	defer stop()

	_, err := client.DeleteTask(context.Background(), plantsID, sdk.IfMatch(7))
	var failure *sdk.Error
	if errors.Is(err, sdk.ErrVersionConflict) && errors.As(err, &failure) {
		fmt.Println("now at version", failure.Current.Version)
	}
	// Output: now at version 1
}

// One client for the requests of many users.
func ExampleWithToken() {
	client, stop := exampleClient()
	defer stop()

	jwt := "header.payload.signature" // of the user whose request is served
	task, err := client.GetTask(context.Background(), plantsID,
		sdk.WithToken(jwt), sdk.WithRequestID("from-the-page-4711"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title)
	// Output: Water the plants
}

func ExampleWithHook() {
	service := exampleService()
	defer service.Close()
	client, err := sdk.New(service.URL, sdk.WithHook(
		func(_ context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
			return func(outcome sdk.Outcome) {
				fmt.Println(attempt.Operation, attempt.Number, outcome.Status, outcome.RequestID)
			}
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	if _, err := client.GetTask(context.Background(), plantsID); err != nil {
		log.Fatal(err)
	}
	// Output: getTask 1 200 example-request
}

func ExampleError() {
	client, stop := exampleClient()
	defer stop()

	_, err := client.CreateTask(context.Background(), taskapi.CreateTaskRequest{
		Title: strings.Repeat("a", taskapi.MaxTitleLength+1),
	})
	var failure *sdk.Error
	if errors.As(err, &failure) {
		for _, field := range failure.Fields {
			fmt.Println(field.Field, field.Code)
		}
	}
	fmt.Println(err)
	// Output:
	// title too_long
	// tasklane: createTask: The request is not valid. (422 invalid; title must have at most 500 characters; request example-request)
}
