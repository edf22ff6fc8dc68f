package api

import (
	"context"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// midnightSlack is longer than any clock change and than the difference of any two time
// zones. The tasks up to this time after a midnight include all of the day before, and
// those due on that day in other zones.
const midnightSlack = 32 * time.Hour

func (h *handlers) getAgenda(ctx context.Context, in *operations.GetAgendaInput) (*operations.Output[taskapi.Agenda], error) {
	zone, err := operations.Zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	now := time.Now().Truncate(time.Microsecond) // the database's precision
	stored, err := h.store.Agenda(ctx, userFrom(ctx), now, zone, func(zone *time.Location) time.Time { return agendaEnd(now, zone, in.Days) })
	if err != nil {
		return nil, err
	}
	return &operations.Output[taskapi.Agenda]{Body: taskapi.AgendaResponse{Success: true, Data: newAgenda(stored, now.In(stored.Zone), in.Days)}}, nil
}

// agendaEnd returns a time by which the days of an agenda have ended in every time zone.
func agendaEnd(now time.Time, zone *time.Location, days int) time.Time {
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, zone).Add(midnightSlack)
}

// newAgenda returns an agenda whose first day is today in the time zone of now. It only counts
// tasks due after the last day.
func newAgenda(stored store.Agenda, now time.Time, days int) taskapi.Agenda {
	agenda := taskapi.NewAgenda(now, days)
	agenda.Undated, agenda.Truncated = stored.Undated, stored.Before > int64(len(stored.Tasks))
	var listed int64
	for _, task := range stored.Tasks {
		if task.DueAt.Before(now) {
			agenda.Overdue = append(agenda.Overdue, task)
		} else if day := agenda.Day(taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}, now.Location()); day != nil {
			day.Tasks = append(day.Tasks, task)
		} else {
			continue
		}
		listed++
	}
	agenda.Later = max(0, stored.Before+stored.After-listed)
	agenda.AddOccurrences(now, stored.UserZone)
	return agenda
}
