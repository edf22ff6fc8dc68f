package main

import (
	"fmt"
	"strings"
	"time"
)

// moment is the time of a day that is given without one.
type moment struct{ hour, minute int }

var (
	startOfDay = moment{0, 0}
	endOfDay   = moment{23, 59}
)

// parseDate reads a day, with a time or without, in the time zone of now.
func parseDate(text string, now time.Time, without moment) (time.Time, error) {
	if exact, err := time.Parse(time.RFC3339, text); err == nil {
		return exact, nil
	}
	dayText, timeText, timed := strings.Cut(strings.TrimSpace(text), " ")
	day, ok := parseDay(strings.ToLower(dayText), now)
	if timed {
		clock, err := time.Parse("15:04", strings.TrimSpace(timeText))
		without, ok = moment{clock.Hour(), clock.Minute()}, ok && err == nil
	}
	if !ok {
		return time.Time{}, usageError(fmt.Sprintf("%q is no date: write %s", text, dateHelp))
	}
	return time.Date(day.Year(), day.Month(), day.Day(), without.hour, without.minute, 0, 0, now.Location()), nil
}

// parseDay reads a day. The name of a weekday is the next one that has it.
func parseDay(text string, now time.Time) (time.Time, bool) {
	switch text {
	case "today":
		return now, true
	case "tomorrow":
		return now.AddDate(0, 0, 1), true
	}
	for days := 1; days <= 7; days++ {
		day := now.AddDate(0, 0, days)
		if name := strings.ToLower(day.Weekday().String()); text == name || text == name[:3] {
			return day, true
		}
	}
	day, err := time.Parse(time.DateOnly, text)
	return day, err == nil
}

// formatDate returns a time as people say it on the day of now: the end of a
// day is the day.
func formatDate(t, now time.Time) string {
	t = t.In(now.Location())
	var text string
	switch days := daysBetween(now, t); {
	case days == -1:
		text = "yesterday"
	case days == 0:
		text = "today"
	case days == 1:
		text = "tomorrow"
	case t.Year() == now.Year():
		text = t.Format("Mon 2 Jan")
	default:
		text = t.Format("2 Jan 2006")
	}
	if (moment{t.Hour(), t.Minute()}) == endOfDay {
		return text
	}
	return text + t.Format(" 15:04")
}

// daysBetween returns how many days after the day of a the day of b is.
func daysBetween(a, b time.Time) int {
	noon := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	}
	return int(noon(b).Sub(noon(a)) / (24 * time.Hour))
}
