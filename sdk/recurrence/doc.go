// Package recurrence evaluates recurrence rules: the part of RFC 5545 (RRULE)
// that tasks need.
//
//	rule, err := recurrence.Parse("FREQ=WEEKLY;BYDAY=MO,WE")
//	for at := range rule.Occurrences(start) { … }
//	next, ok := rule.Next(start, time.Now())
//
// A rule has FREQ (DAILY, WEEKLY, MONTHLY or YEARLY) and may have INTERVAL,
// COUNT or UNTIL, WKST, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, and one BYHOUR with
// one BYMINUTE. All others are refused, as are rules that never occur.
//
// Occurrences keep the time of day that the start shows in its location, or that of
// BYHOUR and BYMINUTE, also when the clocks change. A time that a change skips is as much
// later as the clocks jump, which may be on the next day; a time that a change repeats is
// the first of the two, and so is a start in the second of them: its first occurrence may
// be before it. All-day rules start at midnight in [time.UTC], where no clock changes.
//
// The start itself is an occurrence only if it matches the rule. The search for
// the next occurrence ends after 40 years.
//
// The TypeScript client has the same engine, and tests hold the two together.
package recurrence
