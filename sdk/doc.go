// Package sdk is the Go client of the Tasklane task service.
//
// # Getting started
//
// Create one [Client] for the whole program. The wire types, such as
// [taskapi.Task], are in package taskapi.
//
//	client, err := sdk.New("http://tasks:8080", sdk.WithTokenSource(source))
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//
//	task, err := client.CreateTask(ctx, taskapi.CreateTaskRequest{
//		Title:    "Water the plants",
//		Priority: taskapi.High,
//	})
//
// There is one method for each operation, and [Client.Tasks], which iterates
// over a list of any length:
//
//	for task, err := range client.Tasks(ctx, taskapi.ListTasksOptions{
//		Completed: new(false),
//		Tags:      []string{"home"},
//		Sort:      taskapi.DueSoonest,
//	}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(task.Title)
//	}
//
// # Changing a task
//
// [Client.UpdateTask] changes the given fields and keeps the others.
// [taskapi.Some] sets a field, [taskapi.Null] clears one:
//
//	task, err = client.UpdateTask(ctx, task.ID, taskapi.UpdateTaskRequest{
//		Completed: taskapi.Some(true),
//		DueAt:     taskapi.Null[time.Time](),
//	}, sdk.IfMatch(task.Version))
//
// [IfMatch] protects concurrent changes: if the task has another version, the
// write fails with [ErrVersionConflict], and [Error.Current] is the current
// resource. [Client.EditTask] reads, writes with [IfMatch], and retries after a
// conflict:
//
//	task, err = client.EditTask(ctx, id, func(task *taskapi.Task) error {
//		task.Tags = append(task.Tags, "garden")
//		return nil
//	})
//
// [Client.DeleteTask] moves a task to the trash, [Client.RestoreTask] restores
// it, and [Client.EraseTask] deletes it permanently. [Client.Batch] runs several
// operations, all or none.
//
// # Recurring tasks
//
// A task with a due date and a rule of RFC 5545 recurs. The write that completes
// it also creates the next task, which is due at the next date of the rule and has
// open copies of its sub-tasks:
//
//	task, err = client.CreateTask(ctx, taskapi.CreateTaskRequest{
//		Title:      "Pay the rent",
//		DueOn:      new("2026-11-30"),
//		Recurrence: new("FREQ=MONTHLY;BYMONTHDAY=-1"),
//	})
//	task, err = client.UpdateTask(ctx, task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
//	next, err := client.GetTask(ctx, *task.NextID) // due on 2026-12-31
//
// The dates are those of the time zone in the user's settings. With
// [taskapi.FromCompletion] they are counted from the day of the completion.
// [Client.TaskOccurrences] lists the future due dates, and an agenda has those of its
// days. A write that reopens the task erases the next one, unless it has been changed.
//
// # Following changes
//
// Changes of a user's tasks are numbered. A list has the number of the latest
// change, and [Client.Watch] continues from there for as long as the program runs:
//
//	page, err := client.ListTasks(ctx, taskapi.ListTasksOptions{})
//	…
//	for change, err := range client.Watch(ctx, page.Meta.Changes) {
//		switch {
//		case err != nil:
//			return err
//		case change.Kind != taskapi.KindTask:
//			// A kind that this program does not know.
//		case change.Erased():
//			delete(tasks, change.ID)
//		default:
//			task, err := change.Task()
//			if err != nil {
//				return err
//			}
//			tasks[task.ID] = task
//		}
//	}
//
// If the list has several pages, use the number of the first page: changes made while
// you read the others then arrive as changes. A watch from zero needs no list, because
// it starts with all tasks.
//
// Watch reconnects by itself, without gaps or duplicates; [OnConnect] reports
// it. A program that polls uses [Client.Changes] with the number of the last
// change that it has seen.
//
// # Authentication
//
// The service identifies the user by a bearer token, a JWT of Better Auth. A
// program that acts for one user passes a [TokenSource] to the client:
//
//   - [NewPasswordSource] signs in with an email and a password;
//   - [NewSessionSource] uses a session cookie;
//   - [TokenFunc] wraps a function, and [StaticToken] a token;
//   - any other type with a Token method.
//
// The first two cache a token until shortly before it expires and then renew it
// with one request, however many calls wait for it. Like the client, they retry
// transient failures:
//
//	source, err := sdk.NewPasswordSource("http://auth:3001", "planner@example.com", password)
//	…
//	client, err := sdk.New("http://tasks:8080", sdk.WithTokenSource(source))
//
// A program that runs often, such as a command-line tool, caches its token in a
// file and signs in only when that token is rejected:
//
//	cache, err := os.UserCacheDir()
//	…
//	sdk.WithTokenSource(sdk.NewTokenFile(filepath.Join(cache, "planner", "token"), source))
//
// If the service rejects a token, the client invalidates it in the source, if the
// source is a [TokenInvalidator], asks for another one and retries once.
//
// A program that acts for many users shares one client and passes a token to each
// call with [WithToken], or a token source to [Client.Watch], which may outlive a
// token, with [WithTokens].
//
// # Errors
//
// Every operation returns errors of type [*Error]. Compare them with the Err
// variables, one for each error code of the API:
//
//	task, err := client.GetTask(ctx, id)
//	if errors.Is(err, sdk.ErrTaskNotFound) {
//		…
//	}
//
// The fields of [Error] have the details: invalid fields of the request, the
// request id in the servers' logs, and whether a write may have taken effect. An
// Error without a code comes from the network, the context, or a proxy.
//
// If Attempts is zero, nothing was sent. The error is then [ErrUnauthenticated] if
// Better Auth rejected the password, [ErrSessionExpired] if the session has expired,
// [ErrRateLimited] if Better Auth limits sign-ins, or [ErrAuthUnavailable] if it is
// down and there is no valid token.
//
// # Retries
//
// The client retries transient failures: a connection that breaks or cannot be
// established, 429 (too many requests), 502, 503 and 504. It retries nothing
// else. In particular, after a 412 the caller must read the task again, and a 422
// means that the request is invalid.
//
// Writes are retried like reads, and yet applied once: all attempts of a call
// share an Idempotency-Key. If no attempt got a response, [Error.MaybeApplied]
// says whether one may have taken effect.
//
// The backoff is exponential with jitter. The client honors Retry-After, and
// does not wait for an attempt that would start after the context's deadline.
// During a long outage, retries add at most a tenth to the load. [RetryPolicy]
// has the numbers. An attempt times out after 30 seconds; the context bounds the
// whole call.
//
// # Options
//
// [New] takes options such as [WithHTTPClient], [WithRetry] and [WithUserAgent].
// Calls take [IfMatch], [IfNoneMatch], [WithIdempotencyKey], [WithRequestID],
// [WithToken], and [WithResponse], which returns the HTTP response.
//
// # Logs, metrics, traces
//
// A [Hook] is called before and after every attempt:
//
//	client, err := sdk.New(url, sdk.WithHook(func(ctx context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
//		return func(outcome sdk.Outcome) {
//			slog.DebugContext(ctx, "tasklane", "operation", attempt.Operation, "attempt", attempt.Number,
//				"status", outcome.Status, "duration", outcome.Duration, "error", outcome.Err)
//		}
//	}))
//
// It never sees a token. For OpenTelemetry, pass an HTTP client with the
// transport of otelhttp, which creates a span for every attempt and propagates
// the trace to the service. Or write a hook that starts a span, injects it into
// propagation.HeaderCarrier(attempt.Header), and ends it with the [Outcome].
//
// # Testing
//
// Package sdktest is an in-memory task service that can inject faults:
//
//	server := sdktest.NewServer(t)
//	client := server.Client(t, "alice")
//
// The program in examples/tasklane, a to-do list on the command line, uses all
// of this, including the tests.
package sdk
