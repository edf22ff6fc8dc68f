// Package sdk calls the Tasklane task service from Go.
//
// # Start
//
// A [Client] serves a whole program. The types that go over the wire, such as
// [taskapi.Task], are in the package taskapi.
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
// There is one method for each operation, and [Client.Tasks], which goes
// through a list of any length:
//
//	open := false
//	for task, err := range client.Tasks(ctx, taskapi.ListTasksOptions{
//		Completed: &open,
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
// [Client.UpdateTask] changes the fields that are named and leaves the others
// alone. [taskapi.Some] gives a field a value, [taskapi.Null] removes a
// deadline:
//
//	task, err = client.UpdateTask(ctx, task.ID, taskapi.UpdateTaskRequest{
//		Completed: taskapi.Some(true),
//		DueAt:     taskapi.Null[time.Time](),
//	}, sdk.IfMatch(task.Version))
//
// [IfMatch] protects what others have changed meanwhile: the write fails with
// [ErrVersionConflict], and [Error.Current] is the resource as it is now.
// [Client.EditTask] does the reading, the protecting and the trying again:
//
//	task, err = client.EditTask(ctx, id, func(task *taskapi.Task) error {
//		task.Tags = append(task.Tags, "garden")
//		return nil
//	})
//
// [Client.DeleteTask] moves a task to the trash, [Client.RestoreTask] takes it
// out again, [Client.EraseTask] removes it for good. [Client.Batch] carries out
// several operations or none.
//
// # Keeping up
//
// Every change of a user's tasks has a number. A list says which one it is at,
// and [Client.Watch] goes on from there, for as long as the program runs:
//
//	page, err := client.ListTasks(ctx, taskapi.ListTasksOptions{})
//	…
//	for change, err := range client.Watch(ctx, page.Meta.Changes) {
//		switch {
//		case err != nil:
//			return err
//		case change.Kind != taskapi.KindTask:
//			// A kind that is newer than the program.
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
// Where the list has several pages, the number is that of the first one: what
// changes while the others are read then comes as a change. A watch from zero
// needs no list, as it begins with all tasks there are.
//
// It reconnects by itself, misses nothing and repeats nothing; [OnConnect] tells
// when it does. A program that looks now and then uses [Client.Changes], with
// the number of the last change it has seen.
//
// # Whose tasks
//
// The service knows its user by a bearer token, a JWT of Better Auth. A program
// that acts for one user gives the client a [TokenSource]:
//
//   - [NewPasswordSource] signs in with an email and a password;
//   - [NewSessionSource] goes by the cookie of a session;
//   - [TokenFunc] is a function, and [StaticToken] a text;
//   - any other type with a method Token.
//
// The first two keep a token until shortly before its end, and then get the
// next one with one request, however many calls wait for it. Like the client
// they repeat what fails for a moment:
//
//	source, err := sdk.NewPasswordSource("http://auth:3001", "planner@example.com", password)
//	…
//	client, err := sdk.New("http://tasks:8080", sdk.WithTokenSource(source))
//
// A program that is run often keeps its token in a file, and signs in only once
// that is refused:
//
//	cache, err := os.UserCacheDir()
//	…
//	sdk.WithTokenSource(sdk.NewTokenFile(filepath.Join(cache, "planner", "token"), source))
//
// If the service refuses a token, the client tells the source, if that is a
// [TokenInvalidator], asks it for another one and tries once more.
//
// A program that acts for many shares one client between them and names the
// token in each call, by [WithToken]; for [Client.Watch], which outlives a
// token, by [WithTokens].
//
// # Errors
//
// Every error of an operation is an [*Error]. What happened is compared with
// the Err variables, of which there is one for each code of the API:
//
//	task, err := client.GetTask(ctx, id)
//	if errors.Is(err, sdk.ErrTaskNotFound) {
//		…
//	}
//
// The Error's fields have the rest: the parts of a request that break a rule,
// the request's name in the servers' logs, and whether a write may have happened
// all the same. An Error without a code comes from the network, the context, or
// something between this program and the service. One without attempts ended
// before anything was sent: [ErrUnauthenticated] if Better Auth refused the
// password, [ErrSessionExpired] if the session of a cookie has ended,
// [ErrRateLimited] if Better Auth limits sign-ins, [ErrAuthUnavailable] if it is
// away and no token is left that is still valid.
//
// # Retries
//
// The client repeats a failed attempt by itself when the failure is one that
// passes: a connection that breaks or cannot be made, 429 (too many requests),
// 502, 503 and 504. It never repeats anything else. In particular a 412 means
// that the caller must read again, and 422 that the request is wrong.
//
// Writes are repeated like reads, and yet carried out once: all attempts of a
// call share an Idempotency-Key. Where no attempt was answered,
// [Error.MaybeApplied] says whether one may have taken effect.
//
// The waits grow exponentially and are random. A Retry-After is respected, and
// so is a context's deadline: the client does not wait for an attempt that would
// come too late. In a lasting outage all calls of a client together add a tenth
// to the load. [RetryPolicy] has the numbers. Each attempt ends after 30
// seconds; how long a call may take in all is up to its context.
//
// # Options
//
// [New] takes options such as [WithHTTPClient], [WithRetry] and [WithUserAgent].
// A call takes [IfMatch], [IfNoneMatch], [WithIdempotencyKey], [WithRequestID],
// [WithToken], and [WithResponse], which gives the answer as it came.
//
// # Logs, metrics, traces
//
// A [Hook] sees every attempt before and after:
//
//	client, err := sdk.New(url, sdk.WithHook(func(ctx context.Context, attempt sdk.Attempt) func(sdk.Outcome) {
//		return func(outcome sdk.Outcome) {
//			slog.DebugContext(ctx, "tasklane", "operation", attempt.Operation, "attempt", attempt.Number,
//				"status", outcome.Status, "duration", outcome.Duration, "error", outcome.Err)
//		}
//	}))
//
// It never sees a token. For OpenTelemetry, pass an HTTP client with the
// transport of otelhttp: it makes a span of every attempt and carries the trace
// to the service. Or write a hook that begins a span, has the propagator write
// into propagation.HeaderCarrier(attempt.Header), and ends the span with the
// [Outcome].
//
// # Testing
//
// The package sdktest has the whole service in memory, with faults on demand:
//
//	server := sdktest.NewServer(t)
//	client := server.Client(t, "alice")
//
// The program in examples/tasklane, a to-do list on the command line, uses all
// of this, and is tested so.
package sdk
