package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

var ctx = context.Background()

// exampleClient returns a client of an in-memory service whose user has one task, and a
// function that stops both.
func exampleClient(opts ...sdk.Option) (client *sdk.Client, plants taskapi.Task, stop func()) {
	server := sdktest.Start()
	source := sdk.StaticToken(server.Token("alice"))
	client, err := sdk.New(server.URL, append([]sdk.Option{sdk.WithTokenSource(source)}, opts...)...)
	if err != nil {
		log.Fatal(err)
	}
	plants, err = client.CreateTask(ctx, taskapi.CreateTaskRequest{
		Title:    "Water the plants",
		Priority: taskapi.High,
		Tags:     []string{"home"},
	}, sdk.WithRequestID("before-the-example"))
	if err != nil {
		log.Fatal(err)
	}
	return client, plants, func() {
		client.Close()
		server.Close()
	}
}

func ExampleNew() {
	client, err := sdk.New("http://tasks:8080",
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

// A program with its own user.
func ExampleNewPasswordSource() {
	password := "correct horse battery" // from the environment, say
	source, err := sdk.NewPasswordSource("http://auth:3001", "planner@example.com", password)
	if err != nil {
		log.Fatal(err)
	}
	client, err := sdk.New("http://tasks:8080", sdk.WithTokenSource(source))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	fmt.Println(source)
	// Output: [Better Auth at http://auth:3001]
}

// The tasks of the user who is signed in.
func ExampleNewSessionSource() {
	source, err := sdk.NewSessionSource("http://auth:3001", "better-auth.session_token="+os.Getenv("SESSION"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(source)
	// Output: [Better Auth at http://auth:3001]
}

func ExampleClient_CreateTask() {
	client, _, stop := exampleClient()
	defer stop()

	task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{
		Title:    "Feed the cat",
		Priority: taskapi.High,
		Tags:     []string{"home"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, task.Version)
	// Output: Feed the cat 1
}

func ExampleClient_ListTasks() {
	client, _, stop := exampleClient()
	defer stop()

	page, err := client.ListTasks(ctx, taskapi.ListTasksOptions{
		Tags:  []string{"home"},
		Query: "plant", // words; the last one may be a prefix
		Sort:  taskapi.DueSoonest,
		Limit: 20,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, task := range page.Tasks {
		fmt.Println(task.Title)
	}
	fmt.Println("more:", page.Meta.NextCursor != nil)
	// Output:
	// Water the plants
	// more: false
}

func ExampleClient_Tasks() {
	client, _, stop := exampleClient()
	defer stop()

	for task, err := range client.Tasks(ctx, taskapi.ListTasksOptions{Completed: new(false)}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title)
	}
	// Output: Water the plants
}

func ExampleClient_GetTask() {
	client, plants, stop := exampleClient()
	defer stop()

	task, err := client.GetTask(ctx, plants.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title)

	_, err = client.GetTask(ctx, "019ac2f4-0000-7000-8000-000000000000")
	fmt.Println(errors.Is(err, sdk.ErrTaskNotFound))
	// Output:
	// Water the plants
	// true
}

func ExampleClient_ReplaceTask() {
	client, plants, stop := exampleClient()
	defer stop()

	task, err := client.ReplaceTask(ctx, plants.ID, taskapi.ReplaceTaskRequest{
		Title: "Water the garden",
	})
	if err != nil {
		log.Fatal(err)
	}
	// Omitted fields have their defaults now.
	fmt.Println(task.Title, task.Priority, task.Tags)
	// Output: Water the garden none []
}

func ExampleClient_UpdateTask() {
	client, plants, stop := exampleClient()
	defer stop()

	task, err := client.UpdateTask(ctx, plants.ID, taskapi.UpdateTaskRequest{
		Completed: taskapi.Some(true),
	})
	if err != nil {
		log.Fatal(err)
	}
	// Omitted fields are unchanged.
	fmt.Println(task.Title, task.Completed, task.Version)
	// Output: Water the plants true 2
}

func ExampleClient_EditTask() {
	client, plants, stop := exampleClient()
	defer stop()

	task, err := client.EditTask(ctx, plants.ID, func(task *taskapi.Task) error {
		if task.Completed {
			return errors.New("the task is already done")
		}
		task.Tags = append(task.Tags, "garden")
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Tags)
	// Output: [home garden]
}

func ExampleClient_DeleteTask() {
	client, plants, stop := exampleClient()
	defer stop()

	task, err := client.DeleteTask(ctx, plants.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, "is in the trash:", task.DeletedAt != nil)
	// Output: Water the plants is in the trash: true
}

func ExampleClient_RestoreTask() {
	client, plants, stop := exampleClient()
	defer stop()

	if _, err := client.DeleteTask(ctx, plants.ID); err != nil {
		log.Fatal(err)
	}
	task, err := client.RestoreTask(ctx, plants.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, "is in the trash:", task.DeletedAt != nil)
	// Output: Water the plants is in the trash: false
}

func ExampleClient_MoveTask() {
	client, plants, stop := exampleClient()
	defer stop()

	parcel, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Ship the parcel"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.MoveTask(ctx, parcel.ID, taskapi.MoveTaskRequest{Before: taskapi.Some(&plants.ID)}); err != nil {
		log.Fatal(err)
	}
	for task, err := range client.Tasks(ctx, taskapi.ListTasksOptions{Sort: taskapi.ManualOrder}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title)
	}
	// Output:
	// Ship the parcel
	// Water the plants
}

func ExampleClient_EraseTask() {
	client, plants, stop := exampleClient()
	defer stop()

	task, err := client.EraseTask(ctx, plants.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("erased:", task.Title)

	_, err = client.RestoreTask(ctx, plants.ID)
	fmt.Println(errors.Is(err, sdk.ErrTaskNotFound))
	// Output:
	// erased: Water the plants
	// true
}

// Several changes, all or none.
func ExampleClient_Batch() {
	client, plants, stop := exampleClient()
	defer stop()

	resources, err := client.Batch(ctx, []taskapi.BatchOperation{
		taskapi.TaskOperations.Update(plants.ID, plants.Version, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}),
		taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "Water the plants again"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, resource := range resources {
		task, err := resource.Task()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title, task.Completed)
	}

	_, err = client.Batch(ctx, []taskapi.BatchOperation{
		taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: "Feed the cat"}),
		taskapi.TaskOperations.Delete(plants.ID, 7),
	})
	if failure, ok := errors.AsType[*sdk.Error](err); ok {
		fmt.Println(failure.Code, failure.Fields[0].Field)
	}
	// Output:
	// Water the plants true
	// Water the plants again false
	// version_conflict operations[1].version
}

func ExampleClient_TaskStats() {
	client, _, stop := exampleClient()
	defer stop()

	stats, err := client.TaskStats(ctx, "Europe/Berlin")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Open, "open,", stats.DueToday, "due today,", stats.ByPriority[taskapi.High], "of high priority")
	// Output: 1 open, 0 due today, 1 of high priority
}

func ExampleClient_TaskOccurrences() {
	client, _, stop := exampleClient()
	defer stop()

	task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Pay rent", DueOn: new("2026-11-30"), Recurrence: new("FREQ=MONTHLY;BYMONTHDAY=-1")})
	if err != nil {
		log.Fatal(err)
	}
	next, err := client.TaskOccurrences(ctx, task.ID, 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, occurrence := range next {
		fmt.Println(*occurrence.DueOn)
	}
	// Output:
	// 2026-12-31
	// 2027-01-31
	// 2027-02-28
}

func ExampleClient_Agenda() {
	client, _, stop := exampleClient()
	defer stop()

	agenda, err := client.Agenda(ctx, taskapi.AgendaOptions{TimeZone: "Europe/Berlin", Days: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(agenda.Overdue), "overdue,", len(agenda.Days), "days,", agenda.Undated, "without a date")
	// Output: 0 overdue, 2 days, 1 without a date
}

func ExampleClient_ListChanges() {
	client, _, stop := exampleClient()
	defer stop()

	page, err := client.ListChanges(ctx, taskapi.ListChangesOptions{After: 0, Limit: 100})
	if err != nil {
		log.Fatal(err)
	}
	for _, change := range page.Changes {
		if change.Kind != taskapi.KindTask {
			continue // a kind that this program does not show
		}
		task, err := change.Task()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Seq, task.Title)
	}
	fmt.Println("continue after", page.Meta.NextCursor)
	// Output:
	// 1 Water the plants
	// continue after 1
}

// Poll for changes.
func ExampleClient_Changes() {
	client, plants, stop := exampleClient()
	defer stop()
	const seen = 1 // the last number of the previous poll

	if _, err := client.EraseTask(ctx, plants.ID); err != nil {
		log.Fatal(err)
	}
	for change, err := range client.Changes(ctx, taskapi.ListChangesOptions{After: seen}) {
		if errors.Is(err, sdk.ErrCursorExpired) {
			break // the previous poll was too long ago: list the tasks again
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Seq, change.ID == plants.ID, change.Erased())
	}
	// Output: 2 true true
}

// Keep a list up to date.
func ExampleClient_Watch() {
	client, _, stop := exampleClient()
	defer stop()

	page, err := client.ListTasks(ctx, taskapi.ListTasksOptions{})
	if err != nil {
		log.Fatal(err)
	}
	tasks := make(map[string]taskapi.Task)
	for _, task := range page.Tasks {
		tasks[task.ID] = task
	}

	time.AfterFunc(time.Millisecond, func() { // another device
		if _, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: "Feed the cat"}); err != nil {
			log.Fatal(err)
		}
	})
	for change, err := range client.Watch(ctx, page.Meta.Changes) {
		if err != nil {
			log.Fatal(err)
		}
		if change.Kind != taskapi.KindTask {
			continue // a kind that this program does not show
		}
		if change.Erased() {
			delete(tasks, change.ID)
			continue
		}
		task, err := change.Task()
		if err != nil {
			log.Fatal(err)
		}
		tasks[task.ID] = task
		fmt.Println(task.Title, "makes it", len(tasks))
		break // a real program continues
	}
	// Output: Feed the cat makes it 2
}
