package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
)

type taskListOutput struct {
	Body TaskListResponse
}

type taskOutput struct {
	ETag string `header:"ETag" doc:"The task's version."`
	Body TaskResponse
}

type createdTaskOutput struct {
	ETag     string `header:"ETag" doc:"The task's version."`
	Location string `header:"Location" doc:"The task's path."`
	Body     TaskResponse
}

func (s *server) registerTasks(api *httpapi.API) {
	schemas := api.OpenAPI().Components.Schemas
	httpapi.Register(api, secured(taskop.List()), with(readCodes, taskapi.CodeInvalidCursor), s.listTasks)
	httpapi.Register(api, secured(taskop.Create()), writeCodes, s.createTask)
	httpapi.Register(api, secured(taskop.Get()), with(readCodes, taskapi.CodeTaskNotFound), s.getTask)
	httpapi.Register(api, secured(taskop.Replace()), with(writeCodes, taskapi.CodeTaskNotFound), s.replaceTask)
	httpapi.Register(api, secured(taskop.Update(schemas)), with(writeCodes, taskapi.CodeTaskNotFound), s.updateTask)
	httpapi.Register(api, secured(taskop.Delete()), with(writeCodes, taskapi.CodeTaskNotFound), s.deleteTask)
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

func (s *server) createTask(ctx context.Context, in *taskop.CreateInput) (*createdTaskOutput, error) {
	task, header, err := asUser(ctx, s, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.CreateTask(ctx, in.Body, opts...)
	})
	if err != nil {
		return nil, err
	}
	return &createdTaskOutput{ETag: header.Get("ETag"), Location: header.Get("Location"), Body: taskBody(task)}, nil
}

func (s *server) getTask(ctx context.Context, in *taskop.GetInput) (*taskOutput, error) {
	return s.oneTask(ctx, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.GetTask(ctx, in.TaskID, opts...)
	})
}

func (s *server) replaceTask(ctx context.Context, in *taskop.ReplaceInput) (*taskOutput, error) {
	return s.oneTask(ctx, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.ReplaceTask(ctx, in.TaskID, in.Body, opts...)
	})
}

func (s *server) updateTask(ctx context.Context, in *taskop.UpdateInput) (*taskOutput, error) {
	return s.oneTask(ctx, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.UpdateTask(ctx, in.TaskID, in.Body, opts...)
	})
}

func (s *server) deleteTask(ctx context.Context, in *taskop.DeleteInput) (*taskOutput, error) {
	return s.oneTask(ctx, func(opts ...sdk.CallOption) (taskapi.Task, error) {
		return s.tasks.DeleteTask(ctx, in.TaskID, opts...)
	})
}

func (s *server) oneTask(ctx context.Context, call func(...sdk.CallOption) (taskapi.Task, error)) (*taskOutput, error) {
	task, header, err := asUser(ctx, s, call)
	if err != nil {
		return nil, err
	}
	return &taskOutput{ETag: header.Get("ETag"), Body: taskBody(task)}, nil
}

func taskBody(task taskapi.Task) TaskResponse {
	return TaskResponse{Success: true, Data: view(task, time.Now())}
}

// asUser calls the task service as the signed-in user and returns the answer
// with its header. If the service refuses the JWT, as it does when the signing
// key has changed, it calls once more with a new one.
func asUser[T any](ctx context.Context, s *server, call func(...sdk.CallOption) (T, error)) (T, http.Header, error) {
	caller := callerFrom(ctx)
	var response sdk.Response
	attempt := func() (T, error) {
		return call(
			sdk.WithToken(caller.session.JWT()),
			sdk.WithRequestID(caller.request.RequestID),
			sdk.WithResponse(&response),
		)
	}
	answer, err := attempt()
	if response.Status == http.StatusUnauthorized {
		if err := s.renew(ctx, caller); err != nil {
			return answer, nil, err
		}
		answer, err = attempt()
	}
	if err != nil {
		return answer, nil, fmt.Errorf("task service: %w (%w)", err, serviceProblem(err))
	}
	return answer, response.Header, nil
}
