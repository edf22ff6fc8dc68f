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

func TestDates_AreParsedAndFormatted(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("", 3600)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, berlin) // a Monday
	s := &session{program: program{now: func() time.Time { return now }, getenv: func(string) string { return "" }}}
	for _, test := range []struct{ text, want, formatted string }{
		{"today", "2026-11-23", "today"},
		{"Tomorrow", "2026-11-24", "tomorrow"},
		{"tomorrow 9:05", "2026-11-24 09:05", "tomorrow 09:05"},
		{"tomorrow 23:59", "2026-11-24 23:59", "tomorrow 23:59"},
		{"fri", "2026-11-27", "Fri 27 Nov"},
		{"Monday", "2026-11-30", "Mon 30 Nov"},
		{"today at 5", "2026-11-23 17:00", "today 17:00"},
		{"11:00", "2026-11-24 11:00", "tomorrow 11:00"},
		{"in 2 weeks", "2026-12-07", "Mon 7 Dec"},
		{"übermorgen um 9 Uhr", "2026-11-25 09:00", "Wed 25 Nov 09:00"},
		{"2026-11-22", "2026-11-22", "yesterday"},
		{"2026-12-01 17:00", "2026-12-01 17:00", "Tue 1 Dec 17:00"},
		{"2026-12-01T17:00:00Z", "2026-12-01 18:00", "Tue 1 Dec 18:00"},
		{"2027-01-01", "2027-01-01", "1 Jan 2027"},
	} {
		due, err := s.deadline(test.text)
		if err != nil {
			t.Errorf("deadline(%q): %v", test.text, err)
			continue
		}
		instant, err := due.instant(berlin)
		if err != nil {
			t.Errorf("the instant of %q: %v", test.text, err)
			continue
		}
		layout := "2006-01-02 15:04"
		if due.on != nil {
			layout = time.DateOnly
		}
		if got := instant.In(berlin).Format(layout); got != test.want {
			t.Errorf("deadline(%q) = %s, want %s", test.text, got, test.want)
		}
		if got := s.dateOf(instant.UTC(), due.on); got != test.formatted {
			t.Errorf("dateOf(%v) = %q, want %q", instant, got, test.formatted)
		}
	}
	for _, text := range []string{" ", "soon", "2026-13-01", "today 24:00", "party friday", "friday #home", "p1"} {
		if got, err := s.deadline(text); err == nil {
			t.Errorf("deadline(%q) = %v", text, got)
		}
	}
}
