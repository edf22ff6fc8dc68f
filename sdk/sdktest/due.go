package sdktest

import (
	"maps"
	"reflect"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// eitherDue makes a patch that sets one of dueAt and dueOn clear the other.
func eitherDue(c content) content {
	at, hasAt := c["dueAt"]
	on, hasOn := c["dueOn"]
	c = maps.Clone(c)
	switch {
	case hasAt && !hasOn && at.IsValid():
		c["dueOn"] = reflect.ValueOf((*string)(nil))
	case hasOn && !hasAt && on.IsNil():
		c["dueAt"] = reflect.ValueOf((*time.Time)(nil))
	}
	return c
}

// setDue sets dueAt of a task that is due on a day to the last second of that day.
func (tx *transaction) setDue(before, after resource) {
	task, ok := after.pointer().(*taskapi.Task)
	if !ok || task.DueOn == nil {
		return
	}
	if before.kind != nil {
		if was := before.wire().(taskapi.Task); was.DueOn != nil && *was.DueOn == *task.DueOn {
			task.DueAt = was.DueAt
			return
		}
	}
	task.DueAt = new(lastSecond(*task.DueOn, tx.user.zone()))
}

// moveDays updates dueAt of tasks that are due on a day if the time zone changes.
func (tx *transaction) moveDays(before, after resource) {
	was, ok := before.wire().(taskapi.Settings)
	now, _ := after.wire().(taskapi.Settings)
	if !ok || was.TimeZone == now.TimeZone {
		return
	}
	zone, err := taskapi.LoadZone(now.TimeZone)
	if err != nil {
		panic(err) // it was validated before
	}
	for _, r := range tx.resources(kindNamed(taskapi.KindTask)) {
		task := r.wire().(taskapi.Task)
		if task.DueOn == nil {
			continue
		}
		if ends := lastSecond(*task.DueOn, zone); !ends.Equal(*task.DueAt) {
			moved := r.copied()
			moved.set("dueAt", &ends)
			tx.changed(moved)
		}
	}
}

// lastSecond returns the last second of a valid day in a time zone.
func lastSecond(day string, zone *time.Location) time.Time {
	end, err := taskapi.LastSecond(day, zone)
	if err != nil {
		panic(err)
	}
	return end
}
