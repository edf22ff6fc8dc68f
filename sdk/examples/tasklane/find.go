package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// wholeID is the length of an id.
	wholeID = 36
	// shortID is the length of the suffix of an id that lists show. The beginning
	// of an id is the time of creation, which many tasks share.
	shortID = 8
	// shortestID is the length of the shortest suffix of an id that is accepted.
	shortestID = 4
)

// short returns the suffix of an id, which names a task.
func short(id string) string {
	return id[max(0, len(id)-shortID):]
}

// place says where to look for tasks. It has the values of [taskapi.ListTasksOptions.Deleted]
// with which to list them.
type place []bool

var (
	outsideTrash = place{false}
	inTrash      = place{true}
	anywhere     = place{false, true}
)

// find returns the tasks with these ids or suffixes of ids, in this order.
func (s *session) find(ctx context.Context, names []string, where place) ([]taskapi.Task, error) {
	if len(names) == 0 {
		return nil, usageError("which task? \"tasklane list\" shows their ids")
	}
	var all []taskapi.Task // read when first needed
	found := make([]taskapi.Task, len(names))
	for i, name := range names {
		var err error
		if len(name) >= wholeID {
			found[i], err = s.client.GetTask(ctx, name)
		} else {
			if all == nil {
				all, err = s.allTasks(ctx, where)
			}
			if err == nil {
				found[i], err = pick(all, name)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// allTasks returns all tasks at a place.
func (s *session) allTasks(ctx context.Context, where place) ([]taskapi.Task, error) {
	var all []taskapi.Task
	for _, deleted := range where {
		for task, err := range s.client.Tasks(ctx, taskapi.ListTasksOptions{Deleted: deleted, Limit: taskapi.MaxListLimit}) {
			if err != nil {
				return nil, err
			}
			all = append(all, task)
		}
	}
	return all, nil
}

// pick returns the only task whose id has this suffix.
func pick(tasks []taskapi.Task, suffix string) (taskapi.Task, error) {
	if len(suffix) < shortestID {
		return taskapi.Task{}, usageError(fmt.Sprintf("%q is too short for an id; \"tasklane list\" shows them", suffix))
	}
	var found []taskapi.Task
	for _, task := range tasks {
		if strings.HasSuffix(task.ID, strings.ToLower(suffix)) {
			found = append(found, task)
		}
	}
	switch len(found) {
	case 0:
		return taskapi.Task{}, notFoundError(fmt.Sprintf("there is no task %q here", suffix))
	case 1:
		return found[0], nil
	}
	return taskapi.Task{}, usageError(fmt.Sprintf("%q is the end of %d ids; \"tasklane list -json\" shows the full ids", suffix, len(found)))
}
