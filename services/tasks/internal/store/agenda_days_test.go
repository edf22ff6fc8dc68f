package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// due returns a task due at a time.
func due(at time.Time) taskapi.Task {
	return taskapi.Task{Title: at.UTC().Format(time.RFC3339), DueAt: &at}
}

func TestAgendaFollowsClockChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone, now string // the local time in the zone
		// dates are the days, hours their lengths.
		dates []string
		hours []float64
	}{
		"usual days": {
			"UTC", "2026-11-30 09:00", []string{"2026-11-30", "2026-12-01", "2026-12-02"}, []float64{24, 24, 24},
		},
		"the end of a February with 29 days": {
			"Asia/Tokyo", "2028-02-28 23:59", []string{"2028-02-28", "2028-02-29", "2028-03-01"}, []float64{24, 24, 24},
		},
		"a day of 23 hours": {
			"Europe/Berlin", "2026-03-28 12:00", []string{"2026-03-28", "2026-03-29", "2026-03-30"}, []float64{24, 23, 24},
		},
		"a day of 25 hours": {
			"Europe/Berlin", "2026-10-24 12:00", []string{"2026-10-24", "2026-10-25", "2026-10-26"}, []float64{24, 25, 24},
		},
		"today has 25 hours, and it is half past two for the first time": {
			"Europe/Berlin", "2026-10-25 02:30", []string{"2026-10-25", "2026-10-26"}, []float64{25, 24},
		},
		"the last day has 23 hours": {
			"America/New_York", "2026-03-07 08:00", []string{"2026-03-07", "2026-03-08"}, []float64{24, 23},
		},
		"the last day has 25 hours": {
			"America/New_York", "2026-10-31 08:00", []string{"2026-10-31", "2026-11-01"}, []float64{24, 25},
		},
		"a day without a midnight": {
			"Africa/Cairo", "2026-04-23 12:00", []string{"2026-04-23", "2026-04-24", "2026-04-25"}, []float64{24, 23, 24},
		},
		"a day without a midnight after the last one": {
			"Africa/Cairo", "2026-04-22 12:00", []string{"2026-04-22", "2026-04-23"}, []float64{24, 24},
		},
		"a day with two midnights": {
			"America/Havana", "2026-10-31 12:00", []string{"2026-10-31", "2026-11-01", "2026-11-02"}, []float64{24, 25, 24},
		},
		"a day with two midnights after the last one": {
			"America/Havana", "2026-10-30 12:00", []string{"2026-10-30", "2026-10-31"}, []float64{24, 24},
		},
		"a change of half an hour": {
			"Australia/Lord_Howe", "2026-10-03 12:00", []string{"2026-10-03", "2026-10-04"}, []float64{24, 23.5},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.ParseInLocation("2006-01-02 15:04", test.now, zone)
			if err != nil {
				t.Fatal(err)
			}
			days := len(test.dates)
			// A task in the middle of each quarter of an hour, from two days before to
			// two days after.
			const step = 15 * time.Minute
			var tasks []taskapi.Task
			later := 0
			end := agendaEnd(now, days)
			for at := now.Add(-48*time.Hour - step/2); at.Before(now.AddDate(0, 0, days+2)); at = at.Add(step) {
				tasks = append(tasks, due(at))
				date := at.In(zone).Format(time.DateOnly)
				if date > test.dates[days-1] {
					later++
				} else if !at.Before(end) {
					t.Errorf("a task at %s is not read, because the end is %s", at.In(zone), end)
				}
			}
			agenda := agendaTasks{Listed: tasks, Before: int64(len(tasks)), Undated: 5}.agenda(now, days)
			if n := len(agenda.Overdue); n != 48*4+1 {
				t.Errorf("%d overdue, want those of two days", n)
			}
			var dates []string
			for i, day := range agenda.Days {
				dates = append(dates, day.Date)
				for _, task := range day.Tasks {
					if got := task.DueAt.In(zone).Format(time.DateOnly); got != day.Date {
						t.Errorf("a task due at %s is on %s", task.DueAt.In(zone), day.Date)
					}
				}
				if n := len(day.Tasks); i > 0 && n != int(test.hours[i]*4) {
					t.Errorf("%s has %d quarters of an hour, want %v hours", day.Date, n, test.hours[i])
				}
			}
			if diff := cmp.Diff(test.dates, dates); diff != "" {
				t.Errorf("dates (-want +got):\n%s", diff)
			}
			if agenda.Later != int64(later) || agenda.Undated != 5 {
				t.Errorf("%d later, %d undated, want %d and 5", agenda.Later, agenda.Undated, later)
			}
		})
	}
}

func TestAgendaHasEachTaskOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	at := func(hours time.Duration) taskapi.Task { return due(now.Add(hours * time.Hour)) }
	// The first two are due today; only the first is overdue.
	tasks := []taskapi.Task{at(-1), at(0), at(14), at(15), at(39)}
	want := taskapi.Agenda{
		Overdue: tasks[:1],
		Days: []taskapi.AgendaDay{
			{Date: "2026-11-30", Tasks: tasks[1:3], Occurrences: []taskapi.AgendaOccurrence{}},
			{Date: "2026-12-01", Tasks: tasks[3:4], Occurrences: []taskapi.AgendaOccurrence{}},
		},
		Later: 1, Undated: 2,
	}
	if diff := cmp.Diff(want, agendaTasks{Listed: tasks, Before: 5, Undated: 2}.agenda(now, 2)); diff != "" {
		t.Errorf("agenda (-want +got):\n%s", diff)
	}
	empty := taskapi.NewAgenda(now, 1)
	if diff := cmp.Diff(empty, agendaTasks{}.agenda(now, 1)); diff != "" {
		t.Errorf("without tasks (-want +got):\n%s", diff)
	}
}
