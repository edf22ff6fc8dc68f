package sdktest

import (
	"net/http"
	"slices"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxAgendaTasks bounds the overdue tasks of an agenda, and separately those of its days.
const maxAgendaTasks = 1000

func (s *Server) getAgenda(c *call) (*reply, *problem) {
	days := int64(taskapi.DefaultAgendaDays)
	var f fieldErrors
	f.number(c.request.URL.Query(), "days", &days, 1, taskapi.MaxAgendaDays)
	if p := f.problem(); p != nil {
		return nil, p
	}
	// Last, as in the service, because the OpenAPI document cannot express time zones.
	zone, p := c.timeZone()
	if p != nil {
		return nil, p
	}
	return newReply(http.StatusOK, taskapi.AgendaResponse{Success: true, Data: c.tx.user.agenda(c.tx.now.In(zone), int(days))}), nil
}

// agenda returns the open tasks by day. The first day is that of now in its time zone.
func (u *user) agenda(now time.Time, days int) taskapi.Agenda {
	agenda := taskapi.NewAgenda(now, days)
	var dated []cursor
	for id, e := range u.resources {
		task, isTask := e.wire().(taskapi.Task)
		switch {
		case !isTask || task.DeletedAt != nil || task.Completed || u.isArchived(task):
		case task.DueAt == nil:
			agenda.Undated++
		default:
			dated = append(dated, cursor{Key: task.DueAt.Format(sortableTime), ID: id})
		}
	}
	slices.SortFunc(dated, func(a, b cursor) int { return a.compare(b, false) })
	var overdue, listed, overdueBytes, listedBytes int
	for _, position := range dated {
		task := u.resources[position.ID].wire().(taskapi.Task)
		count, bytes, to := &overdue, &overdueBytes, &agenda.Overdue
		if !task.Overdue(now) {
			day := agenda.Day(taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}, now.Location())
			if day == nil {
				agenda.Later++
				continue
			}
			count, bytes, to = &listed, &listedBytes, &day.Tasks
		}
		if *count >= maxAgendaTasks || *bytes >= pageBytes/2 {
			agenda.Later++
			agenda.Truncated = true
			continue
		}
		*to = append(*to, task)
		*count++
		*bytes += len(encode(task))
	}
	agenda.AddOccurrences(now, u.zone())
	return agenda
}
