package taskapi

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/recurrence"
)

// RecurrenceFrom says what the next due date of a recurring task is counted from. The
// empty RecurrenceFrom in a request means [FromDue].
type RecurrenceFrom string

// The next due date is counted from one of these.
const (
	// FromDue: the old due date. Dates that have passed are left out.
	FromDue RecurrenceFrom = "due"
	// FromCompletion: the day of the completion, at the old time of day.
	FromCompletion RecurrenceFrom = "completion"
)

// RecurrencesFrom returns all that the next due date may be counted from.
func RecurrencesFrom() []RecurrenceFrom { return []RecurrenceFrom{FromDue, FromCompletion} }

// MaxRecurrenceLength is the length of the longest rule of a task.
const MaxRecurrenceLength = 200

// The numbers of occurrences that listTaskOccurrences returns.
const (
	DefaultOccurrences = 10
	MaxOccurrences     = 100
)

// Occurrence is when a task is due: at a time, or on a day, whose last second DueAt is.
type Occurrence struct {
	DueAt time.Time `json:"dueAt" doc:"When the task should be finished. With dueOn it is the last second of that day in the time zone of the user's settings." example:"2026-12-07T17:00:00Z"`
	DueOn *string   `json:"dueOn" format:"date" doc:"The day on which the task should be finished, if no time of it matters; otherwise null." example:"2026-12-07"`
}

// OccurrenceListResponse is the response of listTaskOccurrences.
type OccurrenceListResponse struct {
	Success bool         `json:"success" enum:"true" doc:"Always true in a response of status 2xx."`
	Data    []Occurrence `json:"data"`
}

// CheckRecurrence says why a task with a due date, or without one, cannot recur by a
// rule.
func CheckRecurrence(text string, dueAt *time.Time, dueOn *string) error {
	rule, err := recurrence.Parse(text)
	switch {
	case err != nil:
		return err
	case dueAt == nil && dueOn == nil:
		return errors.New("needs dueAt or dueOn")
	case dueOn != nil && rule.UntilHasTime():
		return errors.New("must have a date as UNTIL, as dueOn has no time")
	}
	return nil
}

// Successor returns the content of the task that follows a recurring one when it is
// completed at a time by a user in a time zone. It reports false if none follows.
func (t Task) Successor(completed time.Time, zone *time.Location) (CreateTaskRequest, bool) {
	due, rule, ok := t.next(completed, zone)
	next := t.content()
	next.Completed, next.DueAt, next.DueOn, next.Recurrence = false, &due.DueAt, due.DueOn, &rule
	return next, ok
}

// content returns the request that creates a task like this one.
func (t Task) content() (content CreateTaskRequest) {
	request := reflect.ValueOf(&content).Elem()
	for field, value := range reflect.ValueOf(t).Fields() {
		if to := request.FieldByName(field.Name); to.IsValid() {
			to.Set(value)
		}
	}
	return content
}

// Occurrences returns the due dates that follow that of a recurring task, as many as
// there are within a limit: as though each task was completed when it was due.
func (t Task) Occurrences(zone *time.Location, limit int) []Occurrence {
	occurrences := []Occurrence{}
	for len(occurrences) < limit {
		if t.DueAt == nil {
			break
		}
		due, rule, ok := t.next(*t.DueAt, zone)
		if !ok {
			break
		}
		occurrences = append(occurrences, due)
		t.DueAt, t.DueOn, t.Recurrence = &due.DueAt, due.DueOn, &rule
	}
	return occurrences
}

// next returns the due date and the rule of the task that follows. COUNT counts tasks:
// the search leaves it out, and the next rule has one less.
func (t Task) next(completed time.Time, zone *time.Location) (due Occurrence, rest string, ok bool) {
	if t.Recurrence == nil || t.DueAt == nil {
		return Occurrence{}, "", false
	}
	rule, err := recurrence.Parse(*t.Recurrence)
	if err != nil || rule.Count() == 1 {
		return Occurrence{}, "", false
	}
	rest = strings.Replace(*t.Recurrence, fmt.Sprintf("COUNT=%d", rule.Count()), fmt.Sprintf("COUNT=%d", rule.Count()-1), 1)
	start := Occurrence{*t.DueAt, t.DueOn}
	after := start.DueAt
	if t.RecurrenceFrom == FromCompletion {
		start = start.Shifted(start.DaysTo(Occurrence{DueAt: completed}, zone), zone)
		after = start.DueAt
	} else if completed.After(after) {
		after = completed
	}
	due, ok = start.next(rule.WithoutCount(), after, zone)
	return due, rest, ok
}

// next returns the first occurrence after a time, of the rule that begins with o.
func (o Occurrence) next(rule recurrence.Rule, after time.Time, zone *time.Location) (Occurrence, bool) {
	if o.DueOn == nil {
		at, ok := rule.Next(o.DueAt.In(zone), after)
		return Occurrence{DueAt: at.UTC()}, ok && at.UTC().Year() <= maxDueYear
	}
	start := o.date(zone)
	from := start
	if day := recurrence.ClockTime(after.In(zone)).AddDate(0, 0, -1).Truncate(24 * time.Hour); day.After(start) {
		from = day
	}
	for date, ok := rule.Next(start, from); ok && date.Year() < maxDueYear; date, ok = rule.Next(start, date) {
		if next := onDay(date, zone); next.DueAt.After(after) {
			return next, true
		}
	}
	return Occurrence{}, false
}

// maxDueYear is the last year of a due date. That of a day is the one before, so that
// its end is in it in every time zone.
const maxDueYear = 9999

// DaysTo returns the number of days to the day of another due date.
func (o Occurrence) DaysTo(other Occurrence, zone *time.Location) int {
	const day = 24 * 60 * 60
	return int(other.date(zone).Unix()-o.date(zone).Unix()) / day // a Duration has 292 years at most
}

// Shifted returns the due date some days later, at the same time of day. One that would
// be out of range stays.
func (o Occurrence) Shifted(days int, zone *time.Location) Occurrence {
	date := o.date(zone).AddDate(0, 0, days)
	if date.Year() < 1 || date.Year() >= maxDueYear {
		return o
	}
	if o.DueOn != nil {
		return onDay(date, zone)
	}
	clock := recurrence.ClockTime(o.DueAt.In(zone))
	shifted := recurrence.InstantOf(clock.AddDate(0, 0, days), zone).UTC()
	if shifted.Year() < 1 { // the first day of year 1, in the east
		return o
	}
	return Occurrence{DueAt: shifted}
}

// date returns the day of the due date, at 00:00 in UTC.
func (o Occurrence) date(zone *time.Location) time.Time {
	if o.DueOn != nil {
		if date, err := time.Parse(time.DateOnly, *o.DueOn); err == nil {
			return date
		}
	}
	return recurrence.ClockTime(o.DueAt.In(zone)).Truncate(24 * time.Hour)
}

// onDay returns the due date of a day, which is given at 00:00 in UTC.
func onDay(date time.Time, zone *time.Location) Occurrence {
	return Occurrence{DueAt: lastSecond(date, zone), DueOn: new(date.Format(time.DateOnly))}
}
