package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/quickadd"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const recurrenceHelp = `"every week", "every 2 days", "every monday" or a rule such as FREQ=MONTHLY;BYMONTHDAY=1`

// maxDates is the maximum number of next due dates that show prints.
const maxDates = 3

// recurrence parses a flag's recurrence; it returns nil for "none". If due is zero, it sets
// due to the first date of a recurrence in words.
func (s *session) recurrence(text string, due *deadline) (*string, error) {
	if text == "" || text == "none" {
		return nil, nil
	}
	if strings.Contains(text, "FREQ=") {
		return &text, nil // the service checks it
	}
	options := s.quickAdd()
	options.Recurring = true
	read := quickadd.Parse(text, options)
	if read.Rule == "" || read.Title != text || read.Tags != nil || read.Priority != "" {
		return nil, usageError(fmt.Sprintf("%q is not a recurrence: write %s", text, recurrenceHelp))
	}
	if *due != (deadline{}) {
		return &read.Rule, nil
	}
	var err error
	*due, err = deadlineOf(read, s.now().Location())
	return &read.Rule, err
}

// recurs returns a task's recurrence in words; empty if it does not recur.
func recurs(task taskapi.Task) string {
	if task.Recurrence == nil {
		return ""
	}
	text := ruleInWords(*task.Recurrence)
	if task.RecurrenceFrom == taskapi.FromCompletion {
		text += " after it is done"
	}
	return text
}

// nextDates returns a task's next due dates.
func (s *session) nextDates(ctx context.Context, task taskapi.Task) (string, error) {
	occurrences, err := s.client.TaskOccurrences(ctx, task.ID, maxDates)
	if err != nil || len(occurrences) == 0 {
		return "never", err
	}
	var dates []string
	for _, o := range occurrences {
		dates = append(dates, s.dateOf(o.DueAt, o.DueOn))
	}
	return strings.Join(dates, ", "), nil
}

var (
	units    = map[string]string{"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
	weekdays = map[string]string{"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
)

// ruleInWords returns a rule in words, or an unusual rule unchanged.
func ruleInWords(rule string) string {
	parts := make(map[string]string)
	for part := range strings.SplitSeq(rule, ";") {
		key, value, _ := strings.Cut(part, "=")
		parts[key] = value
	}
	text := "every " + units[parts["FREQ"]]
	if n := parts["INTERVAL"]; n != "" && n != "1" {
		text = "every " + n + " " + units[parts["FREQ"]] + "s"
	}
	for key, value := range parts {
		switch key {
		case "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYHOUR", "BYMINUTE":
		case "BYDAY":
			var days []string
			for day := range strings.SplitSeq(value, ",") {
				days = append(days, weekdays[day])
			}
			if parts["FREQ"] != "WEEKLY" || slices.Contains(days, "") {
				return rule
			}
			text += " on " + strings.Join(days, ", ")
		case "BYMONTHDAY":
			day, err := strconv.Atoi(value)
			switch {
			case parts["FREQ"] != "MONTHLY" || err != nil || day < -1:
				return rule
			case day == -1:
				text += " on the last day"
			default:
				text += " on day " + value
			}
		default:
			return rule
		}
	}
	switch count := parts["COUNT"]; count {
	case "":
	case "1":
		text += ", for the last time"
	default:
		text += ", " + count + " times"
	}
	if until := parts["UNTIL"]; until != "" {
		day, err := time.Parse("20060102", until[:min(len(until), 8)])
		if err != nil {
			return rule
		}
		text += ", until " + day.Format("2 Jan 2006")
	}
	return text
}
