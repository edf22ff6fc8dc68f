package api

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
)

type handlers struct {
	tasks Tasks
}

// taskOutput is the answer of an operation on one task.
type taskOutput struct {
	ETag string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Body taskapi.TaskResponse
}

type createdOutput struct {
	Location string `header:"Location" doc:"The new task's path." example:"/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ETag     string `header:"ETag" doc:"The task's version, in quotes." example:"\"1\""`
	Body     taskapi.TaskResponse
}

type listOutput struct {
	Body taskapi.TaskListResponse
}

func (h handlers) list(ctx context.Context, in *taskop.ListInput) (*listOutput, error) {
	page, err := h.tasks.ListTasks(ctx, userFrom(ctx), in.Options())
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: taskapi.TaskListResponse{
		Success: true,
		Data:    page.Tasks,
		Meta:    taskapi.ListMeta{Changes: page.Changes},
	}}
	if page.NextCursor != "" {
		out.Body.Meta.NextCursor = &page.NextCursor
	}
	return out, nil
}

func (h handlers) create(ctx context.Context, in *taskop.CreateInput) (*createdOutput, error) {
	req, err := cleanContent(taskapi.ReplaceTaskRequest(in.Body))
	if err != nil {
		return nil, err
	}
	task, err := h.tasks.CreateTask(ctx, userFrom(ctx), taskapi.CreateTaskRequest(req))
	if err != nil {
		return nil, err
	}
	out := output(task)
	return &createdOutput{Location: "/api/tasks/" + task.ID, ETag: out.ETag, Body: out.Body}, nil
}

func (h handlers) get(ctx context.Context, in *taskop.GetInput) (*taskOutput, error) {
	return h.one(h.tasks.GetTask(ctx, userFrom(ctx), taskID(in)))
}

func (h handlers) replace(ctx context.Context, in *taskop.ReplaceInput) (*taskOutput, error) {
	req, err := cleanContent(in.Body)
	if err != nil {
		return nil, err
	}
	return h.one(h.tasks.ReplaceTask(ctx, userFrom(ctx), taskID(&in.GetInput), req))
}

func (h handlers) update(ctx context.Context, in *taskop.UpdateInput) (*taskOutput, error) {
	req, err := cleanPatch(in.Body)
	if err != nil {
		return nil, err
	}
	return h.one(h.tasks.UpdateTask(ctx, userFrom(ctx), taskID(&in.GetInput), req))
}

func (h handlers) delete(ctx context.Context, in *taskop.DeleteInput) (*taskOutput, error) {
	return h.one(h.tasks.DeleteTask(ctx, userFrom(ctx), taskID(&in.GetInput)))
}

// one is the answer with a task that the store returned.
func (handlers) one(task taskapi.Task, err error) (*taskOutput, error) {
	if err != nil {
		return nil, err
	}
	return output(task), nil
}

func output(task taskapi.Task) *taskOutput {
	return &taskOutput{
		ETag: strconv.Quote(strconv.FormatInt(task.Version, 10)),
		Body: taskapi.TaskResponse{Success: true, Data: task},
	}
}

// taskID returns the path's id, which Huma has checked to be a UUID. One that
// it accepts and we cannot read names no task.
func taskID(in *taskop.GetInput) uuid.UUID {
	id, err := uuid.Parse(in.TaskID)
	if err != nil {
		return uuid.Nil
	}
	return id
}
