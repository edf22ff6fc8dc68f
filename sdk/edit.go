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

// maxEdits is the number of attempts before EditTask returns the conflict. Each conflict
// means that another writer was faster.
const maxEdits = 10

// EditTask reads a task, lets edit change it, and sends the changed fields. If another
// write comes in between, it starts again with the new version, so edit may be called
// several times. No concurrent change is lost.
//
//	task, err := client.EditTask(ctx, id, func(task *taskapi.Task) error {
//		task.Tags = append(task.Tags, "garden")
//		return nil
//	})
//
// edit may change the fields of [taskapi.UpdateTaskRequest]. As DueAt and DueOn replace each
// other, it sets only one of them; setting one to nil removes the deadline. If edit returns an
// error, nothing is written, and EditTask's error wraps it. If it changes nothing, nothing is
// written. After ten conflicts in a row EditTask fails with [ErrVersionConflict].
//
// The call options apply to each request. [IfMatch] and [IfNoneMatch] must not be used.
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
		// Without jitter, two writers could keep colliding.
		if err := wait(ctx, c.retry.delay(number, 0, rand.Float64())); err != nil {
			return taskapi.Task{}, editFailed(err)
		}
	}
}

// editFailed returns the Error of an edit that failed before its write was sent.
func editFailed(err error) *Error {
	e := fail("the edit was not sent", err)
	e.Operation = "updateTask"
	return e
}

// edited returns the changes that edit makes to a resource, as the merge patch U. Fields
// of R and U correspond by JSON name; those of U are Optionals of the same types.
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
			return changes, fmt.Errorf("it changes %s, which is read-only", name)
		}
		target.FieldByName("Value").Set(after.Field(i))
		target.FieldByName("Set").SetBool(true)
	}
	return changes, nil
}

// wireName returns the JSON name of a struct's field.
func wireName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// cloned returns a deep copy of a field's value.
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

// same reports whether two values of a field are equal. Times are compared as instants,
// and a nil slice equals an empty one.
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
