package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/quickadd"
)

// deadline is when a task is due: at a time, or on a day.
type deadline struct {
	at *time.Time
	on *string
}

// deadline parses a flag; "none" means no deadline.
func (s *session) deadline(text string) (deadline, error) {
	if text == "" || text == "none" {
		return deadline{}, nil
	}
	if exact, err := time.Parse(time.RFC3339, text); err == nil {
		return deadline{at: &exact}, nil
	}
	text = strings.TrimSpace(text)
	task := quickadd.Parse(text, s.quickAdd())
	// The title of a text without other words is the text itself.
	if task.Date == "" || task.Title != text || task.Tags != nil || task.Priority != "" {
		return deadline{}, usageError(fmt.Sprintf("%q is not a date: write %s", text, dateHelp))
	}
	return deadlineOf(task, s.now().Location())
}

// deadlineOf returns the deadline of a task that has a date.
func deadlineOf(task quickadd.Task, location *time.Location) (deadline, error) {
	if task.Time == "" {
		return deadline{on: &task.Date}, nil
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", task.Date+" "+task.Time, location)
	return deadline{at: &at}, err
}

// instant returns the time of the deadline, or the beginning of its day. It returns nil
// without a deadline.
func (d deadline) instant(location *time.Location) (*time.Time, error) {
	if d.on == nil {
		return d.at, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, *d.on, location)
	return &day, err
}

// quickAdd returns the options for the user's locale.
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

// formatDate formats a time relative to now.
func formatDate(t, now time.Time) string {
	t = t.In(now.Location())
	return formatDay(t, now) + t.Format(" 15:04")
}

// formatDay formats the day of a time relative to now.
func formatDay(t, now time.Time) string {
	switch days := daysBetween(now, t); {
	case days == -1:
		return "yesterday"
	case days == 0:
		return "today"
	case days == 1:
		return "tomorrow"
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// daysBetween returns the number of days from the day of a to the day of b.
func daysBetween(a, b time.Time) int {
	noon := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	}
	return int(noon(b).Sub(noon(a)) / (24 * time.Hour))
}
