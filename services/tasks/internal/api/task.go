package api

import (
	"context"
	"reflect"
	"strings"

	"github.com/tasklane/tasklane/sdk/recurrence"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// recurrenceRule is the rule of a recurrence.
func recurrenceRule(c *checker, name string, field reflect.StructField, value reflect.Value) {
	text := value.Interface().(*string)
	if text == nil {
		return
	}
	c.text(name, *text, limitsOf(field))
	if _, err := recurrence.Parse(*text); err != nil {
		c.fault(name, taskapi.FieldFormat, "must be a recurrence rule: "+err.Error())
	}
}

func (h *handlers) getTaskStats(ctx context.Context, in *operations.GetTaskStatsInput) (*operations.Output[taskapi.Stats], error) {
	zone, err := operations.Zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	return output(h.store.TaskStats(ctx, userFrom(ctx), zone))
}

func (h *handlers) listTaskOccurrences(ctx context.Context, in *operations.ListTaskOccurrencesInput) (*operations.Output[[]taskapi.Occurrence], error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	return output(h.store.TaskOccurrences(ctx, userFrom(ctx), id, in.Limit))
}

func (h *handlers) getAgenda(ctx context.Context, in *operations.GetAgendaInput) (*operations.Output[taskapi.Agenda], error) {
	zone, err := operations.Zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	return output(h.store.Agenda(ctx, userFrom(ctx), zone, in.Days))
}

// output returns the response with data, or the error.
func output[T any](data T, err error) (*operations.Output[T], error) {
	if err != nil {
		return nil, err
	}
	return &operations.Output[T]{Body: taskapi.Response[T]{Success: true, Data: data}}, nil
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
