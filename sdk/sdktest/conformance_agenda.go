package sdktest

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

var agendaCases = []contractCase{
	{"open tasks are overdue, on a day, later or undated", onOneDay("Pacific/Auckland", func(s *subject, now time.Time) func() {
		zone := now.Location()
		year, month, day := now.Date()
		noon := func(days int) *time.Time { return new(time.Date(year, month, day+days, 12, 0, 0, 0, zone)) }
		for title, due := range map[string]*time.Time{"late": noon(-2), "later": noon(-1), "tomorrow": noon(1), "next day": noon(2), "next week": noon(7), "some day": nil} {
			s.create(taskapi.CreateTaskRequest{Title: title, DueAt: due})
			s.create(taskapi.CreateTaskRequest{Title: title, DueAt: due, Completed: true})
			gone := s.create(taskapi.CreateTaskRequest{Title: title, DueAt: due})
			s.must(s.client.DeleteTask(s.Context(), gone.ID))
		}
		got, err := s.client.Agenda(s.Context(), taskapi.AgendaOptions{TimeZone: zone.String(), Days: 3})
		s.ok(err)
		return func() {
			s.same("overdue", titlesOf(got.Overdue), []string{"late", "later"})
			s.same("days", daysOf(got), []string{
				noon(0).Format(time.DateOnly) + ":", noon(1).Format(time.DateOnly) + ": tomorrow", noon(2).Format(time.DateOnly) + ": next day",
			})
			if got.Later != 1 || got.Undated != 1 || got.Truncated {
				s.Errorf("later is %d, undated %d, truncated %t", got.Later, got.Undated, got.Truncated)
			}
		}
	})},
	{"occurrences of recurring tasks are after now and after the due date", onOneDay("Pacific/Auckland", func(s *subject, now time.Time) func() {
		zone := now.Location()
		s.setZone(zone.String())
		day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
		year, month, today := now.Date()
		noon := time.Date(year, month, today-3, 12, 0, 0, 0, zone).UTC().Format(time.RFC3339)
		titles := map[string]string{}
		add := func(title string, request taskapi.CreateTaskRequest) taskapi.Task {
			request.Title = title
			task := s.create(request)
			titles[task.ID] = title
			return task
		}
		add("late", recurring("FREQ=DAILY;INTERVAL=2;COUNT=3", noon))
		add("next", recurring("FREQ=DAILY", day(1)))
		add("far", recurring("FREQ=DAILY", day(9)))
		add("once", taskapi.CreateTaskRequest{DueOn: new(day(0))})
		done := add("done", recurring("FREQ=DAILY;COUNT=1", day(0)))
		s.finishLast(done.ID)
		s.must(s.client.DeleteTask(s.Context(), add("gone", recurring("FREQ=DAILY", day(0))).ID))
		got, err := s.client.Agenda(s.Context(), taskapi.AgendaOptions{Days: 5})
		s.ok(err)
		return func() {
			var all []string
			for _, d := range got.Days {
				for _, o := range d.Occurrences {
					on := o.DueAt.In(zone).Format("2006-01-02 15:04")
					if o.DueOn != nil {
						on = *o.DueOn
					}
					all = append(all, d.Date+" "+titles[o.TaskID]+" "+on)
				}
			}
			s.same("the occurrences", all, []string{
				day(1) + " late " + day(1) + " 12:00", day(2) + " next " + day(2),
				day(3) + " late " + day(3) + " 12:00", day(3) + " next " + day(3), day(4) + " next " + day(4),
			})
			if got.OccurrencesTruncated || len(got.Days[0].Occurrences) > 0 {
				s.Errorf("the agenda is %s, want no occurrences today and occurrencesTruncated false", inJSON(got))
			}
		}
	})},
	{"a user without tasks has empty days, seven by default", func(s *subject) {
		got, err := s.client.Agenda(s.Context(), taskapi.AgendaOptions{})
		s.ok(err)
		if len(got.Overdue) != 0 || len(got.Days) != taskapi.DefaultAgendaDays || got.Later != 0 || got.Undated != 0 || got.Truncated {
			s.Errorf("the agenda is %s, want %d empty days", inJSON(got), taskapi.DefaultAgendaDays)
		}
	}},
	{"invalid parameters are 422", func(s *subject) {
		for query, want := range map[string]taskapi.FieldError{
			"timeZone=" + url.QueryEscape("Europe/Atlantis"): field422("timeZone", taskapi.FieldNotAllowed),
			"days=0":   field422("days", taskapi.FieldOutOfRange),
			"days=32":  field422("days", taskapi.FieldOutOfRange),
			"days=few": field422("days", taskapi.FieldType),
			"day=1":    field422("day", taskapi.FieldUnknown),
		} {
			s.problem(s.raw(http.MethodGet, "/api/agenda?"+query, ""), taskapi.CodeInvalid, want)
		}
	}},
}

// onOneDay returns a case that runs again, with another user, if a day begins in the time
// zone before run has returned the checks.
func onOneDay(name string, run func(s *subject, now time.Time) (check func())) func(*subject) {
	return func(s *subject) {
		zone, err := time.LoadLocation(name)
		s.ok(err)
		for {
			now := time.Now().In(zone)
			check := run(s.another(), now)
			if time.Now().In(zone).Day() == now.Day() {
				check()
				return
			}
		}
	}
}

func titlesOf(tasks []taskapi.Task) []string {
	var titles []string
	for _, task := range tasks {
		titles = append(titles, task.Title)
	}
	return titles
}

func daysOf(agenda taskapi.Agenda) []string {
	var days []string
	for _, day := range agenda.Days {
		days = append(days, strings.TrimSpace(day.Date+": "+strings.Join(titlesOf(day.Tasks), ", ")))
	}
	return days
}

// The largest tasks end pages below their limits.
var sizeCases = []contractCase{
	{"pages of large tasks end early and skip no task", func(s *subject) {
		const tasks = 16
		var ids []string
		for range tasks {
			ids = append(ids, s.create(taskapi.CreateTaskRequest{
				Title: "large", DueAt: onDay(1), Description: strings.Repeat("🎉", taskapi.MaxDescriptionLength),
			}).ID)
		}
		page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Limit: taskapi.MaxListLimit})
		s.ok(err)
		changes, err := s.client.ListChanges(s.Context(), taskapi.ListChangesOptions{Limit: taskapi.MaxListLimit})
		s.ok(err)
		if len(page.Tasks) == tasks || page.Meta.NextCursor == nil || len(changes.Changes) == tasks || !changes.Meta.HasMore {
			s.Errorf("%d of %d tasks and %d changes on a page", len(page.Tasks), tasks, len(changes.Changes))
		}
		var listed, changed []string
		for task, err := range s.client.Tasks(s.Context(), taskapi.ListTasksOptions{Sort: taskapi.OldestFirst}) {
			s.ok(err)
			listed = append(listed, task.ID)
		}
		for change, err := range s.client.Changes(s.Context(), taskapi.ListChangesOptions{}) {
			s.ok(err)
			changed = append(changed, change.ID)
		}
		s.same("the tasks of all pages", listed, ids)
		s.same("the changes of all pages", changed, ids)
	}},
	{"a batch that changes more than 2 MiB is 413 and changes nothing", func(s *subject) {
		var operations []taskapi.BatchOperation
		for range 30 {
			task := s.create(taskapi.CreateTaskRequest{Title: "large", Description: strings.Repeat("🎉", taskapi.MaxDescriptionLength)})
			operations = append(operations, taskapi.TaskOperations.Delete(task.ID, 0))
		}
		s.fails(errorOf(s.client.Batch(s.Context(), operations)), sdk.ErrBodyTooLarge)
		stats, err := s.client.TaskStats(s.Context(), "")
		s.ok(err)
		if stats.Open != 30 {
			s.Errorf("%d tasks are open, want 30", stats.Open)
		}
		s.must(s.client.Batch(s.Context(), operations[:10]))
	}},
}
