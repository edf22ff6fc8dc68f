package sdktest

import (
	"net/http"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// wantDue checks the due day and the due time of a task. An empty one means null.
func (s *subject) wantDue(task taskapi.Task, day, at string) {
	s.Helper()
	var gotDay, gotAt string
	if task.DueOn != nil {
		gotDay = *task.DueOn
	}
	if task.DueAt != nil {
		gotAt = task.DueAt.Format(time.RFC3339)
	}
	if gotDay != day || gotAt != at {
		s.Errorf("due on %q at %q, want %q at %q", gotDay, gotAt, day, at)
	}
}

// update changes a task.
func (s *subject) update(id string, changes taskapi.UpdateTaskRequest) taskapi.Task {
	s.Helper()
	task, err := s.client.UpdateTask(s.Context(), id, changes)
	s.ok(err)
	return task
}

var dueCases = []contractCase{
	{"dueAt of a due day is its last second in the zone of the settings", func(s *subject) {
		for _, tt := range []struct{ zone, day, ends string }{
			{"UTC", "2026-11-30", "2026-11-30T23:59:59Z"},
			{"Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59Z"},
			{"Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59Z"},
			{"America/New_York", "2026-03-08", "2026-03-09T03:59:59Z"},
			{"America/New_York", "2026-11-01", "2026-11-02T04:59:59Z"},
			{"America/Havana", "2026-03-07", "2026-03-08T04:59:59Z"}, // the next day begins at one
			{"America/Havana", "2026-11-01", "2026-11-02T04:59:59Z"}, // its first hour comes twice
			{"Australia/Lord_Howe", "2026-04-05", "2026-04-05T13:29:59Z"},
			{"Australia/Lord_Howe", "2026-10-04", "2026-10-04T12:59:59Z"},
			{"Pacific/Apia", "2011-12-29", "2011-12-30T09:59:59Z"},
			{"Pacific/Apia", "2011-12-30", "2011-12-30T09:59:59Z"}, // a skipped date
			{"Pacific/Apia", "2011-12-31", "2011-12-31T09:59:59Z"},
			{"Pacific/Kiritimati", "2026-12-31", "2026-12-31T09:59:59Z"},
			{"Etc/GMT+12", "2028-02-29", "2028-03-01T11:59:59Z"},
			{"america/argentina/comodrivadavia", "2026-06-01", "2026-06-02T02:59:59Z"},
			{"Asia/Kolkata", "9998-12-31", "9998-12-31T18:29:59Z"},
		} {
			s.setZone(tt.zone)
			task := s.create(taskapi.CreateTaskRequest{Title: tt.zone, DueOn: &tt.day})
			s.wantDue(task, tt.day, tt.ends)
			s.same("the task that is read", s.get(task.ID), task)
		}
	}},
	{"dueAt and dueOn replace each other, and null clears both", func(s *subject) {
		at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		task := s.create(taskapi.CreateTaskRequest{Title: "Rent", DueAt: &at, DueOn: new("2026-11-30")})
		s.wantDue(task, "2026-11-30", "2026-11-30T23:59:59Z")
		s.wantDue(s.update(task.ID, taskapi.UpdateTaskRequest{DueAt: taskapi.Some(&at)}), "", "2026-12-01T09:00:00Z")
		s.wantDue(s.update(task.ID, taskapi.UpdateTaskRequest{DueOn: taskapi.Some(new("2026-12-02"))}), "2026-12-02", "2026-12-02T23:59:59Z")
		s.wantDue(s.update(task.ID, taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}), "", "")
		s.wantDue(s.update(task.ID, taskapi.UpdateTaskRequest{DueOn: taskapi.Some(new("2026-12-02")), DueAt: taskapi.Some(&at)}), "2026-12-02", "2026-12-02T23:59:59Z")
		s.wantDue(s.update(task.ID, taskapi.UpdateTaskRequest{DueOn: taskapi.Null[string]()}), "", "")
		s.wantDue(s.update(task.ID, taskapi.UpdateTaskRequest{DueOn: taskapi.Null[string](), DueAt: taskapi.Some(&at)}), "", "2026-12-01T09:00:00Z")
	}},
	{"replacing a task by itself changes nothing", func(s *subject) {
		s.setZone("Asia/Tokyo")
		task := s.create(taskapi.CreateTaskRequest{Title: "Rent", DueOn: new("2026-11-30")})
		again, err := s.client.ReplaceTask(s.Context(), task.ID, taskapi.ReplaceTaskRequest{Title: task.Title, DueAt: task.DueAt, DueOn: task.DueOn})
		s.ok(err)
		s.same("the task", again, task)
	}},
	{"a change of the zone moves due days, each as one change", func(s *subject) {
		day := new("2026-11-30")
		at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		open := s.create(taskapi.CreateTaskRequest{Title: "open", DueOn: day})
		other := s.create(taskapi.CreateTaskRequest{Title: "other", DueOn: new("2026-07-01")})
		timed := s.create(taskapi.CreateTaskRequest{Title: "timed", DueAt: &at})
		done := s.create(taskapi.CreateTaskRequest{Title: "done", DueOn: day, Completed: true})
		trashed := s.create(taskapi.CreateTaskRequest{Title: "trashed", DueOn: day})
		s.must(s.client.DeleteTask(s.Context(), trashed.ID))
		before := s.seq()
		s.setZone("America/New_York")
		var changed []string
		for i, change := range s.feed(before, 2) {
			if change.Seq != before+1+int64(i) {
				s.Errorf("change %d has the number %d, want %d", i, change.Seq, before+1+int64(i))
			}
			changed = append(changed, change.ID)
		}
		s.same("the changed resources", changed, []string{taskapi.SettingsID, open.ID, other.ID, done.ID, trashed.ID})
		moved := s.get(open.ID)
		s.wantDue(moved, *day, "2026-12-01T04:59:59Z")
		s.same("the version", moved.Version, open.Version+1)
		s.wantDue(s.get(other.ID), "2026-07-01", "2026-07-02T03:59:59Z")
		s.wantDue(s.get(trashed.ID), *day, "2026-12-01T04:59:59Z")
		s.same("a time", s.get(timed.ID), timed)
		s.wantDue(s.get(done.ID), *day, "2026-12-01T04:59:59Z")
	}},
	{"a task that is reopened with its sub-task is due at the end of its day", func(s *subject) {
		parent := s.create(taskapi.CreateTaskRequest{Title: "parent", DueOn: new("2026-11-30"), Completed: true})
		sub := s.create(taskapi.CreateTaskRequest{Title: "sub", ParentID: &parent.ID, Completed: true})
		s.setZone("America/New_York")
		s.update(sub.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)})
		opened := s.get(parent.ID)
		s.same("completed", opened.Completed, false)
		s.wantDue(opened, "2026-11-30", "2026-12-01T04:59:59Z")
	}},
	{"a due day is on that day of the agenda in every zone", func(s *subject) {
		s.setZone("Etc/GMT+12")
		day := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
		s.create(taskapi.CreateTaskRequest{Title: "all day", DueOn: &day})
		for _, zone := range []string{"", "Pacific/Kiritimati", "UTC"} {
			agenda, err := s.client.Agenda(s.Context(), taskapi.AgendaOptions{TimeZone: zone})
			s.ok(err)
			for _, d := range agenda.Days {
				if (len(d.Tasks) == 1) != (d.Date == day) {
					s.Errorf("in %q, %s has %d tasks", zone, d.Date, len(d.Tasks))
				}
			}
		}
	}},
	{"an invalid day is 422", func(s *subject) {
		for body, want := range map[string]taskapi.FieldErrorCode{
			`"tomorrow"`: taskapi.FieldFormat, `"2026-02-30"`: taskapi.FieldFormat, `"2026-11-30T00:00:00Z"`: taskapi.FieldFormat,
			`"0000-01-01"`: taskapi.FieldOutOfRange, `"9999-01-01"`: taskapi.FieldOutOfRange, `7`: taskapi.FieldType,
		} {
			s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"a","dueOn":`+body+`}`), taskapi.CodeInvalid, field422("dueOn", want))
		}
	}},
}
