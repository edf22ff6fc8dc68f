package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
)

type taskListOutput struct {
	Body TaskListResponse
}

type taskOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Body   *TaskResponse
}

type writtenTaskOutput struct {
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true where an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     TaskResponse
}

type createdTaskOutput struct {
	Location string `header:"Location" doc:"The new task's path." example:"/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Replayed string `header:"Idempotency-Replayed" doc:"true where an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     TaskResponse
}

type batchOutput struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true where an earlier request with the same Idempotency-Key did the work." example:"true"`
	Body     BatchResponse
}

type statsOutput struct {
	Body taskapi.StatsResponse
}

type changesOutput struct {
	Body ChangeListResponse
}

func (s *server) registerTasks(api *httpapi.API) {
	schemas := api.OpenAPI().Components.Schemas
	taskop.DescribeChange[Change](schemas)
	httpapi.Register(api, secured(taskop.List()), with(readCodes, taskapi.CodeInvalidCursor), s.listTasks)
	httpapi.Register(api, secured(taskop.Create()), writeCodes, s.createTask)
	httpapi.Register(api, secured(taskop.Batch()), oneTaskCodes, s.batchTasks)
	httpapi.Register(api, secured(taskop.Stats()), readCodes, s.taskStats)
	httpapi.Register(api, secured(taskop.Changes()), with(readCodes, taskapi.CodeCursorExpired), s.listChanges)
	s.registerEvents(api)
	httpapi.Register(api, secured(taskop.Get()), with(readCodes, taskapi.CodeTaskNotFound), s.getTask)
	httpapi.Register(api, secured(taskop.Replace()), oneTaskCodes, s.replaceTask)
	httpapi.Register(api, secured(taskop.Update(schemas)), oneTaskCodes, s.updateTask)
	httpapi.Register(api, secured(taskop.Delete()), oneTaskCodes, s.deleteTask)
	httpapi.Register(api, secured(taskop.Restore()), oneTaskCodes, s.restoreTask)
}

func (s *server) listTasks(ctx context.Context, in *taskop.ListInput) (*taskListOutput, error) {
	page, _, err := asUser(ctx, s, func(opts ...sdk.CallOption) (sdk.TaskPage, error) {
		return s.tasks.ListTasks(ctx, in.Options(), opts...)
	})
	if err != nil {
		return nil, err
	}
	return &taskListOutput{Body: TaskListResponse{Success: true, Data: views(page.Tasks, time.Now()), Meta: page.Meta}}, nil
}

func (s *server) getTask(ctx context.Context, in *taskop.GetInput) (*taskOutput, error) {
	have, err := httpapi.ParsePreconditions("If-None-Match", in.IfNoneMatch)
	if err != nil {
		return nil, err
	}
	task, header, err := asUser(ctx, s, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.GetTask(ctx, in.TaskID, opts...)
	})
	if err != nil {
		return nil, err
	}
	out := &taskOutput{Status: http.StatusOK, ETag: header.Get("ETag")}
	if have.Match(task.Version) {
		out.Status = http.StatusNotModified
	} else {
		out.Body = new(taskBody(task))
	}
	return out, nil
}

func (s *server) createTask(ctx context.Context, in *taskop.CreateInput) (*createdTaskOutput, error) {
	task, header, err := asUser(ctx, s, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.CreateTask(ctx, in.Body, append(opts, once(in.OnceInput)...)...)
	})
	if err != nil {
		return nil, err
	}
	return &createdTaskOutput{
		Location: header.Get("Location"), ETag: header.Get("ETag"), Replayed: header.Get(replayedHeader), Body: taskBody(task),
	}, nil
}

func (s *server) replaceTask(ctx context.Context, in *taskop.ReplaceInput) (*writtenTaskOutput, error) {
	return s.writeTask(ctx, in.MatchInput, in.OnceInput, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.ReplaceTask(ctx, in.TaskID, in.Body, opts...)
	})
}

func (s *server) updateTask(ctx context.Context, in *taskop.UpdateInput) (*writtenTaskOutput, error) {
	return s.writeTask(ctx, in.MatchInput, in.OnceInput, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.UpdateTask(ctx, in.TaskID, in.Body, opts...)
	})
}

func (s *server) deleteTask(ctx context.Context, in *taskop.DeleteInput) (*writtenTaskOutput, error) {
	return s.writeTask(ctx, in.MatchInput, in.OnceInput, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		if in.Permanent {
			return s.tasks.EraseTask(ctx, in.TaskID, opts...)
		}
		return s.tasks.DeleteTask(ctx, in.TaskID, opts...)
	})
}

func (s *server) restoreTask(ctx context.Context, in *taskop.RestoreInput) (*writtenTaskOutput, error) {
	return s.writeTask(ctx, in.MatchInput, in.OnceInput, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.RestoreTask(ctx, in.TaskID, opts...)
	})
}

func (s *server) batchTasks(ctx context.Context, in *taskop.BatchInput) (*batchOutput, error) {
	tasks, header, err := asUser(ctx, s, func(opts ...sdk.CallOption) ([]taskapi.Task, error) {
		return s.tasks.Batch(ctx, in.Body.Operations, append(opts, once(in.OnceInput)...)...)
	})
	if err != nil {
		return nil, err
	}
	return &batchOutput{
		Replayed: header.Get(replayedHeader), Body: BatchResponse{Success: true, Data: views(tasks, time.Now())},
	}, nil
}

func (s *server) taskStats(ctx context.Context, in *taskop.StatsInput) (*statsOutput, error) {
	stats, _, err := asUser(ctx, s, func(opts ...sdk.CallOption) (taskapi.Stats, error) {
		return s.tasks.Stats(ctx, in.TimeZone, opts...)
	})
	if err != nil {
		return nil, err
	}
	return &statsOutput{Body: taskapi.StatsResponse{Success: true, Data: stats}}, nil
}

func (s *server) listChanges(ctx context.Context, in *taskop.ChangesInput) (*changesOutput, error) {
	page, _, err := asUser(ctx, s, func(opts ...sdk.CallOption) (sdk.ChangePage, error) {
		return s.tasks.ListChanges(ctx, taskapi.ListChangesOptions{After: in.After, Limit: in.Limit}, opts...)
	})
	if err != nil {
		return nil, err
	}
	return &changesOutput{Body: ChangeListResponse{
		Success: true, Data: changeViews(page.Changes, time.Now()), Meta: page.Meta,
	}}, nil
}

// replayedHeader tells that an earlier request did the work.
const replayedHeader = "Idempotency-Replayed"

// once passes the browser's idempotency key on. Without one, the client makes
// one for the attempts of this call.
func once(in taskop.OnceInput) []sdk.CallOption {
	if in.IdempotencyKey == "" {
		return nil
	}
	return []sdk.CallOption{sdk.WithIdempotencyKey(in.IdempotencyKey)}
}

// noVersion is one that no task has: versions begin at 1.
const noVersion = 0

// writeTask writes one task, on the browser's conditions.
func (s *server) writeTask(
	ctx context.Context, match taskop.MatchInput, key taskop.OnceInput, call func(...sdk.CallOption) (taskapi.Task, error),
) (*writtenTaskOutput, error) {
	versions, err := httpapi.ParsePreconditions("If-Match", match.IfMatch)
	if err != nil {
		return nil, err
	}
	conditions := once(key)
	if wanted := versions.Versions(); wanted != nil {
		// Tags that are no version of ours must match nothing, not anything.
		conditions = append(conditions, sdk.IfMatch(noVersion, wanted...))
	}
	task, header, err := asUser(ctx, s, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return call(append(opts, conditions...)...)
	})
	if err != nil {
		return nil, err
	}
	return &writtenTaskOutput{ETag: header.Get("ETag"), Replayed: header.Get(replayedHeader), Body: taskBody(task)}, nil
}

func taskBody(task taskapi.Task) TaskResponse {
	return TaskResponse{Success: true, Data: view(task, time.Now())}
}

// asUser calls the task service as the signed-in user and returns the answer
// with its header. If the service refuses the JWT, as it does when the signing
// key has changed, it calls once more with a new one.
func asUser[T any](ctx context.Context, s *server, call func(...sdk.CallOption) (T, error)) (T, http.Header, error) {
	caller := callerFrom(ctx)
	current := caller.current()
	var response sdk.Response
	attempt := func() (T, error) {
		return call(
			sdk.WithToken(current.JWT()),
			sdk.WithRequestID(caller.request.RequestID),
			sdk.WithResponse(&response),
		)
	}
	answer, err := attempt()
	if response.Status == http.StatusUnauthorized {
		if current, err = s.renewed(ctx, caller, current); err != nil {
			return answer, nil, err
		}
		answer, err = attempt()
	}
	if err != nil {
		return answer, nil, callFailure(err)
	}
	return answer, response.Header, nil
}

// callFailure is the error of a failed call of the task service, with what the
// browser is told of it. Where the call failed for want of a JWT that is for the
// table of errors to say.
func callFailure(err error) error {
	if errors.Is(err, session.ErrExpired) || errors.Is(err, session.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("task service: %w (%w)", err, serviceProblem(err))
}
