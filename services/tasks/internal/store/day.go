package store

import "time"

// dayOf returns the day of a time zone that a moment lies in. It begins with
// the first instant of its date and ends with that of the next one, which are
// 23 or 25 hours apart when the clocks change.
func dayOf(moment time.Time, zone *time.Location) (begins, ends time.Time) {
	year, month, day := moment.In(zone).Date()
	return firstInstant(year, month, day, zone), firstInstant(year, month, day+1, zone)
}

// firstInstant returns the first instant of a date, or of a later one where a
// zone has left the date out. Midnight may come twice or not at all, so it goes
// through the periods of the zone in which the clocks do not change.
func firstInstant(year int, month time.Month, day int, zone *time.Location) time.Time {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	// No zone is a whole day ahead of UTC.
	for period := midnight.AddDate(0, 0, -1).In(zone); ; {
		_, offset := period.Zone()
		first := midnight.Add(-time.Duration(offset) * time.Second)
		begins, ends := period.ZoneBounds()
		if first.Before(begins) {
			first = begins
		}
		if ends.IsZero() || first.Before(ends) {
			return first.UTC()
		}
		period = ends
	}
}
