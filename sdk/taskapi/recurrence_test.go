package taskapi_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func zoneNamed(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := taskapi.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// clock parses a local time in a zone, such as 2026-11-30 09:00.
func clock(t *testing.T, text string, zone *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// recurring returns a task that is due on a day or at a local time in a zone.
func recurring(t *testing.T, due, rule string, from taskapi.RecurrenceFrom, zone *time.Location) taskapi.Task {
	t.Helper()
	task := taskapi.Task{Title: "a", Recurrence: &rule, RecurrenceFrom: from}
	if strings.Contains(due, " ") {
		task.DueAt = new(clock(t, due, zone).UTC())
		return task
	}
	end, err := taskapi.LastSecond(due, zone)
	if err != nil {
		t.Fatal(err)
	}
	task.DueAt, task.DueOn = &end, &due
	return task
}

// formatted returns the text of a due date in a zone.
func formatted(dueAt *time.Time, dueOn *string, zone *time.Location) string {
	if dueOn != nil {
		return *dueOn
	}
	return dueAt.In(zone).Format("2006-01-02 15:04 MST")
}

// longRule has no room for a time of day.
var longRule = "FREQ=DAILY;BYMONTH=" + strings.TrimSuffix(strings.Repeat("1,2,3,", 30), ",")

func TestSuccessor_HasTheNextDateAndRule(t *testing.T) {
	t.Parallel()
	const due, completion = taskapi.FromDue, taskapi.FromCompletion
	for _, tc := range []struct {
		zone, due, rule string
		from            taskapi.RecurrenceFrom
		completed       string
		want, wantRule  string // empty if there is no next task
	}{
		// From the due date: after it and after the completion.
		{"UTC", "2026-11-30 09:00", "FREQ=DAILY", due, "2026-11-29 12:00", "2026-12-01 09:00 UTC", "FREQ=DAILY"},
		{"UTC", "2026-11-30 09:00", "FREQ=DAILY", due, "2026-12-04 08:59", "2026-12-04 09:00 UTC", "FREQ=DAILY"},
		{"UTC", "2026-11-30 09:00", "FREQ=DAILY", due, "2026-12-04 09:00", "2026-12-05 09:00 UTC", "FREQ=DAILY"},
		{"UTC", "2026-11-30", "FREQ=DAILY", due, "2026-11-30 09:00", "2026-12-01", "FREQ=DAILY"},
		{"UTC", "2026-11-29", "FREQ=DAILY", due, "2026-11-30 23:59", "2026-11-30", "FREQ=DAILY"},
		{"UTC", "2026-11-30", "FREQ=DAILY;INTERVAL=3", due, "2026-12-04 09:00", "2026-12-06", "FREQ=DAILY;INTERVAL=3"},
		{"Pacific/Kiritimati", "2026-11-29", "FREQ=DAILY", due, "2026-12-01 00:30", "2026-12-01", "FREQ=DAILY"},
		{"Etc/GMT+12", "2026-11-29", "FREQ=DAILY", due, "2026-11-30 23:30", "2026-11-30", "FREQ=DAILY"},
		{"UTC", "2026-11-30", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", due, "2026-12-02 09:00", "2026-12-02", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"},
		{"UTC", "2026-11-30", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", due, "2026-12-03 09:00", "2026-12-14", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"},
		// From the completion: counted from its day, at the old time of day.
		{"UTC", "2026-11-30", "FREQ=WEEKLY", completion, "2026-12-03 09:00", "2026-12-10", "FREQ=WEEKLY"},
		{"UTC", "2026-12-30", "FREQ=WEEKLY", completion, "2026-12-03 09:00", "2026-12-10", "FREQ=WEEKLY"},
		{"UTC", "2026-11-30 21:00", "FREQ=DAILY", completion, "2026-12-03 09:00", "2026-12-04 21:00 UTC", "FREQ=DAILY"},
		{"Asia/Tokyo", "2026-11-30 21:00", "FREQ=DAILY", completion, "2026-12-03 00:30", "2026-12-04 21:00 JST", "FREQ=DAILY"},
		{"America/New_York", "2026-02-20 02:30", "FREQ=DAILY", completion, "2026-03-07 12:00", "2026-03-08 03:30 EDT", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"},
		{"America/New_York", "2026-02-20 02:30", "FREQ=DAILY", completion, "2026-03-08 12:00", "2026-03-09 02:30 EDT", "FREQ=DAILY"},
		{"UTC", "2026-11-30", "FREQ=MONTHLY;BYDAY=1MO", completion, "2026-12-07 09:00", "2027-01-04", "FREQ=MONTHLY;BYDAY=1MO"},
		{"UTC", "0001-01-01 09:00", "FREQ=DAILY", completion, "2026-12-03 08:00", "2026-12-04 09:00 UTC", "FREQ=DAILY"},
		{"UTC", "9998-12-31", "FREQ=DAILY", completion, "2026-12-03 09:00", "2026-12-04", "FREQ=DAILY"},
		{"Pacific/Apia", "2011-12-30", "FREQ=DAILY", completion, "2026-12-03 09:00", "2026-12-04", "FREQ=DAILY"}, // a skipped date
		// The time of day stays the same after a clock change.
		{"Europe/Berlin", "2026-03-28 09:00", "FREQ=DAILY", due, "2026-03-28 10:00", "2026-03-29 09:00 CEST", "FREQ=DAILY"},
		{"Europe/Berlin", "2026-03-28 02:30", "FREQ=DAILY", due, "2026-03-28 10:00", "2026-03-29 03:30 CEST", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"},
		{"Europe/Berlin", "2026-10-24 02:30", "FREQ=DAILY", due, "2026-10-24 10:00", "2026-10-25 02:30 CEST", "FREQ=DAILY"},
		{"Europe/Berlin", "2026-10-25 09:00", "FREQ=WEEKLY", due, "2026-10-25 10:00", "2026-11-01 09:00 CET", "FREQ=WEEKLY"},
		{"America/New_York", "2026-03-07 02:30", "FREQ=DAILY", due, "2026-03-07 10:00", "2026-03-08 03:30 EDT", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"},
		{"America/New_York", "2026-10-31 01:30", "FREQ=DAILY", due, "2026-10-31 10:00", "2026-11-01 01:30 EDT", "FREQ=DAILY"},
		{"America/Havana", "2026-03-07 00:00", "FREQ=DAILY", due, "2026-03-07 10:00", "2026-03-08 01:00 CDT", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0"},
		{"America/Havana", "2026-03-07", "FREQ=DAILY", due, "2026-03-07 10:00", "2026-03-08", "FREQ=DAILY"},
		{"America/Havana", "2026-10-31", "FREQ=DAILY", due, "2026-11-01 23:00", "2026-11-01", "FREQ=DAILY"},
		{"Australia/Lord_Howe", "2026-10-03 02:15", "FREQ=DAILY", due, "2026-10-03 10:00", "2026-10-04 02:45 +11", "FREQ=DAILY;BYHOUR=2;BYMINUTE=15"},
		{"Australia/Lord_Howe", "2026-04-04 01:45", "FREQ=DAILY", due, "2026-04-04 10:00", "2026-04-05 01:45 +11", "FREQ=DAILY"},
		{"Pacific/Apia", "2011-12-29", "FREQ=DAILY", due, "2011-12-29 12:00", "2011-12-31", "FREQ=DAILY"},
		{"Pacific/Apia", "2011-12-29 12:00", "FREQ=DAILY", due, "2011-12-29 13:00", "2011-12-31 12:00 +14", "FREQ=DAILY"},
		// A skipped time of day is kept in the rule until it exists again.
		{"Europe/Berlin", "2026-03-29 03:30", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", due, "2026-03-29 10:00", "2026-03-30 02:30 CEST", "FREQ=DAILY"},
		{"Europe/Berlin", "2026-03-30 03:30", "BYMINUTE=30;BYHOUR=2;COUNT=2;FREQ=DAILY", due, "2026-03-30 10:00", "2026-03-31 03:30 CEST", "COUNT=1;FREQ=DAILY"},
		{"Europe/Berlin", "2026-03-29 18:00", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", due, "2026-03-29 19:00", "2026-03-30 18:00 CEST", "FREQ=DAILY"},
		{"America/New_York", "2026-03-28 21:30", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", due, "2026-03-28 22:00", "2026-03-29 21:30 EDT", "FREQ=DAILY"},
		{"Europe/Berlin", "2026-12-03 09:00", "FREQ=DAILY;BYHOUR=18;BYMINUTE=0", completion, "2026-12-03 20:00", "2026-12-04 09:00 CET", "FREQ=DAILY"},
		{"Europe/Berlin", "2026-03-28 02:30", longRule, due, "2026-03-28 10:00", "2026-03-29 03:30 CEST", longRule},
		// Days that few months have.
		{"UTC", "2027-01-31", "FREQ=MONTHLY", due, "2027-01-31 09:00", "2027-03-31", "FREQ=MONTHLY"},
		{"UTC", "2027-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1", due, "2027-01-31 09:00", "2027-02-28", "FREQ=MONTHLY;BYMONTHDAY=-1"},
		{"UTC", "2028-02-29", "FREQ=YEARLY", due, "2028-02-29 09:00", "2032-02-29", "FREQ=YEARLY"},
		{"UTC", "2096-02-29", "FREQ=YEARLY", due, "2096-02-29 09:00", "2104-02-29", "FREQ=YEARLY"},
		// COUNT counts tasks, not dates.
		{"UTC", "2026-11-30", "FREQ=DAILY;COUNT=3", due, "2027-11-30 09:00", "2027-11-30", "FREQ=DAILY;COUNT=2"},
		{"UTC", "2026-11-30", "COUNT=10;FREQ=DAILY", due, "2026-11-30 09:00", "2026-12-01", "COUNT=9;FREQ=DAILY"},
		{"UTC", "2026-11-30", "FREQ=DAILY;COUNT=1", due, "2026-11-30 09:00", "", ""},
		// UNTIL is the last date, in the zone.
		{"UTC", "2026-11-30", "FREQ=DAILY;UNTIL=20261201", due, "2026-11-30 09:00", "2026-12-01", "FREQ=DAILY;UNTIL=20261201"},
		{"UTC", "2026-11-30", "FREQ=DAILY;UNTIL=20261130", due, "2026-11-30 09:00", "", ""},
		{"Asia/Tokyo", "2026-11-30 08:00", "FREQ=DAILY;UNTIL=20261130T230000Z", due, "2026-11-30 09:00", "2026-12-01 08:00 JST", "FREQ=DAILY;UNTIL=20261130T230000Z"},
		{"Asia/Tokyo", "2026-11-30 08:00", "FREQ=DAILY;UNTIL=20261130T225959Z", due, "2026-11-30 09:00", "", ""},
		// Neither JSON nor PostgreSQL supports later years.
		{"UTC", "9998-12-31", "FREQ=DAILY", due, "2026-11-30 09:00", "", ""},
		{"UTC", "9999-12-31 12:00", "FREQ=DAILY", due, "2026-11-30 09:00", "", ""},
		{"UTC", "9998-12-30", "FREQ=DAILY", due, "2026-11-30 09:00", "9998-12-31", "FREQ=DAILY"},
		{"UTC", "2026-11-30", "FREQ=SOMETIMES", due, "2026-11-30 09:00", "", ""},
	} {
		zone := zoneNamed(t, tc.zone)
		task := recurring(t, tc.due, tc.rule, tc.from, zone)
		next, ok := task.Successor(clock(t, tc.completed, zone), zone)
		var got, rule string
		if ok {
			got, rule = formatted(next.DueAt, next.DueOn, zone), *next.Recurrence
		}
		if got != tc.want || rule != tc.wantRule {
			t.Errorf("%s: %q from %s of %s, completed %s: %q with %q, want %q with %q", tc.zone, tc.rule, tc.from, tc.due, tc.completed, got, rule, tc.want, tc.wantRule)
		}
		if ok && next.DueOn != nil {
			if end, _ := taskapi.LastSecond(*next.DueOn, zone); !end.Equal(*next.DueAt) {
				t.Errorf("%s on %s: due at %v, want %v", tc.zone, *next.DueOn, next.DueAt, end)
			}
		}
	}
}

func TestSuccessor_CopiesTheContent(t *testing.T) {
	t.Parallel()
	task := recurring(t, "2026-11-30", "FREQ=DAILY", taskapi.FromCompletion, time.UTC)
	task.ID, task.Completed, task.Version, task.NextID = "id", true, 3, new("next")
	task.Description, task.Priority, task.Tags, task.ListID, task.ParentID = "b", taskapi.High, []string{"c"}, new("list"), new("parent")
	next, ok := task.Successor(*task.DueAt, time.UTC)
	if !ok {
		t.Fatal("no successor")
	}
	task.Completed, task.DueAt, task.DueOn = false, next.DueAt, next.DueOn // TestSuccessor_HasTheNextDateAndRule checks these
	for field, got := range reflect.ValueOf(next).Fields() {
		// TestRequestsHaveTheFieldsOfTheResource reports fields that tasks lack.
		if want := reflect.ValueOf(task).FieldByName(field.Name); want.IsValid() && !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Errorf("%s is %v, want %v", field.Name, got, want)
		}
	}
	task.Recurrence = nil
	if _, ok := task.Successor(*task.DueAt, time.UTC); ok {
		t.Error("a task that does not recur has a successor")
	}
	undated := taskapi.Task{Recurrence: new("FREQ=DAILY")}
	if _, ok := undated.Successor(time.Now(), time.UTC); ok {
		t.Error("a task without a due date has a successor")
	}
}

// occurrenceCase is a case of sdktest's occurrences.json, which the conformance suite and
// the page's tests share. Its dates are days or instants.
type occurrenceCase struct {
	Name, Zone, Due, Rule string
	From                  taskapi.RecurrenceFrom
	Now                   time.Time
	Next                  []string // the next three due dates, or fewer if no more follow
}

func occurrenceCases(t *testing.T) (all []occurrenceCase) {
	t.Helper()
	text, err := os.ReadFile("../sdktest/testdata/occurrences.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// task returns the task of a case.
func (c occurrenceCase) task(t *testing.T, zone *time.Location) taskapi.Task {
	t.Helper()
	task := taskapi.Task{Title: "a", Recurrence: &c.Rule, RecurrenceFrom: c.From}
	if at, err := time.Parse(time.RFC3339, c.Due); err == nil {
		task.DueAt = &at
		return task
	}
	end, err := taskapi.LastSecond(c.Due, zone)
	if err != nil {
		t.Fatal(err)
	}
	task.DueAt, task.DueOn = &end, &c.Due
	return task
}

func TestOccurrences(t *testing.T) {
	t.Parallel()
	dateOf := func(dueAt time.Time, dueOn *string) string {
		if dueOn != nil {
			return *dueOn
		}
		return dueAt.Format(time.RFC3339)
	}
	for _, tc := range occurrenceCases(t) {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			zone := zoneNamed(t, tc.Zone)
			task := tc.task(t, zone)
			got := []string{}
			for _, due := range task.Occurrences(tc.Now, zone, 3) {
				got = append(got, dateOf(due.DueAt, due.DueOn))
			}
			if !reflect.DeepEqual(got, tc.Next) {
				t.Errorf("got %q, want %q", got, tc.Next)
			}
			// Successors completed on time are due on the same dates.
			completed := *task.DueAt
			if tc.Now.After(completed) {
				completed = tc.Now
			}
			successors := []string{}
			for next, ok := task.Successor(completed, zone); ok && len(successors) < 3; next, ok = task.Successor(*task.DueAt, zone) {
				if err := taskapi.CheckRecurrence(*next.Recurrence, next.DueAt, next.DueOn); err != nil {
					t.Errorf("%q: %v", *next.Recurrence, err)
				}
				successors = append(successors, dateOf(*next.DueAt, next.DueOn))
				task = taskapi.Task{DueAt: next.DueAt, DueOn: next.DueOn, Recurrence: next.Recurrence, RecurrenceFrom: next.RecurrenceFrom}
			}
			if !reflect.DeepEqual(successors, tc.Next) {
				t.Errorf("the successors are due %q, want %q", successors, tc.Next)
			}
		})
	}
	if got := (taskapi.Task{}).Occurrences(time.Now(), time.UTC, 3); got == nil || len(got) > 0 {
		t.Errorf("a task that does not recur has %#v, want an empty list", got)
	}
}

func TestShifted_KeepsTheTimeOfDay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		zone, due string
		days      int
		want      string
	}{
		{"UTC", "2026-11-30", 7, "2026-12-07"},
		{"UTC", "2026-11-30", -30, "2026-10-31"},
		{"Europe/Berlin", "2026-03-28 09:00", 1, "2026-03-29 09:00 CEST"},
		{"Europe/Berlin", "2026-03-28 02:30", 1, "2026-03-29 03:30 CEST"},
		{"America/New_York", "2026-03-09 02:30", -1, "2026-03-08 03:30 EDT"},
		{"Pacific/Apia", "2011-12-29 12:00", 1, "2011-12-31 12:00 +14"},
		{"UTC", "9998-12-31", 1, "9998-12-31"},
		{"UTC", "0001-01-01", -1, "0001-01-01"},
		{"Asia/Tokyo", "0001-01-02 08:00", -1, "0001-01-02 08:00 LMT"},
	} {
		zone := zoneNamed(t, tc.zone)
		task := recurring(t, tc.due, "", taskapi.FromDue, zone)
		moved := taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}.Shifted(tc.days, zone)
		if got := formatted(&moved.DueAt, moved.DueOn, zone); got != tc.want {
			t.Errorf("%s in %s, %d days later: %s, want %s", tc.due, tc.zone, tc.days, got, tc.want)
		}
	}
	berlin := zoneNamed(t, "Europe/Berlin")
	from, to := taskapi.Occurrence{DueAt: clock(t, "2026-03-28 23:30", berlin)}, taskapi.Occurrence{DueAt: clock(t, "2026-03-30 00:30", berlin)}
	if days := from.DaysTo(to, berlin); days != 2 {
		t.Errorf("got %d days between the dates, want 2", days)
	}
}

func TestCheckRecurrence_SaysWhyATaskCannotRecur(t *testing.T) {
	t.Parallel()
	at, on := new(time.Now()), new("2026-11-30")
	for _, tc := range []struct {
		rule  string
		dueAt *time.Time
		dueOn *string
		want  string
	}{
		{"FREQ=DAILY", at, nil, "<nil>"},
		{"FREQ=DAILY", nil, on, "<nil>"},
		{"FREQ=DAILY", nil, nil, "needs dueAt or dueOn"},
		{"FREQ=DAILY;UNTIL=20261231", at, on, "<nil>"},
		{"FREQ=DAILY;UNTIL=20261231T090000Z", at, nil, "<nil>"},
		{"FREQ=DAILY;UNTIL=20261231T090000Z", at, on, "must have a date as UNTIL, as dueOn has no time"},
		{"FREQ=DAILY;BYHOUR=9;BYMINUTE=0", at, nil, "<nil>"},
		{"FREQ=DAILY;BYHOUR=9;BYMINUTE=0", at, on, "<nil>"},
		{"FREQ=DAILY;UNTIL=20261231T090000", at, on, "must have a date as UNTIL, as dueOn has no time"},
		{"daily", at, nil, `"daily" is not supported`},
	} {
		if got := fmt.Sprint(taskapi.CheckRecurrence(tc.rule, tc.dueAt, tc.dueOn)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.rule, got, tc.want)
		}
	}
}
