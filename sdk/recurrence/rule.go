package recurrence

import (
	"iter"
	"slices"
	"time"
)

// horizon is the number of years after which the search for an occurrence ends.
const horizon = 40

const day = 24 * time.Hour

// Occurrences returns the instants at which the rule occurs, in order, from start on and
// in its location. Without COUNT and UNTIL the sequence may be infinite.
func (r Rule) Occurrences(start time.Time) iter.Seq[time.Time] {
	return r.from(start, start, time.Time{})
}

// Between returns the occurrences after one moment and before another, in order, of the
// rule that begins at start. It searches no further than before; if that is zero, the
// sequence may be infinite.
func (r Rule) Between(start, after, before time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for at := range r.from(start, after, before) {
			if !before.IsZero() && !at.Before(before) || at.After(after) && !yield(at) {
				return
			}
		}
	}
}

// Next returns the first occurrence after a moment of the rule that begins at start. It
// reports false after the last one.
func (r Rule) Next(start, after time.Time) (time.Time, bool) {
	for at := range r.Between(start, after, time.Time{}) {
		return at, true
	}
	return time.Time{}, false
}

// from returns the occurrences from start on. It may leave out those before after and,
// unless before is zero, those from before on. It computes in the local time of start's
// location, held in UTC.
func (r Rule) from(start, after, before time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		location := start.Location()
		local, until := LocalTime(start), r.until
		if r.untilUTC {
			until = LocalTime(until.In(location))
		}
		timeOfDay := local.Sub(local.Truncate(day))
		if r.hasTime {
			timeOfDay = r.timeOfDay + timeOfDay%time.Minute
		}
		first := 0
		if earliest := LocalTime(after.In(location)).Add(-2 * day); r.count == 0 && earliest.After(local) {
			first = r.periodsBetween(local, earliest)
		}
		last := local
		if first > 0 {
			last = LocalTime(after.In(location))
		}
		var previous time.Time
		found := 0
		for period := first; ; period++ {
			begin, days := r.period(local, period)
			if begin.After(last.AddDate(horizon, 0, 0)) || !before.IsZero() && begin.After(LocalTime(before.In(location)).Add(day)) {
				return
			}
			for _, date := range r.choose(days) {
				at := date.Add(timeOfDay)
				if at.Before(local) {
					continue
				}
				if !until.IsZero() && at.After(until) {
					return
				}
				found++
				last = at
				// A date that the zone skipped is the same instant as the next one.
				if instant := InstantOf(at, location); !instant.Equal(previous) {
					if !yield(instant) {
						return
					}
					previous = instant
				}
				if found == r.count {
					return
				}
			}
		}
	}
}

// Count returns the rule's COUNT, or 0 without one.
func (r Rule) Count() int { return r.count }

// WithoutCount returns the rule without its COUNT.
func (r Rule) WithoutCount() Rule {
	r.count = 0
	return r
}

// TimeOfDay returns the time of day in BYHOUR and BYMINUTE. It reports false without
// them; occurrences then have the time of day of the start.
func (r Rule) TimeOfDay() (time.Duration, bool) { return r.timeOfDay, r.hasTime }

// At returns the rule with another time of day, in whole minutes.
func (r Rule) At(timeOfDay time.Duration) Rule {
	r.timeOfDay, r.hasTime = timeOfDay, true
	return r
}

// UntilHasTime reports whether UNTIL has a time of day.
func (r Rule) UntilHasTime() bool { return r.untilHasTime }

func (r Rule) step() int { return max(r.interval, 1) }

// periodsBetween returns the index of a period that begins at or before to.
func (r Rule) periodsBetween(local, to time.Time) int {
	// In seconds, because a Duration is limited to 292 years.
	days, months := int(to.Unix()-local.Unix())/(24*60*60), 12*(to.Year()-local.Year())+int(to.Month()-local.Month())
	units := []int{days, days / 7, months, to.Year() - local.Year()}[r.frequency]
	return max(units/r.step()-1, 0)
}

// period returns the beginning of the nth period, and the dates in it that match the
// rule, in order.
func (r Rule) period(local time.Time, n int) (time.Time, []time.Time) {
	n *= r.step()
	date := local.Truncate(day)
	switch r.frequency {
	case daily:
		date = date.AddDate(0, 0, n)
		if !r.inMonth(date.Month()) || !r.hasMonthDay(date) || !r.hasWeekday(date) {
			return date, nil
		}
		return date, []time.Time{date}
	case weekly:
		begin := date.AddDate(0, 0, 7*n-int(date.Weekday()-r.weekStart+7)%7)
		var days []time.Time
		for i := range 7 {
			d := begin.AddDate(0, 0, i)
			if r.inMonth(d.Month()) && (r.hasWeekday(d) && r.byDay != nil || r.byDay == nil && d.Weekday() == date.Weekday()) {
				days = append(days, d)
			}
		}
		return begin, days
	case monthly:
		begin := time.Date(date.Year(), date.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		return begin, r.month(begin, date)
	}
	begin := time.Date(date.Year()+n, time.January, 1, 0, 0, 0, 0, time.UTC)
	if r.byMonth == nil && r.byMonthDay == nil && r.byDay != nil {
		return begin, r.weekdaysIn(begin, begin.AddDate(1, 0, 0))
	}
	var days []time.Time
	for month := time.January; month <= time.December; month++ {
		if r.byMonth != nil || r.byMonthDay != nil || month == date.Month() {
			days = append(days, r.month(begin.AddDate(0, int(month-1), 0), date)...)
		}
	}
	return begin, days
}

// month returns the dates that match the rule in the month that starts at begin. date is
// the start of the rule.
func (r Rule) month(begin, date time.Time) []time.Time {
	end := begin.AddDate(0, 1, 0)
	switch {
	case !r.inMonth(begin.Month()):
		return nil
	case r.byMonthDay == nil && r.byDay != nil:
		return r.weekdaysIn(begin, end)
	case r.byMonthDay == nil:
		if date.Day() > daysIn(begin.Year(), begin.Month()) {
			return nil
		}
		return []time.Time{begin.AddDate(0, 0, date.Day()-1)}
	}
	matching := r.weekdaysIn(begin, end)
	var days []time.Time
	for d := begin; d.Before(end); d = d.AddDate(0, 0, 1) {
		if r.hasMonthDay(d) && (r.byDay == nil || slices.ContainsFunc(matching, d.Equal)) {
			days = append(days, d)
		}
	}
	return days
}

// weekdaysIn returns the dates of BYDAY between begin and end, which are at most a year
// apart.
func (r Rule) weekdaysIn(begin, end time.Time) []time.Time {
	var matches [366]bool
	length := int(end.Sub(begin) / day)
	for _, entry := range r.byDay {
		first := int(entry.day-begin.Weekday()+7) % 7
		step, i := length, first+7*(entry.n-1) // only the nth one
		switch {
		case entry.n == 0:
			step, i = 7, first
		case entry.n < 0:
			i = first + 7*((length-1-first)/7+entry.n+1)
		}
		for ; 0 <= i && i < length; i += step {
			matches[i] = true
		}
	}
	var days []time.Time
	for i := range length {
		if matches[i] {
			days = append(days, begin.AddDate(0, 0, i))
		}
	}
	return days
}

// choose returns the dates of a period at the positions of BYSETPOS.
func (r Rule) choose(days []time.Time) []time.Time {
	if r.bySetPos == nil {
		return days
	}
	var chosen []time.Time
	for i, d := range days {
		if slices.Contains(r.bySetPos, i+1) || slices.Contains(r.bySetPos, i-len(days)) {
			chosen = append(chosen, d)
		}
	}
	return chosen
}

func (r Rule) inMonth(month time.Month) bool {
	return r.byMonth == nil || slices.Contains(r.byMonth, int(month))
}

func (r Rule) hasMonthDay(date time.Time) bool {
	fromEnd := date.Day() - daysIn(date.Year(), date.Month()) - 1
	return r.byMonthDay == nil || slices.Contains(r.byMonthDay, date.Day()) || slices.Contains(r.byMonthDay, fromEnd)
}

func (r Rule) hasWeekday(date time.Time) bool {
	return r.byDay == nil || slices.ContainsFunc(r.byDay, func(entry weekday) bool { return entry.day == date.Weekday() })
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// LocalTime returns the local time of t in its location, held in UTC.
func LocalTime(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// InstantOf returns the first instant with a local time, given in UTC, in a location. If
// a clock change skips the time, the instant is moved by the gap.
func InstantOf(local time.Time, location *time.Location) time.Time {
	// withOffset computes the instant with the zone's offset at a reference time, and
	// reports whether the zone has that offset at the instant.
	withOffset := func(reference time.Time) (time.Time, bool) {
		_, offset := reference.In(location).Zone()
		instant := local.Add(-time.Duration(offset) * time.Second).In(location)
		_, actual := instant.Zone()
		return instant, actual == offset
	}
	before, ok := withOffset(local.Add(-day))
	if ok {
		return before
	}
	if after, ok := withOffset(local.Add(day)); ok {
		return after
	}
	return before
}
