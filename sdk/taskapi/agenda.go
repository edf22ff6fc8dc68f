package taskapi

import (
	"cmp"
	"slices"
	"time"
)

// Agenda lists the open tasks by due date. Each open task is listed or counted once.
type Agenda struct {
	Overdue              []Task      `json:"overdue" doc:"Overdue tasks, the oldest first: at most 1,000, fewer if they are very long."`
	Days                 []AgendaDay `json:"days" doc:"Every day from today on, in the time zone of the request. Together they have at most the next 1,000 tasks, fewer if they are very long."`
	Later                int64       `json:"later" minimum:"0" doc:"The number of tasks with a deadline that are in neither overdue nor days." example:"4"`
	Undated              int64       `json:"undated" minimum:"0" doc:"The number of tasks without a deadline." example:"7"`
	Truncated            bool        `json:"truncated" doc:"Whether overdue or days lack tasks because there are too many. They are counted in later." example:"false"`
	OccurrencesTruncated bool        `json:"occurrencesTruncated" doc:"Whether days lack occurrences of the listed tasks because there are too many." example:"false"`
}

// AgendaDay is one day of an agenda.
type AgendaDay struct {
	Date        string             `json:"date" format:"date" doc:"The day in the time zone of the request." example:"2026-11-30"`
	Tasks       []Task             `json:"tasks" doc:"The tasks due on this day that are not overdue, the earliest first."`
	Occurrences []AgendaOccurrence `json:"occurrences" doc:"The times on this day at which recurring tasks of the agenda will be due again, after now and after their due date, the earliest first. These occurrences are not tasks yet: completing a task creates the next one. All days together have at most the earliest 2,000."`
}

// AgendaOccurrence is a time at which a recurring task of an agenda will be due again.
type AgendaOccurrence struct {
	TaskID string `json:"taskId" format:"uuid" doc:"The id of the task, which is in overdue or in days." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Occurrence
}

// AgendaOptions are the parameters of getAgenda.
type AgendaOptions struct {
	// TimeZone is the IANA name of the zone of the days; empty means that of the
	// user's settings.
	TimeZone string
	// Days is the number of days, today included, from 1 to [MaxAgendaDays]; zero
	// means [DefaultAgendaDays].
	Days int
}

// Limits of the days of an agenda.
const (
	DefaultAgendaDays = 7
	MaxAgendaDays     = 31
)

// MaxAgendaOccurrences is the maximum number of occurrences in all days of an agenda.
const MaxAgendaOccurrences = 2000

// NewAgenda returns an agenda without tasks, whose first day is today in the location of
// now.
func NewAgenda(now time.Time, days int) Agenda {
	agenda := Agenda{Overdue: []Task{}, Days: make([]AgendaDay, days)}
	year, month, day := now.Date()
	for i := range agenda.Days {
		// In UTC every date has a midnight.
		date := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		agenda.Days[i] = AgendaDay{Date: date, Tasks: []Task{}, Occurrences: []AgendaOccurrence{}}
	}
	return agenda
}

// Day returns the day of the agenda on which a task that is not overdue is due: its due
// day, or the date of its due time in the zone. A due day that is over in the zone, but not
// in the user's, counts as today. Day returns nil if the date is after the last day.
func (a *Agenda) Day(due Occurrence, zone *time.Location) *AgendaDay {
	date := due.DueAt.In(zone).Format(time.DateOnly)
	if due.DueOn != nil {
		date = max(*due.DueOn, a.Days[0].Date)
	}
	i := slices.IndexFunc(a.Days, func(day AgendaDay) bool { return day.Date == date })
	if i < 0 {
		return nil
	}
	return &a.Days[i]
}

// AddOccurrences adds the occurrences of an agenda's tasks to its days. The location of
// now is the time zone of the days; zone is that of the user's settings, in which tasks
// recur.
func (a *Agenda) AddOccurrences(now time.Time, zone *time.Location) {
	type entry struct {
		AgendaOccurrence
		day *AgendaDay
	}
	var all []entry
	keepEarliest := func() {
		slices.SortFunc(all, func(a, b entry) int { return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.TaskID, b.TaskID)) })
		if len(all) > MaxAgendaOccurrences {
			all, a.OccurrencesTruncated = all[:MaxAgendaOccurrences], true
		}
	}
	year, month, day := now.Date()
	// 32 hours later, the last day has ended in every zone.
	end := time.Date(year, month, day+len(a.Days), 0, 0, 0, 0, now.Location()).Add(32 * time.Hour)
	listed := slices.Clone(a.Overdue)
	for _, day := range a.Days {
		listed = append(listed, day.Tasks...)
	}
	for _, task := range listed {
		for due := range task.dues(task.completion(now), end, zone) {
			if day := a.Day(due, now.Location()); day != nil {
				all = append(all, entry{AgendaOccurrence{task.ID, due}, day})
			}
		}
		if len(all) > 2*MaxAgendaOccurrences {
			keepEarliest()
			end = all[len(all)-1].DueAt.Add(1) // later ones would be cut off
		}
	}
	keepEarliest()
	for _, o := range all {
		o.day.Occurrences = append(o.day.Occurrences, o.AgendaOccurrence)
	}
}
