package quickadd

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// meaning is a due date or recurrence that a text expresses.
type meaning struct {
	date      *time.Time // midnight in UTC
	time      *int       // in minutes
	rule      string
	isPart    bool // a part of a day, which needs a day
	isWeekday bool // only a weekday, which its date may precede or follow
	isRange   bool // several days, which stay in the title
}

const day = 24 * time.Hour

var codes = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// monday returns the Monday of a day's week.
func monday(day time.Time) time.Time {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// nextWeekday returns the first such weekday after a day.
func nextWeekday(today time.Time, weekday int) time.Time {
	return today.AddDate(0, 0, (weekday-int(today.Weekday())+6+7)%7+1)
}

// upcoming returns a date in the given year. If that is 0, it returns the next such date,
// today included. It reports false if there is no such date.
func upcoming(today time.Time, year, month, day int) (time.Time, bool) {
	first, last := year, year
	if year == 0 {
		first, last = today.Year(), today.Year()+8
	}
	for candidate := first; candidate <= last; candidate++ {
		if found := date(candidate, month, day); found.Day() == day && (year != 0 || !found.Before(today)) {
			return found, true
		}
	}
	return time.Time{}, false
}

// likelyHour reads hours from one to seven as afternoon.
func likelyHour(hour int) int {
	if hour >= 1 && hour <= 7 {
		return hour + 12
	}
	return hour % 24
}

// meaningOf returns the meaning of a pattern with this action and these numbers. now is
// the local time, as if in UTC.
func meaningOf(action string, values []int, now time.Time) (meaning, bool) {
	today := now.Truncate(day)
	var numbers [3]int
	copy(numbers[:], values)
	a, b, c := numbers[0], numbers[1], numbers[2]
	year, month := today.Year(), int(today.Month())
	dated := func(date time.Time, ok bool) (meaning, bool) { return meaning{date: &date}, ok }
	timed := func(minutes int, ok bool) (meaning, bool) {
		minutes = (minutes + 1440) % 1440
		return meaning{time: &minutes}, ok
	}
	switch action {
	case "day":
		m, _ := dated(today.AddDate(0, 0, a), true)
		if len(values) > 1 {
			m.time = &b
		}
		return m, true
	case "weekday":
		m, _ := dated(nextWeekday(today, a), true)
		m.isWeekday = true
		return m, true
	case "week":
		return dated(monday(today).AddDate(0, 0, 7*a+b-1), true)
	case "weeksFrom":
		return dated(nextWeekday(today, b).AddDate(0, 0, 7*a), true)
	case "weekdayIn":
		return dated(nextWeekday(today, a).AddDate(0, 0, 7*b), true)
	case "in":
		return fromNow(now, a, b), true
	case "month":
		if b == 0 {
			a++
		}
		return dated(date(year, month+a, b), true)
	case "year":
		return dated(date(year+a, 1, 1), true)
	case "inMonth":
		if a > 0 {
			return dated(upcoming(today, 0, b, a))
		}
		if b < month {
			year++
		}
		return dated(date(year, b+1, 0), true)
	case "monthDay":
		return dated(upcoming(today, c, a, b))
	case "dayMonth":
		return dated(upcoming(today, c, b, a))
	case "date":
		return dated(upcoming(today, a, b, c))
	case "monthday":
		for ahead := range 3 {
			if found := date(year, month+ahead, a); !found.Before(today) && found.Day() == a {
				return dated(found, true)
			}
		}
		return meaning{}, false
	case "clock":
		return timed(a, true)
	case "half":
		return timed(halfOfDay(a, b))
	case "hourPart":
		if b >= 720 {
			return timed(halfOfDay(60*a, 720))
		}
		return timed(halfOfDay(60*a, 0))
	case "hourExact":
		return timed(60*a, true)
	case "hourMinute":
		if len(values) > 2 {
			return timed(halfOfDay(60*a+b, c))
		}
		return timed(60*a+b, true)
	case "minutes":
		return timed(60*likelyHour(b)+a, true)
	case "range":
		return meaning{isRange: true}, true
	case "part":
		return meaning{time: &a, isPart: true}, true
	}
	return ruleOf(action, values)
}

// fromNow returns the moment or the day after a number of units.
func fromNow(now time.Time, count, unit int) meaning {
	today := now.Truncate(day)
	if unit < 2 {
		moment := now.Add(time.Duration(count) * []time.Duration{time.Minute, time.Hour}[unit])
		date, minutes := moment.Truncate(day), 60*moment.Hour()+moment.Minute()
		return meaning{date: &date, time: &minutes}
	}
	var found time.Time
	switch unit {
	case 2, 3:
		found = today.AddDate(0, 0, count*[]int{1, 7}[unit-2])
	default:
		months := int(today.Month()) + count*[]int{1, 12}[unit-4]
		last := date(today.Year(), months+1, 0).Day()
		found = date(today.Year(), months, min(today.Day(), last))
	}
	return meaning{date: &found}
}

func ruleOf(action string, values []int) (meaning, bool) {
	// A pattern without the number means 1.
	a, b := 1, 1
	if len(values) > 0 {
		a = values[0]
	}
	if len(values) > 1 {
		b = values[1]
	}
	switch action {
	case "every":
		if len(values) == 1 {
			a, b = 1, a
		}
		if b < 2 {
			return meaning{}, false
		}
		return meaning{rule: withInterval([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}[b-2], a)}, true
	case "weekly":
		var days []string
		for i, code := range codes {
			if slices.Contains(values[1:], i+1) {
				days = append(days, code)
			}
		}
		return meaning{rule: withInterval("WEEKLY", a) + ";BYDAY=" + strings.Join(days, ",")}, true
	case "dailyAt":
		return meaning{rule: "FREQ=DAILY", time: &a}, true
	case "monthly":
		return meaning{rule: fmt.Sprintf("FREQ=MONTHLY;BYMONTHDAY=%d", a)}, true
	case "nth":
		return meaning{rule: fmt.Sprintf("FREQ=MONTHLY;BYDAY=%d%s", a, codes[b-1])}, true
	case "yearly":
		return yearly(a, b)
	case "yearlyDayFirst":
		return yearly(b, a)
	}
	panic("quickadd: a pattern has the unknown action " + action)
}

func yearly(month, day int) (meaning, bool) {
	isDate := date(2000, month, day).Day() == day
	return meaning{rule: fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYMONTHDAY=%d", month, day)}, isDate
}

func withInterval(frequency string, interval int) string {
	if interval == 1 {
		return "FREQ=" + frequency
	}
	return fmt.Sprintf("FREQ=%s;INTERVAL=%d", frequency, interval)
}
