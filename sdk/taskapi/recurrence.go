package taskapi

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/recurrence"
)

// RecurrenceFrom is the date from which the next due date of a recurring task is
// counted. The empty RecurrenceFrom in a request means [FromDue].
type RecurrenceFrom string

// The values of RecurrenceFrom.
const (
	// FromDue counts from the old due date and skips dates that have passed.
	FromDue RecurrenceFrom = "due"
	// FromCompletion counts from the day of the completion, at the old time of day.
	FromCompletion RecurrenceFrom = "completion"
)

// MaxRecurrenceLength is the maximum length of a task's rule.
const MaxRecurrenceLength = 200

// Limits of the occurrences that listTaskOccurrences returns. A hundred leap days on a
// Monday would be 2,800 years of days to search.
const (
	DefaultOccurrences = 10
	MaxOccurrences     = 100
	MaxOccurrenceYears = 100
)

// Occurrence is a due date: a time, or a day, of which DueAt is the last second.
type Occurrence struct {
	DueAt time.Time `json:"dueAt" doc:"When the task should be finished. With dueOn it is the last second of that day in the time zone of the user's settings." example:"2026-12-07T17:00:00Z"`
	DueOn *string   `json:"dueOn" format:"date" doc:"The day on which the task is due, if the time does not matter; otherwise null." example:"2026-12-07"`
}

// CheckRecurrence returns an error that says why a task with this due date, if any,
// cannot recur by a rule.
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

// Successor returns the content of the next task of a recurring one, completed at this
// time by a user in this time zone. It reports false if there is no next task.
func (t Task) Successor(completed time.Time, zone *time.Location) (CreateTaskRequest, bool) {
	for due := range t.dues(completed, time.Time{}, zone) {
		next := t.content()
		next.Completed, next.DueAt, next.DueOn, next.Recurrence = false, &due.DueAt, due.DueOn, new(t.nextRule(due, zone))
		return next, true
	}
	return CreateTaskRequest{}, false
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

// Occurrences returns the next due dates of a recurring task, at most limit, assuming
// that it is completed on its due date, or now if it is overdue, and each later one
// on its own due date, for [MaxOccurrenceYears].
func (t Task) Occurrences(now time.Time, zone *time.Location, limit int) []Occurrence {
	occurrences := []Occurrence{}
	completed := t.completion(now)
	before := completed.AddDate(MaxOccurrenceYears, 0, 1) // includes the last day
	for due := range t.dues(completed, before, zone) {
		if len(occurrences) == limit {
			break
		}
		occurrences = append(occurrences, due)
	}
	return occurrences
}

// completion returns the due date of the task, or now if it is overdue: the time at which
// [Task.Occurrences] assumes that the task is completed.
func (t Task) completion(now time.Time) time.Time {
	if t.DueAt != nil && t.DueAt.After(now) {
		return *t.DueAt
	}
	return now
}

// dues returns the due dates of the tasks that follow this one if it is completed at this
// time, and each later one on its due date. It ends at before, unless that is zero.
func (t Task) dues(completed, before time.Time, zone *time.Location) iter.Seq[Occurrence] {
	return func(yield func(Occurrence) bool) {
		if t.Recurrence == nil || t.DueAt == nil {
			return
		}
		rule, err := recurrence.Parse(*t.Recurrence)
		if err != nil {
			return
		}
		start := Occurrence{*t.DueAt, t.DueOn}
		local := start.local(rule, zone)
		date, after := local.Truncate(day), start.DueAt
		if t.RecurrenceFrom == FromCompletion {
			start = start.Shifted(start.DaysTo(Occurrence{DueAt: completed}, zone), zone)
			date = start.date(zone)
			after = start.DueAt
			if start.DueOn == nil {
				after = recurrence.InstantOf(date.Add(local.Sub(local.Truncate(day))), zone)
			}
		} else if completed.After(after) {
			after = completed
		}
		if start.DueOn == nil {
			// The rule begins on the intended day, which may be the day before.
			start.DueAt = recurrence.InstantOf(date.Add(local.Sub(local.Truncate(time.Minute))), zone)
		}
		rule = rule.At(timeOfDay(local))
		left := rule.Count() - 1 // COUNT counts tasks, not dates, so the search ignores it
		for due := range start.dues(rule.WithoutCount(), after, before, zone) {
			if left == 0 || !yield(due) {
				return
			}
			left--
		}
	}
}

// nextRule returns the rule of the next task, which is due at this time. Its COUNT is one
// less. If a clock change skips the time of day on that day, the rule keeps it as BYHOUR
// and BYMINUTE.
func (t Task) nextRule(due Occurrence, zone *time.Location) string {
	rule, _ := recurrence.Parse(*t.Recurrence)
	parts := strings.Split(*t.Recurrence, ";")
	parts = slices.DeleteFunc(parts, func(part string) bool {
		return strings.HasPrefix(part, "BYHOUR=") || strings.HasPrefix(part, "BYMINUTE=")
	})
	if i := slices.Index(parts, fmt.Sprintf("COUNT=%d", rule.Count())); i >= 0 {
		parts[i] = fmt.Sprintf("COUNT=%d", rule.Count()-1)
	}
	next := strings.Join(parts, ";")
	intended := timeOfDay(Occurrence{*t.DueAt, t.DueOn}.local(rule, zone))
	if timeOfDay(due.local(recurrence.Rule{}, zone)) != intended {
		withTime := fmt.Sprintf("%s;BYHOUR=%d;BYMINUTE=%d", next, intended/time.Hour, intended%time.Hour/time.Minute)
		if len(withTime) <= MaxRecurrenceLength {
			return withTime
		}
	}
	return next
}

const day = 24 * time.Hour

// local returns the local time of o, held in UTC, as the start of a rule. If a clock
// change skips the rule's time of day and o is moved by the gap, possibly to the next
// day, local returns the skipped time. A time of day in the rule that does not match o is
// from before o was changed, and is ignored. For a day, local returns midnight.
func (o Occurrence) local(rule recurrence.Rule, zone *time.Location) time.Time {
	if o.DueOn != nil {
		return o.date(zone)
	}
	local := recurrence.LocalTime(o.DueAt.In(zone))
	if intended, ok := rule.TimeOfDay(); ok {
		skipped := local.Truncate(day).Add(intended + local.Sub(local.Truncate(time.Minute)))
		for _, candidate := range []time.Time{skipped, skipped.Add(-day)} {
			if recurrence.InstantOf(candidate, zone).Equal(o.DueAt) {
				return candidate
			}
		}
	}
	return local
}

// timeOfDay returns the time of day of a local time, in whole minutes.
func timeOfDay(local time.Time) time.Duration {
	return local.Sub(local.Truncate(day)).Truncate(time.Minute)
}

// dues returns the occurrences of the rule that begins with o, after one time and before
// another; a zero before means no limit.
func (o Occurrence) dues(rule recurrence.Rule, after, before time.Time, zone *time.Location) iter.Seq[Occurrence] {
	start, from, to := o.DueAt.In(zone), after, before
	if o.DueOn != nil { // whole days, with room at both ends; the loop drops what is outside
		start = o.date(zone)
		from = Occurrence{DueAt: after}.date(zone).AddDate(0, 0, -2)
		if !before.IsZero() {
			to = Occurrence{DueAt: before}.date(zone).AddDate(0, 0, 2)
		}
	}
	return func(yield func(Occurrence) bool) {
		last := after
		for at := range rule.Between(start, from, to) {
			due := Occurrence{DueAt: at.UTC()}
			if due.DueAt.Year() > maxDueYear || o.DueOn != nil && at.Year() == maxDueYear {
				return
			}
			if o.DueOn != nil {
				due = onDay(at, zone)
			}
			switch {
			case !due.DueAt.After(last): // too early, or a skipped date
			case !before.IsZero() && !due.DueAt.Before(before) || !yield(due):
				return
			default:
				last = due.DueAt
			}
		}
	}
}

// maxDueYear is the last year of a due time. Due days end a year earlier, so that their
// last second is in this year in every time zone.
const maxDueYear = 9999

// DaysTo returns the number of days from the day of o to the day of other.
func (o Occurrence) DaysTo(other Occurrence, zone *time.Location) int {
	const seconds = 24 * 60 * 60
	return int(other.date(zone).Unix()-o.date(zone).Unix()) / seconds // a Duration is limited to 292 years
}

// Shifted returns the due date moved by a number of days, at the same time of day. It
// returns o if the result would be out of range.
func (o Occurrence) Shifted(days int, zone *time.Location) Occurrence {
	date := o.date(zone).AddDate(0, 0, days)
	if date.Year() < 1 || date.Year() >= maxDueYear {
		return o
	}
	if o.DueOn != nil {
		return onDay(date, zone)
	}
	local := recurrence.LocalTime(o.DueAt.In(zone))
	shifted := recurrence.InstantOf(local.AddDate(0, 0, days), zone).UTC()
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
	return recurrence.LocalTime(o.DueAt.In(zone)).Truncate(day)
}

// onDay returns the due date of a day, given as 00:00 in UTC.
func onDay(date time.Time, zone *time.Location) Occurrence {
	return Occurrence{DueAt: lastSecond(date, zone), DueOn: new(date.Format(time.DateOnly))}
}
