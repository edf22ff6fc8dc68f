// Package recurrence evaluates recurrence rules: the part of RFC 5545 (RRULE)
// that tasks need.
//
//	rule, err := recurrence.Parse("FREQ=WEEKLY;BYDAY=MO,WE")
//	for at := range rule.Occurrences(start) { … }
//	next, ok := rule.Next(start, time.Now())
//
// A rule has FREQ (DAILY, WEEKLY, MONTHLY or YEARLY) and may have INTERVAL,
// COUNT or UNTIL, WKST, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, and one BYHOUR with
// one BYMINUTE. Other parts are rejected, and so are rules that never occur.
//
// Occurrences keep the local time of day of the start, or that of BYHOUR and BYMINUTE,
// when the clocks change. A time that a clock change skips moves by the length of the
// gap, possibly to the next day. Of a time that occurs twice, the first is used, even if
// the start is the second; the first occurrence is then before the start. All-day rules
// start at midnight in [time.UTC], which has no clock changes.
//
// The start itself is an occurrence only if it matches the rule. The search for
// the next occurrence ends after 40 years.
//
// The TypeScript client has the same engine; both are tested on the same cases.
package recurrence
