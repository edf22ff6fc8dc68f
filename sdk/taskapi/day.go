package taskapi

import "time"

// DayOf returns the day that contains a moment in a time zone. It begins with the first
// instant of its date and ends with that of the next one, which are 23 or 25 hours apart
// if the clocks change.
func DayOf(moment time.Time, zone *time.Location) (begins, ends time.Time) {
	year, month, day := moment.In(zone).Date()
	return firstInstant(year, month, day, zone), firstInstant(year, month, day+1, zone)
}

// firstInstant returns the first instant of a date, or of a later one if the zone
// skipped the date. Midnight may be repeated or skipped, so it goes through the periods
// between clock changes.
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
		// For the last day of a leap year, Go returns an end that is not after the moment.
		// No zone changes its clocks then.
		if ends.IsZero() || !ends.After(period) || first.Before(ends) {
			return first.UTC()
		}
		period = ends
	}
}

// LastSecond returns the last second of a day, such as 2026-11-30, in a time zone. For
// a skipped date it returns that of the day before.
func LastSecond(day string, zone *time.Location) (time.Time, error) {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, err
	}
	return lastSecond(date, zone), nil
}

func lastSecond(date time.Time, zone *time.Location) time.Time {
	return firstInstant(date.Year(), date.Month(), date.Day()+1, zone).Add(-time.Second)
}
