package recurrence

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxLength bounds the text of a rule in bytes.
const MaxLength = 500

type frequency int

const (
	daily frequency = iota
	weekly
	monthly
	yearly
)

// weekday is an entry of BYDAY: the nth such weekday of the month or the year, counted
// from the end if n is negative, or every one if n is 0.
type weekday struct {
	n   int
	day time.Weekday
}

// Rule is a recurrence rule. The zero Rule occurs daily.
type Rule struct {
	frequency    frequency
	interval     int // 0 is 1
	count        int // 0 is no limit
	until        time.Time
	untilUTC     bool // until is an instant, not a local time
	untilHasTime bool
	timeOfDay    time.Duration // of BYHOUR and BYMINUTE
	hasTime      bool
	weekStart    time.Weekday
	byDay        []weekday
	byMonthDay   []int
	byMonth      []int
	bySetPos     []int
}

var (
	frequencies = []string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
	weekdays    = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

	byDayPattern = regexp.MustCompile(`^([+-]?[1-9][0-9]?)?(SU|MO|TU|WE|TH|FR|SA)$`)
	untilPattern = regexp.MustCompile(`^[0-9]{8}(T[0-9]{6}Z?)?$`)
	clockNumeral = regexp.MustCompile(`^[0-9]{1,2}$`)
	numeral      = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
	signed       = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2}$`)
)

// Parse reads a rule, such as FREQ=MONTHLY;BYDAY=1MO;COUNT=12. Its error texts are for
// users who write rules.
func Parse(text string) (Rule, error) {
	rule := Rule{weekStart: time.Monday}
	if len(text) > MaxLength {
		return Rule{}, fmt.Errorf("a rule has at most %d characters", MaxLength)
	}
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(part, "=")
		if err := rule.set(key, value); err != nil {
			return Rule{}, err
		}
		if seen[key] {
			return Rule{}, fmt.Errorf("%s is given twice", key)
		}
		seen[key] = true
	}
	if !seen["FREQ"] {
		return Rule{}, errors.New("FREQ is missing")
	}
	if seen["BYHOUR"] != seen["BYMINUTE"] {
		return Rule{}, errors.New("BYHOUR and BYMINUTE must be used together")
	}
	if err := rule.check(); err != nil {
		return Rule{}, err
	}
	return rule, nil
}

// set reads one part of a rule.
func (r *Rule) set(key, value string) (err error) {
	switch key {
	case "FREQ":
		r.frequency = frequency(slices.Index(frequencies, value))
		if r.frequency < 0 {
			return errors.New("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
		}
	case "INTERVAL":
		r.interval, err = positive(key, value, 999)
	case "COUNT":
		r.count, err = positive(key, value, 9999)
	case "UNTIL":
		err = r.setUntil(value)
	case "WKST":
		r.weekStart = time.Weekday(slices.Index(weekdays, value))
		if r.weekStart < 0 {
			return errors.New("WKST must be one of MO, TU, WE, TH, FR, SA, SU")
		}
	case "BYDAY":
		for entry := range strings.SplitSeq(value, ",") {
			match := byDayPattern.FindStringSubmatch(entry)
			if match == nil {
				return errors.New("BYDAY must be a list of weekdays such as MO, 1MO or -1MO")
			}
			n, _ := strconv.Atoi(match[1])
			r.byDay = append(r.byDay, weekday{n, time.Weekday(slices.Index(weekdays, match[2]))})
		}
	case "BYMONTHDAY":
		r.byMonthDay, err = numbers(key, value, 31, true)
	case "BYMONTH":
		r.byMonth, err = numbers(key, value, 12, false)
	case "BYHOUR":
		err = r.addTime(key, value, 23, time.Hour)
	case "BYMINUTE":
		err = r.addTime(key, value, 59, time.Minute)
	case "BYSETPOS":
		r.bySetPos, err = numbers(key, value, 366, true)
	default:
		return fmt.Errorf("%q is not supported", key)
	}
	return err
}

func (r *Rule) setUntil(value string) error {
	layout := "20060102T150405"
	if len(value) == 8 {
		layout = "20060102"
	}
	until, err := time.Parse(layout, strings.TrimSuffix(value, "Z"))
	if err != nil || !untilPattern.MatchString(value) {
		return errors.New("UNTIL must be a date such as 20261231 or 20261231T090000Z")
	}
	if len(value) == 8 {
		until = until.Add(24*time.Hour - 1) // inclusive
	}
	r.until, r.untilUTC, r.untilHasTime = until, strings.HasSuffix(value, "Z"), len(value) > 8
	return nil
}

func (r *Rule) addTime(key, value string, largest int, unit time.Duration) error {
	n, _ := strconv.Atoi(value)
	if !clockNumeral.MatchString(value) || n > largest {
		return fmt.Errorf("%s must be from 0 to %d", key, largest)
	}
	r.timeOfDay, r.hasTime = r.timeOfDay+time.Duration(n)*unit, true
	return nil
}

func positive(key, value string, largest int) (int, error) {
	n, _ := strconv.Atoi(value)
	if !numeral.MatchString(value) || n > largest {
		return 0, fmt.Errorf("%s must be from 1 to %d", key, largest)
	}
	return n, nil
}

func numbers(key, value string, largest int, negative bool) ([]int, error) {
	var all []int
	for entry := range strings.SplitSeq(value, ",") {
		n, _ := strconv.Atoi(entry)
		if !signed.MatchString(entry) || max(n, -n) > largest || n < 0 && !negative {
			from := "1"
			if negative {
				from = fmt.Sprintf("-%d to -1 or 1", largest)
			}
			return nil, fmt.Errorf("%s must be a list of numbers from %s to %d", key, from, largest)
		}
		all = append(all, n)
	}
	return all, nil
}

// check rejects invalid combinations of parts.
func (r *Rule) check() error {
	largest := 0
	switch {
	case r.frequency == monthly || r.frequency == yearly && (r.byMonth != nil || r.byMonthDay != nil):
		largest = 5
	case r.frequency == yearly:
		largest = 53
	}
	for _, entry := range r.byDay {
		switch {
		case entry.n != 0 && largest == 0:
			return errors.New("BYDAY has numbers only with FREQ=MONTHLY or FREQ=YEARLY")
		case max(entry.n, -entry.n) > largest:
			return fmt.Errorf("BYDAY must have numbers from -%[1]d to %[1]d here", largest)
		}
	}
	switch {
	case r.count > 0 && !r.until.IsZero():
		return errors.New("COUNT and UNTIL exclude each other")
	case r.frequency == weekly && r.byMonthDay != nil:
		return errors.New("BYMONTHDAY cannot be used with FREQ=WEEKLY")
	case r.bySetPos != nil && r.byDay == nil && r.byMonthDay == nil && r.byMonth == nil:
		return errors.New("BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH")
	case r.byMonthDay != nil && !r.hasPossibleDay():
		return errors.New("no month of BYMONTH has a day of BYMONTHDAY")
	}
	return nil
}

// hasPossibleDay reports whether a month of BYMONTH has a day of BYMONTHDAY.
func (r *Rule) hasPossibleDay() bool {
	for month := time.January; month <= time.December; month++ {
		if !r.inMonth(month) {
			continue
		}
		for _, day := range r.byMonthDay {
			if max(day, -day) <= daysIn(2000, month) {
				return true
			}
		}
	}
	return false
}
