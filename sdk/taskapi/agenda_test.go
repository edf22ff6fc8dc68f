package taskapi_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// agendaOf returns an agenda with tasks that are overdue or due on its days.
func agendaOf(now time.Time, days int, tasks ...taskapi.Task) taskapi.Agenda {
	agenda := taskapi.NewAgenda(now, days)
	for _, task := range tasks {
		due := taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}
		if day := agenda.Day(due, now.Location()); day != nil && !task.DueAt.Before(now) {
			day.Tasks = append(day.Tasks, task)
		} else {
			agenda.Overdue = append(agenda.Overdue, task)
		}
	}
	return agenda
}

func TestAgenda_Occurrences(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, zone, settings, now string
		due, rule                 string
		want                      []string
	}{
		{"after the due date", "UTC", "UTC", "2026-11-26 10:00", "2026-11-27", "FREQ=DAILY", []string{"28 2026-11-28", "29 2026-11-29"}},
		{"after now", "UTC", "UTC", "2026-11-26 10:00", "2026-11-01", "FREQ=DAILY;INTERVAL=2", []string{"27 2026-11-27", "29 2026-11-29"}},
		{"at a time that has passed", "UTC", "UTC", "2026-11-26 10:00", "2026-11-25 09:00", "FREQ=DAILY;COUNT=3", []string{"27 09:00", "28 09:00"}},
		{"later today", "Europe/Berlin", "Europe/Berlin", "2026-11-26 10:00", "2026-11-19", "FREQ=WEEKLY", []string{"26 2026-11-26"}},
		{"none within the days", "UTC", "UTC", "2026-11-26 10:00", "2026-11-26", "FREQ=MONTHLY", nil},
		// Tasks recur in the zone of the settings, and the days are those of the request.
		{"a due day keeps its date in a zone to the west", "Pacific/Kiritimati", "Etc/GMT+12", "2026-11-26 10:00", "2026-11-27", "FREQ=DAILY", []string{"28 2026-11-28", "29 2026-11-29"}},
		{"a due day keeps its date in a zone to the east", "Etc/GMT+12", "Pacific/Kiritimati", "2026-11-26 10:00", "2026-11-27", "FREQ=DAILY", []string{"28 2026-11-28", "29 2026-11-29"}},
		{"a time may be on another day", "Asia/Tokyo", "America/New_York", "2026-11-26 10:00", "2026-11-24 10:00", "FREQ=WEEKLY;BYDAY=TH", []string{"27 00:00"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			zone, settings := zoneNamed(t, tc.zone), zoneNamed(t, tc.settings)
			task := recurring(t, tc.due, tc.rule, taskapi.FromDue, settings)
			task.ID = "x"
			now := clock(t, tc.now, zone)
			agenda := agendaOf(now, 4, task)
			agenda.AddOccurrences(now, settings)
			var got []string
			for _, day := range agenda.Days {
				for _, o := range day.Occurrences {
					on := o.DueAt.In(zone).Format("15:04")
					if o.DueOn != nil {
						on = *o.DueOn
					}
					got = append(got, strings.TrimPrefix(day.Date, "2026-11-")+" "+on)
				}
			}
			if !slices.Equal(got, tc.want) || agenda.OccurrencesTruncated {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestAgenda_OccurrencesAreBounded uses tasks with 31 occurrences each.
func TestAgenda_OccurrencesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	task := func(n int) taskapi.Task {
		return taskapi.Task{
			ID: fmt.Sprintf("%04d", n), DueAt: new(now.Add(-time.Duration(n) * 24 * time.Hour).Add(-time.Hour)),
			Recurrence: new("FREQ=DAILY"), RecurrenceFrom: taskapi.FromDue,
		}
	}
	for tasks, want := range map[int][]int{
		1:    slices.Repeat([]int{1}, 30),
		64:   slices.Repeat([]int{64}, 30),
		80:   append(slices.Repeat([]int{80}, 25), 0, 0, 0, 0, 0),
		500:  append(slices.Repeat([]int{500}, 4), slices.Repeat([]int{0}, 26)...),
		2000: append([]int{2000}, slices.Repeat([]int{0}, 29)...),
		2010: append([]int{2000}, slices.Repeat([]int{0}, 29)...),
	} {
		var all []taskapi.Task
		for n := range tasks {
			all = append(all, task(tasks-1-n))
		}
		agenda := agendaOf(now, taskapi.MaxAgendaDays, all...)
		agenda.AddOccurrences(now, time.UTC)
		var got []int
		for _, day := range agenda.Days {
			got = append(got, len(day.Occurrences))
			byID := func(a, b taskapi.AgendaOccurrence) int { return strings.Compare(a.TaskID, b.TaskID) }
			if !slices.IsSortedFunc(day.Occurrences, byID) {
				t.Errorf("%d tasks: the occurrences of %s are not in order", tasks, day.Date)
			}
		}
		if !reflect.DeepEqual(got, append([]int{0}, want...)) || agenda.OccurrencesTruncated != (tasks > 66) {
			t.Errorf("%d tasks have %v by day, truncated %t, want %v", tasks, got, agenda.OccurrencesTruncated, want)
		}
	}
}

// BenchmarkAgenda_Occurrences adds the occurrences of the maximum number of tasks, with the
// slowest rules.
func BenchmarkAgenda_Occurrences(b *testing.B) {
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	berlin, err := taskapi.LoadZone("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	for _, rule := range []string{
		"FREQ=DAILY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
		"FREQ=YEARLY;BYDAY=" + strings.TrimSuffix(strings.Repeat("53MO,", 35), ","), "FREQ=MONTHLY;BYMONTHDAY=" + strings.TrimSuffix(strings.Repeat("31,", 58), ","),
	} {
		b.Run(rule[:min(len(rule), 50)], func(b *testing.B) {
			var all []taskapi.Task
			for n := range 2000 {
				due := time.Date(1, 1, 3, 9, n%60, 0, 0, time.UTC)
				all = append(all, taskapi.Task{ID: fmt.Sprint(n), DueAt: &due, Recurrence: &rule, RecurrenceFrom: taskapi.FromDue})
			}
			for b.Loop() {
				agenda := agendaOf(now.In(berlin), taskapi.MaxAgendaDays, all...)
				agenda.AddOccurrences(now.In(berlin), berlin)
			}
		})
	}
}
