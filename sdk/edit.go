package sdk

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxEdits is how often EditTask tries before it leaves the conflict to its
// caller. Each conflict means that somebody else has got ahead.
const maxEdits = 10

// EditTask changes a task according to what it is: it reads the task, lets edit
// change it, and sends the fields that have changed. If the task has changed
// meanwhile, it begins again with the new one, so edit may be called several
// times. Nothing that others change at the same time is lost.
//
//	task, err := client.EditTask(ctx, id, func(task *taskapi.Task) error {
//		task.Tags = append(task.Tags, "garden")
//		return nil
//	})
//
// edit may change title, description, completed, priority, due date and tags.
// If it returns an error nothing is written, and EditTask's error wraps it. If
// it changes nothing, nothing is written either. After ten conflicts in a row
// EditTask gives up with [ErrVersionConflict].
//
// The call options hold for each request that it sends; [IfMatch] and
// [IfNoneMatch] are not for it.
func (c *Client) EditTask(ctx context.Context, id string, edit func(*taskapi.Task) error, opts ...CallOption) (taskapi.Task, error) {
	current, err := c.GetTask(ctx, id, opts...)
	if err != nil {
		return taskapi.Task{}, err
	}
	for number := 1; ; number++ {
		changes, err := edited(current, edit)
		if err != nil {
			return taskapi.Task{}, editFailed(err)
		}
		if reflect.ValueOf(changes).IsZero() {
			return current, nil
		}
		task, err := c.UpdateTask(ctx, id, changes, append(slices.Clip(opts), IfMatch(current.Version))...)
		var failure *Error
		if !errors.Is(err, ErrVersionConflict) || !errors.As(err, &failure) || failure.Current == nil || number == maxEdits {
			return task, err
		}
		current = *failure.Current
		// Two who collide at each step would otherwise go on doing so.
		delay := time.Duration(rand.Float64() * float64(c.retry.backoff(number)))
		if err := wait(ctx, delay); err != nil {
			return taskapi.Task{}, editFailed(err)
		}
	}
}

// editFailed returns the Error of an edit that ends before it is sent.
func editFailed(err error) *Error {
	e := fail("the edit was not sent", err)
	e.Operation = "updateTask"
	return e
}

// edited returns what edit changes of a task.
func edited(task taskapi.Task, edit func(*taskapi.Task) error) (taskapi.UpdateTaskRequest, error) {
	after := task
	after.Tags = slices.Clone(task.Tags)
	for _, at := range []**time.Time{&after.DueAt, &after.CompletedAt, &after.DeletedAt} {
		if *at != nil {
			*at = new(**at)
		}
	}
	if err := edit(&after); err != nil {
		return taskapi.UpdateTaskRequest{}, err
	}
	var changes taskapi.UpdateTaskRequest
	note(&changes.Title, task.Title, after.Title)
	note(&changes.Description, task.Description, after.Description)
	note(&changes.Completed, task.Completed, after.Completed)
	note(&changes.Priority, task.Priority, after.Priority)
	if !slices.Equal(task.Tags, after.Tags) {
		changes.Tags = taskapi.Some(after.Tags)
	}
	if !sameTime(task.DueAt, after.DueAt) {
		changes.DueAt = taskapi.Some(after.DueAt)
	}
	after.Title, after.Description, after.Completed = task.Title, task.Description, task.Completed
	after.Priority, after.Tags, after.DueAt = task.Priority, task.Tags, task.DueAt
	if !reflect.DeepEqual(task, after) {
		return changes, errors.New("it changes a field that only the service sets")
	}
	return changes, nil
}

// note makes a field of the patch present if its value has changed.
func note[T comparable](field *taskapi.Optional[T], before, after T) {
	if before != after {
		*field = taskapi.Some(after)
	}
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
