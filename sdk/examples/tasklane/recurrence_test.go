package main

import (
	"strings"
	"testing"
)

func TestRecurrence_IsAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.sees("added ID  Pay rent  (every month)  due tomorrow\n", "add", "Pay rent tomorrow every month")
	rent := u.id("rent")
	u.sees("ID        DUE       PRIORITY  TASK\nID  tomorrow            Pay rent  (every month)\n", "list", "rent")
	output, _, _ := u.types("show", rent)
	if want := "due       tomorrow\nthen      Thu 24 Dec, 24 Jan 2027, 24 Feb 2027\n"; !strings.Contains(output, want) {
		t.Errorf("show printed\n%s, want it to contain\n%s", output, want)
	}
	u.sees("changed ID  Pay rent  (every month on the last day, 2 times)  due tomorrow\n",
		"edit", rent, "-recurrence", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2")
	u.sees("done ID  [x] Pay rent  (every month on the last day, 2 times)  due tomorrow\n"+
		"next ID  Pay rent  (every month on the last day, for the last time)  due Mon 30 Nov\n", "done", rent)
	u.sees("reopened ID  Pay rent  (every month on the last day, 2 times)  due tomorrow\n", "reopen", rent)
	u.sees("changed ID  Pay rent  due tomorrow\n", "edit", rent, "-recurrence", "none")

	u.sees("added ID  Run  (every week on Mon after it is done)  due today\n", "add", "Run", "-recurrence", "every monday", "-recurrence-from", "completion")
	run := u.id("Run")
	u.sees("changed ID  Run  (every 2 days)  due today\n", "edit", run, "-recurrence", "every 2 days", "-recurrence-from", "due")
	u.fails(exitUsage, "recurrence needs dueAt or dueOn", "edit", run, "-due", "none")
	u.sees("added ID  Call every day\n", "add", "Call every day", "-priority", "low")
	u.sees("changed ID  Call every day  (every day)  due today\n", "edit", u.id("Call"), "-recurrence", "every day")
	u.fails(exitUsage, `"monday" is not a recurrence`, "add", "Run", "-recurrence", "monday")
	u.fails(exitUsage, "recurrence must be a recurrence rule: FREQ must be", "add", "Run", "-due", "today", "-recurrence", "FREQ=HOURLY")
	u.fails(exitUsage, "recurrenceFrom must be one of due, completion", "edit", run, "-recurrence-from", "now")
}

func TestRuleInWords_KeepsUnusualRules(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"FREQ=DAILY": "every day",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU": "every 2 weeks on Mon, Wed",
		"FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=1":      "every month on day 31",
		"FREQ=YEARLY;UNTIL=20301231T080000Z":         "every year, until 31 Dec 2030",
		"FREQ=DAILY;COUNT=5":                         "every day, 5 times",
		"FREQ=DAILY;BYHOUR=2;BYMINUTE=30":            "every day",
		"FREQ=MONTHLY;BYDAY=1MO":                     "FREQ=MONTHLY;BYDAY=1MO",
		"FREQ=MONTHLY;BYMONTHDAY=1,15":               "FREQ=MONTHLY;BYMONTHDAY=1,15",
		"FREQ=MONTHLY;BYMONTHDAY=-2":                 "FREQ=MONTHLY;BYMONTHDAY=-2",
		"FREQ=YEARLY;BYMONTH=2":                      "FREQ=YEARLY;BYMONTH=2",
	} {
		if got := ruleInWords(rule); got != want {
			t.Errorf("%s is %q, want %q", rule, got, want)
		}
	}
}
