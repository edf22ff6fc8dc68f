package sdk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
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
// edit may change the fields of [taskapi.UpdateTaskRequest]. If it returns an
// error nothing is written, and EditTask's error wraps it. If it changes
// nothing, nothing is written either. After ten conflicts in a row EditTask
// gives up with [ErrVersionConflict].
//
// The call options hold for each request that it sends; [IfMatch] and
// [IfNoneMatch] are not for it.
func (c *Client) EditTask(ctx context.Context, id string, edit func(*taskapi.Task) error, opts ...CallOption) (taskapi.Task, error) {
	current, err := c.GetTask(ctx, id, opts...)
	if err != nil {
		return taskapi.Task{}, err
	}
	for number := 1; ; number++ {
		changes, err := edited[taskapi.UpdateTaskRequest](current, edit)
		if err != nil {
			return taskapi.Task{}, editFailed(err)
		}
		if reflect.ValueOf(changes).IsZero() {
			return current, nil
		}
		task, err := c.UpdateTask(ctx, id, changes, append(slices.Clip(opts), IfMatch(current.Version))...)
		var failure *Error
		if !errors.Is(err, ErrVersionConflict) || !errors.As(err, &failure) || number == maxEdits {
			return task, err
		}
		newer, decodeErr := failure.Current.Task()
		if decodeErr != nil {
			return task, err
		}
		current = newer
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

// edited returns the changes that edit makes to a resource, as the merge patch
// of type U. The fields of both types correspond by their names in JSON; those
// of U are Optionals of the same types.
func edited[U, R any](resource R, edit func(*R) error) (U, error) {
	var changes U
	before, after := reflect.ValueOf(resource), reflect.New(reflect.TypeFor[R]()).Elem()
	for i := range before.NumField() {
		after.Field(i).Set(cloned(before.Field(i)))
	}
	if err := edit(after.Addr().Interface().(*R)); err != nil {
		return changes, err
	}
	optional := make(map[string]reflect.Value)
	for field, value := range reflect.ValueOf(&changes).Elem().Fields() {
		optional[wireName(field)] = value
	}
	for i := range before.NumField() {
		if same(before.Field(i), after.Field(i)) {
			continue
		}
		name := wireName(before.Type().Field(i))
		target, ok := optional[name]
		if !ok {
			return changes, fmt.Errorf("it changes %s, which only the service sets", name)
		}
		target.FieldByName("Value").Set(after.Field(i))
		target.FieldByName("Set").SetBool(true)
	}
	return changes, nil
}

// wireName returns the name of a struct's field in JSON.
func wireName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// cloned returns a copy of a field that shares no memory with it.
func cloned(v reflect.Value) reflect.Value {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		pointer := reflect.New(v.Type().Elem())
		pointer.Elem().Set(v.Elem())
		return pointer
	case v.Kind() == reflect.Slice:
		return reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v)
	}
	return v
}

// same reports whether two values of a field mean the same: times are compared
// as instants, and no slice is like an empty one.
func same(a, b reflect.Value) bool {
	switch {
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		return same(a.Elem(), b.Elem())
	case a.Kind() == reflect.Slice && a.Len()+b.Len() == 0:
		return true
	case a.Type() == reflect.TypeFor[time.Time]():
		return a.Interface().(time.Time).Equal(b.Interface().(time.Time))
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
