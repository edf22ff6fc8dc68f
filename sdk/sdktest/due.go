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

// lastSecond returns the last second of a day in a time zone: the second before the
// first one with a later date. Dates never go back over midnight by more than some
// hours, so a search forward finds it.
func lastSecond(day string, zone *time.Location) time.Time {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err) // it was validated before
	}
	// A day before, no zone has a later date. From there, search for the first second of a
	// later date in steps of a quarter of an hour.
	at := date.AddDate(0, 0, -1)
	const step = 15 * time.Minute
	for at.Add(step).In(zone).Format(time.DateOnly) <= day {
		at = at.Add(step)
	}
	for at.Add(time.Second).In(zone).Format(time.DateOnly) <= day {
		at = at.Add(time.Second)
	}
	return at.UTC()
}
