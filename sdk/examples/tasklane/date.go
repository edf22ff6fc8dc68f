package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/quickadd"
)

// moment is the time of a day that is given without one.
type moment struct{ hour, minute int }

var (
	startOfDay = moment{0, 0}
	endOfDay   = moment{23, 59}
)

// parseDate reads a day, with a time or without, as quick add does.
func parseDate(text string, options quickadd.Options, without moment) (time.Time, error) {
	if exact, err := time.Parse(time.RFC3339, text); err == nil {
		return exact, nil
	}
	text = strings.TrimSpace(text)
	task := quickadd.Parse(text, options)
	// A text that is only a date is the title as well.
	if task.Date == "" || task.Title != text || task.Tags != nil || task.Priority != "" {
		return time.Time{}, usageError(fmt.Sprintf("%q is no date: write %s", text, dateHelp))
	}
	return dueAt(task, options.Now.Location(), without)
}

// dueAt returns when a task is due that has a date.
func dueAt(task quickadd.Task, location *time.Location, without moment) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, task.Date)
	if err != nil {
		return time.Time{}, err
	}
	if task.Time != "" {
		clock, err := time.Parse("15:04", task.Time)
		if err != nil {
			return time.Time{}, err
		}
		without = moment{clock.Hour(), clock.Minute()}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), without.hour, without.minute, 0, 0, location), nil
}

// quickAdd returns how the user writes, as far as the locale tells.
func (p program) quickAdd() quickadd.Options {
	options := quickadd.Options{Now: p.now(), Languages: []string{"en", "de"}}
	locale := cmp.Or(p.getenv("LC_ALL"), p.getenv("LC_TIME"), p.getenv("LANG"))
	language, region, _ := strings.Cut(locale, "_")
	if language == "de" {
		options.Languages = []string{"de", "en"}
	}
	options.DayFirst = region != "" && !strings.HasPrefix(region, "US")
	return options
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
