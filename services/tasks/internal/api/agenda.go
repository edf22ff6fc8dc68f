package api

import (
	"cmp"
	"context"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// midnightSlack is more than a clock is ever put forward or back, and more than two
// time zones differ: with it, the tasks up to some midnight hold all of the day
// before, and those that are due on that day elsewhere.
const midnightSlack = 32 * time.Hour

func (h *handlers) getAgenda(ctx context.Context, in *operations.GetAgendaInput) (*operations.GetAgendaOutput, error) {
	zone, err := operations.Zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	now := time.Now().Truncate(time.Microsecond) // as the database has it
	found, err := h.store.Agenda(ctx, userFrom(ctx), now, zone, func(zone *time.Location) time.Time { return agendaEnd(now, zone, in.Days) })
	if err != nil {
		return nil, err
	}
	return &operations.GetAgendaOutput{Body: taskapi.AgendaResponse{Success: true, Data: newAgenda(found, now.In(found.Zone), in.Days)}}, nil
}

// agendaEnd is a time behind the days of an agenda.
func agendaEnd(now time.Time, zone *time.Location, days int) time.Time {
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, zone).Add(midnightSlack)
}

// dayPlace returns the day on which a task is due without a time, if it is among
// those of the agenda. In another time zone than the user's, its end may be on the
// next one.
func dayPlace(places map[string]*taskapi.AgendaDay, task taskapi.Task) *taskapi.AgendaDay {
	if task.DueOn == nil {
		return nil
	}
	return places[*task.DueOn]
}

// newAgenda puts tasks into the days that begin with the one of now, in its time
// zone. A day has the tasks with its date, however long it is. What is due
// behind the days is left out and counted.
func newAgenda(found store.Agenda, now time.Time, days int) taskapi.Agenda {
	agenda := taskapi.Agenda{
		Overdue: []taskapi.Task{}, Days: make([]taskapi.AgendaDay, days),
		Undated: found.Undated, Truncated: found.Before > int64(len(found.Tasks)),
	}
	places := make(map[string]*taskapi.AgendaDay, days)
	year, month, day := now.Date()
	for i := range agenda.Days {
		// In UTC every date has a midnight.
		date := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		agenda.Days[i] = taskapi.AgendaDay{Date: date, Tasks: []taskapi.Task{}}
		places[date] = &agenda.Days[i]
	}
	var listed int64
	for _, task := range found.Tasks {
		if task.DueAt.Before(now) {
			agenda.Overdue = append(agenda.Overdue, task)
		} else if place := cmp.Or(dayPlace(places, task), places[task.DueAt.In(now.Location()).Format(time.DateOnly)]); place != nil {
			place.Tasks = append(place.Tasks, task)
		} else {
			continue
		}
		listed++
	}
	agenda.Later = max(0, found.Before+found.After-listed)
	return agenda
}
