package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// taskRules are the rules of a task's fields beyond those of the document.
var taskRules = cleaner{
	"title": trimmed,
	"tags":  labels(taskapi.MaxTagLength),
}

func (h *handlers) listTasks(ctx context.Context, in *operations.ListTasksInput) (*operations.ListTasksOutput, error) {
	options, err := cleanTaskQuery(in.Options())
	if err != nil {
		return nil, err
	}
	page, err := h.store.ListTasks(ctx, userFrom(ctx), options)
	if err != nil {
		return nil, err
	}
	out := &operations.ListTasksOutput{Body: taskapi.TaskListResponse{
		Success: true,
		Data:    page.Tasks,
		Meta:    taskapi.ListMeta{Changes: page.Changes},
	}}
	if page.NextCursor != "" {
		out.Body.Meta.NextCursor = &page.NextCursor
	}
	return out, nil
}

func (h *handlers) getTask(ctx context.Context, in *operations.GetTaskInput) (*operations.GetTaskOutput, error) {
	have, err := httpapi.ParsePreconditions("If-None-Match", in.IfNoneMatch)
	if err != nil {
		return nil, err
	}
	resource, err := h.store.Get(ctx, userFrom(ctx), taskapi.KindTask, parseID(in.TaskID))
	if err != nil {
		return nil, err
	}
	out := &operations.GetTaskOutput{Status: http.StatusOK, ETag: httpapi.ETag(resource.Version)}
	if have.Match(resource.Version) {
		out.Status = http.StatusNotModified
	} else {
		out.Body = new(taskResponse(resource))
	}
	return out, nil
}

func (h *handlers) createTask(ctx context.Context, in *operations.CreateTaskInput) (*operations.CreateTaskOutput, error) {
	data, err := clean(taskRules, in.Body)
	if err != nil {
		return nil, err
	}
	op := store.Operation{Op: taskapi.BatchCreate, Kind: taskapi.KindTask, Data: data}
	resource, replayed, err := h.write(ctx, op, idempotencyKey(in.KeyInput, op))
	if err != nil {
		return nil, err
	}
	return &operations.CreateTaskOutput{
		Location: "/api/tasks/" + resource.ID.String(), ETag: httpapi.ETag(resource.Version),
		Replayed: replayedHeader(replayed), Body: taskResponse(resource),
	}, nil
}

func (h *handlers) replaceTask(ctx context.Context, in *operations.ReplaceTaskInput) (*operations.WriteTaskOutput, error) {
	data, err := clean(taskRules, in.Body)
	if err != nil {
		return nil, err
	}
	return h.writeTask(ctx, taskapi.BatchReplace, in.TaskInput, in.MatchInput, in.KeyInput, data)
}

func (h *handlers) updateTask(ctx context.Context, in *operations.UpdateTaskInput) (*operations.WriteTaskOutput, error) {
	data, err := clean(taskRules, in.Body)
	if err != nil {
		return nil, err
	}
	return h.writeTask(ctx, taskapi.BatchUpdate, in.TaskInput, in.MatchInput, in.KeyInput, data)
}

func (h *handlers) deleteTask(ctx context.Context, in *operations.DeleteTaskInput) (*operations.WriteTaskOutput, error) {
	op := taskapi.BatchDelete
	if in.Permanent {
		op = taskapi.BatchErase
	}
	return h.writeTask(ctx, op, in.TaskInput, in.MatchInput, in.KeyInput, nil)
}

func (h *handlers) restoreTask(ctx context.Context, in *operations.RestoreTaskInput) (*operations.WriteTaskOutput, error) {
	return h.writeTask(ctx, taskapi.BatchRestore, in.TaskInput, in.MatchInput, in.KeyInput, nil)
}

func (h *handlers) getTaskStats(ctx context.Context, in *operations.GetTaskStatsInput) (*operations.GetTaskStatsOutput, error) {
	if _, err := operations.Zone(in.TimeZone); err != nil {
		return nil, err
	}
	stats, err := h.store.TaskStats(ctx, userFrom(ctx), in.TimeZone)
	if errors.Is(err, store.ErrInvalidTimeZone) {
		return nil, operations.UnknownZone() // Go's list of zones is newer than PostgreSQL's
	}
	if err != nil {
		return nil, err
	}
	return &operations.GetTaskStatsOutput{Body: taskapi.StatsResponse{Success: true, Data: stats}}, nil
}

// writeTask carries out a write of a task that exists.
func (h *handlers) writeTask(
	ctx context.Context, op taskapi.BatchOp, task operations.TaskInput, match operations.MatchInput, key operations.KeyInput, data any,
) (*operations.WriteTaskOutput, error) {
	versions, err := versionsIn(match)
	if err != nil {
		return nil, err
	}
	operation := store.Operation{Op: op, Kind: taskapi.KindTask, ID: parseID(task.TaskID), Versions: versions, Data: data}
	resource, replayed, err := h.write(ctx, operation, idempotencyKey(key, operation))
	if err != nil {
		return nil, err
	}
	return &operations.WriteTaskOutput{
		ETag: httpapi.ETag(resource.Version), Replayed: replayedHeader(replayed), Body: taskResponse(resource),
	}, nil
}

func taskResponse(r store.Resource) taskapi.TaskResponse {
	task, _ := r.Data.(taskapi.Task)
	return taskapi.TaskResponse{Success: true, Data: task}
}

// cleanTaskQuery brings the filters of a list into the form of the stored texts
// and times.
func cleanTaskQuery(options taskapi.ListTasksOptions) (taskapi.ListTasksOptions, error) {
	var check checker
	for i, tag := range options.Tags {
		check.queryText("tag", tag)
		options.Tags[i] = strings.TrimSpace(norm.NFC.String(tag))
	}
	check.queryText("q", options.Query)
	options.DueBefore = check.time("dueBefore", options.DueBefore)
	options.DueAfter = check.time("dueAfter", options.DueAfter)
	return options, check.err()
}
