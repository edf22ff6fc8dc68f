package api

import (
	"context"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// taskRules are the rules of a task's fields beyond those of the document.
var taskRules = cleaner{
	"title": trimmed,
	"tags":  tags,
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
	return &operations.ListTasksOutput{Body: taskapi.TaskListResponse{Success: true, Data: page.Tasks, Meta: listMeta(page.NextCursor, page.Changes)}}, nil
}

func (h *handlers) getTaskStats(ctx context.Context, in *operations.GetTaskStatsInput) (*operations.GetTaskStatsOutput, error) {
	zone, err := operations.Zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	stats, err := h.store.TaskStats(ctx, userFrom(ctx), zone)
	if err != nil {
		return nil, err
	}
	return &operations.GetTaskStatsOutput{Body: taskapi.StatsResponse{Success: true, Data: stats}}, nil
}

func taskResponse(task taskapi.Task) taskapi.TaskResponse {
	return taskapi.TaskResponse{Success: true, Data: task}
}

// cleanTaskQuery normalizes the filters of a list like stored texts and times.
func cleanTaskQuery(options taskapi.ListTasksOptions) (taskapi.ListTasksOptions, error) {
	var check checker
	for i, tag := range options.Tags {
		check.queryText("tag", tag)
		options.Tags[i] = taskapi.TagKey(strings.TrimSpace(nfc(tag)))
	}
	check.queryText("q", options.Query)
	options.DueBefore = check.time("dueBefore", options.DueBefore)
	options.DueAfter = check.time("dueAfter", options.DueAfter)
	return options, check.err()
}
