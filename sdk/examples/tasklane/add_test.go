package main

import (
	"cmp"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/quickadd"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestAdd_ReadsTheTitle(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.sees("added ID  Call Anna  #home  due tomorrow 09:00\n", "add", "Call", "Anna", "tomorrow", "9am", "#home", "p1")
	u.sees("added ID  Call Anna tomorrow  due Fri 27 Nov\n", "add", "Call Anna tomorrow", "-due", "friday")
	u.sees("added ID  Dentist  due Thu 3 Dec\n", "add", "Dentist 12/3")
	u.env["LANG"] = "en_GB.UTF-8"
	u.sees("added ID  Dentist  due 12 Mar 2027\n", "add", "Dentist 12/3")
}

func TestDays_AreInTheZoneOfTheSettings(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.types("settings", "-zone", "Pacific/Kiritimati") // where it is already Tuesday
	u.sees("added ID  Call  due today\n", "add", "Call", "today")
	u.sees("added ID  Pay  due tomorrow 09:00\n", "add", "Pay", "tomorrow", "9am")
	u.sees("added ID  Run  due yesterday 23:00 (overdue)\n", "add", "Run", "-due", "2026-11-23T09:00:00Z")
	var tasks []taskapi.Task
	stdout, _, _ := u.types("list", "-json", "-before", "2026-11-26")
	if err := json.Unmarshal([]byte(stdout), &tasks); err != nil || len(tasks) != 3 ||
		*tasks[1].DueOn != "2026-11-24" || !tasks[2].DueAt.Equal(time.Date(2026, 11, 24, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("%v: %s", err, stdout)
	}
	u.types("settings", "-zone", "America/New_York")
	u.sees("ID        DUE                    PRIORITY  TASK\nID  today 04:00 (overdue)            Run\n", "list", "run")
}

// TestAdd_ReadsTheSharedCases runs the command with each case of quick add's table that
// needs no list.
func TestAdd_ReadsTheSharedCases(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../quickadd/testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	type expected struct {
		Text string
		quickadd.Task
	}
	var table struct{ En, De []expected }
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	u := newUser(t)
	u.now = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	counted := 0
	for locale, cases := range map[string][]expected{"en_US.UTF-8": table.En, "de_DE.UTF-8": table.De} {
		u.env["LANG"] = locale
		for _, test := range cases {
			if test.List != "" {
				continue
			}
			counted++
			stdout, stderr, _ := u.types("add", "-json", "--", test.Text)
			var got []taskapi.Task
			if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got) != 1 {
				t.Fatalf("add %q printed %s%s", test.Text, stdout, stderr)
			}
			due := ""
			if at := got[0].DueAt; at != nil {
				due = at.UTC().Format("2006-01-02 15:04")
			}
			want := test.Date
			if want != "" {
				want += " " + cmp.Or(test.Time, "23:59")
			}
			rule := ""
			if got[0].Recurrence != nil {
				rule = *got[0].Recurrence
			}
			if got[0].Title != test.Title || due != want || got[0].Priority != cmp.Or(test.Priority, taskapi.None) || rule != test.Rule {
				t.Errorf("add %q: %q, due %s, %s, %s; want %+v", test.Text, got[0].Title, due, got[0].Priority, rule, test.Task)
			}
		}
	}
	if counted < 200 {
		t.Errorf("counted only %d cases", counted)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("", 3600)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, berlin) // a Monday
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, berlin)
	}
	for _, test := range []struct {
		text string
		want time.Time
		said string
	}{
		{"today", at(11, 23, 23, 59), "today"},
		{"Tomorrow", at(11, 24, 23, 59), "tomorrow"},
		{"tomorrow 9:05", at(11, 24, 9, 5), "tomorrow 09:05"},
		{"fri", at(11, 27, 23, 59), "Fri 27 Nov"},
		{"Monday", at(11, 30, 23, 59), "Mon 30 Nov"},
		{"today at 5", at(11, 23, 17, 0), "today 17:00"},
		{"11:00", at(11, 24, 11, 0), "tomorrow 11:00"},
		{"in 2 weeks", at(12, 7, 23, 59), "Mon 7 Dec"},
		{"übermorgen um 9 Uhr", at(11, 25, 9, 0), "Wed 25 Nov 09:00"},
		{"2026-11-22", at(11, 22, 23, 59), "yesterday"},
		{"2026-12-01 17:00", at(12, 1, 17, 0), "Tue 1 Dec 17:00"},
		{"2026-12-01T17:00:00Z", at(12, 1, 18, 0), "Tue 1 Dec 18:00"},
		{"2027-01-01", at(13, 1, 23, 59), "1 Jan 2027"},
	} {
		got, err := parseDate(test.text, quickadd.Options{Now: now}, endOfDay)
		if err != nil || !got.Equal(test.want) {
			t.Errorf("parseDate(%q) = %v, %v, want %v", test.text, got, err, test.want)
		}
		if said := formatDate(got.UTC(), now); said != test.said {
			t.Errorf("formatDate(%v) = %q, want %q", got, said, test.said)
		}
	}
	for _, text := range []string{"", "soon", "2026-13-01", "today 24:00", "party friday", "friday #home", "p1"} {
		if got, err := parseDate(text, quickadd.Options{Now: now}, endOfDay); err == nil {
			t.Errorf("parseDate(%q) = %v", text, got)
		}
	}
}
