package taskapi

import (
	"strings"
	"testing"
	"time"
)

func TestDayOf_FollowsClockChanges(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		moment, err := time.Parse("2006-01-02T15:04Z", text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, tc := range []struct{ name, moment, zone, begins, ends string }{
		{"an ordinary day", "2026-11-23T23:30Z", "UTC", "2026-11-23T00:00Z", "2026-11-24T00:00Z"},
		{"already the next day, ahead of UTC", "2026-11-23T23:30Z", "Europe/Berlin", "2026-11-23T23:00Z", "2026-11-24T23:00Z"},
		{"23 hours in spring", "2026-03-29T12:00Z", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T22:00Z"},
		{"25 hours in autumn", "2026-10-25T12:00Z", "Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T23:00Z"},
		{"a repeated midnight", "2026-11-01T15:00Z", "America/Havana", "2026-11-01T04:00Z", "2026-11-02T05:00Z"},
		{"between two midnights", "2026-11-01T04:30Z", "America/Havana", "2026-11-01T04:00Z", "2026-11-02T05:00Z"},
		{"the day before a repeated midnight", "2026-10-31T15:00Z", "America/Havana", "2026-10-31T04:00Z", "2026-11-01T04:00Z"},
		{"without a midnight", "2026-03-08T15:00Z", "America/Havana", "2026-03-08T05:00Z", "2026-03-09T04:00Z"},
		{"without a midnight in the south", "2026-09-06T12:00Z", "America/Santiago", "2026-09-06T04:00Z", "2026-09-07T03:00Z"},
		{"an evening that comes twice", "2026-04-05T03:30Z", "America/Santiago", "2026-04-04T03:00Z", "2026-04-05T04:00Z"},
		{"without its first half hour", "1919-03-31T12:00Z", "America/Toronto", "1919-03-31T04:30Z", "1919-04-01T04:00Z"},
		{"a clock change of half an hour", "2026-04-04T20:00Z", "Australia/Lord_Howe", "2026-04-04T13:00Z", "2026-04-05T13:30Z"},
		{"before a skipped date", "2011-12-30T05:00Z", "Pacific/Apia", "2011-12-29T10:00Z", "2011-12-30T10:00Z"},
		{"after a skipped date", "2011-12-30T12:00Z", "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-31T10:00Z"},
		{"the end of a leap year", "2040-12-31T12:00Z", "Europe/Berlin", "2040-12-30T23:00Z", "2040-12-31T23:00Z"},
		{"the end of a leap year in the west", "2040-12-30T12:00Z", "America/New_York", "2040-12-30T05:00Z", "2040-12-31T05:00Z"},
		{"the end of a leap year in the south", "2040-12-31T12:00Z", "Australia/Sydney", "2040-12-30T13:00Z", "2040-12-31T13:00Z"},
		{"far ahead of UTC", "2026-11-23T11:00Z", "Pacific/Kiritimati", "2026-11-23T10:00Z", "2026-11-24T10:00Z"},
		{"far behind UTC", "2026-11-23T11:00Z", "Etc/GMT+12", "2026-11-22T12:00Z", "2026-11-23T12:00Z"},
	} {
		zone, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		begins, ends := DayOf(at(tc.moment), zone)
		if !begins.Equal(at(tc.begins)) || !ends.Equal(at(tc.ends)) {
			t.Errorf("%s: %v to %v, want %s to %s", tc.name, begins, ends, tc.begins, tc.ends)
		}
	}
}

// TestFirstInstant_IsTheFirstOfItsDateInAllZones checks dates near clock changes: the first
// instant has the date, or a later one if the zone skipped it, and every minute of the
// three hours before has an earlier date.
func TestFirstInstant_IsTheFirstOfItsDateInAllZones(t *testing.T) {
	t.Parallel()
	zones := map[uint32]string{} // by content, because many names are aliases
	for _, file := range zoneFiles(t) {
		if !strings.HasSuffix(file.Name, "/") {
			zones[file.CRC32] = file.Name
		}
	}
	dates := 0
	for _, name := range zones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		// Go computes the changes after the last known one by a rule for each year.
		moments := []time.Time{time.Date(2040, 12, 31, 12, 0, 0, 0, zone), time.Date(9996, 12, 31, 12, 0, 0, 0, zone)}
		for change := time.Date(2007, 1, 1, 0, 0, 0, 0, time.UTC).In(zone); change.Year() <= 2032; {
			_, ends := change.ZoneBounds()
			if ends.IsZero() {
				break
			}
			if !ends.After(change) {
				ends = change.AddDate(0, 0, 1) // the last day of a leap year
			}
			change = ends
			moments = append(moments, change)
		}
		for _, moment := range moments {
			for days := -1; days <= 1; days++ {
				dates++
				year, month, day := moment.AddDate(0, 0, days).Date()
				first := firstInstant(year, month, day, zone)
				// In UTC, every date has one midnight.
				midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
				for minutes := range time.Duration(180) {
					y, m, d := first.Add(-minutes * time.Minute).In(zone).Date()
					isEarlier := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(midnight)
					if wantEarlier := minutes > 0; isEarlier != wantEarlier {
						t.Errorf("%s: %s does not begin at %v", zone, midnight.Format(time.DateOnly), first)
						break
					}
				}
			}
		}
	}
	if len(zones) < 250 || dates < 10_000 {
		t.Errorf("checked only %d zones and %d dates", len(zones), dates)
	}
}
