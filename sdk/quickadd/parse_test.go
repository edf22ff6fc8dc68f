package quickadd_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/quickadd"
)

type readCase struct {
	Text string
	quickadd.Task
}

type cases struct {
	Now    string
	Lists  []string
	En, De []readCase
	Plain  []string // titles without dates and signs
}

// table returns testdata/cases.json, which the TypeScript client shares.
func table(t testing.TB) (all cases, now time.Time) {
	t.Helper()
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if now, err = time.Parse("2006-01-02T15:04", all.Now); err != nil {
		t.Fatal(err)
	}
	return all, now
}

func TestParse(t *testing.T) {
	t.Parallel()
	all, now := table(t)
	for _, language := range []struct {
		cases []readCase
		names []string
	}{{all.En, []string{"en", "de"}}, {all.De, []string{"de", "en"}}} {
		for _, test := range language.cases {
			t.Run(test.Text, func(t *testing.T) {
				t.Parallel()
				got := quickadd.Parse(test.Text, quickadd.Options{Now: now, Languages: language.names, Lists: all.Lists, Recurring: true})
				if !reflect.DeepEqual(got, test.Task) {
					t.Errorf("got %+v, want %+v", got, test.Task)
				}
			})
		}
	}
}

// TestCases_ComeFromIssueTrackers checks that at least half of the English and of the German
// inputs come from the threads in sources.json: their words for dates and times, or
// their whole title.
func TestCases_ComeFromIssueTrackers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/sources.json")
	if err != nil {
		t.Fatal(err)
	}
	var sources map[string][]string
	if err := json.Unmarshal(text, &sources); err != nil {
		t.Fatal(err)
	}
	all, _ := table(t)
	languages := map[string]string{}
	for _, test := range all.En {
		languages[test.Text] = "en"
	}
	for _, test := range all.De {
		languages[test.Text] = "de"
	}
	counts := map[string]int{}
	for source, inputs := range sources {
		for _, input := range inputs {
			language, known := languages[input]
			if !known {
				t.Errorf("%q of %s is not a case, or is listed twice", input, source)
			}
			counts[language]++
			delete(languages, input)
		}
	}
	if 2*counts["en"] < len(all.En) || 2*counts["de"] < len(all.De) {
		t.Errorf("got %v of %d English and %d German cases, want half of each", counts, len(all.En), len(all.De))
	}
}

// TestParse_LeavesPlainTitlesAlone allows an error in one title of fifty, because some
// titles are ambiguous, such as "Today show recording".
func TestParse_LeavesPlainTitlesAlone(t *testing.T) {
	t.Parallel()
	all, now := table(t)
	for _, names := range [][]string{{"en", "de"}, {"de", "en"}} {
		var misread []string
		for _, text := range all.Plain {
			got := quickadd.Parse(text, quickadd.Options{Now: now, Languages: names, Recurring: true})
			if !reflect.DeepEqual(got, quickadd.Task{Title: text}) {
				misread = append(misread, text)
			}
		}
		if len(misread)*50 > len(all.Plain) {
			t.Errorf("%d of %d titles misread: %q", len(misread), len(all.Plain), misread)
		}
	}
}

func TestParse_FollowsItsOptions(t *testing.T) {
	t.Parallel()
	_, now := table(t)
	for _, test := range []struct {
		text    string
		options quickadd.Options
		want    quickadd.Task
	}{
		{"standup every weekday 9am", quickadd.Options{}, quickadd.Task{Title: "standup every weekday", Date: "2026-11-27", Time: "09:00"}},
		{"jeden Montag Müll", quickadd.Options{}, quickadd.Task{Title: "jeden Montag Müll"}},
		{"flight 3/12", quickadd.Options{DayFirst: true}, quickadd.Task{Title: "flight", Date: "2026-12-03"}},
		{"morgen anrufen", quickadd.Options{Languages: []string{"en"}}, quickadd.Task{Title: "morgen anrufen"}},
		{"fix tap +Home", quickadd.Options{}, quickadd.Task{Title: "fix tap +Home"}},
	} {
		test.options.Now = now
		if got := quickadd.Parse(test.text, test.options); !reflect.DeepEqual(got, test.want) {
			t.Errorf("Parse(%q) = %+v, want %+v", test.text, got, test.want)
		}
	}
}

func TestParse_UsesTheZoneOfNow(t *testing.T) {
	t.Parallel()
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 23, 30, 0, 0, time.UTC).In(apia) // the 27th there
	if got := quickadd.Parse("tomorrow", quickadd.Options{Now: now}); got.Date != "2026-11-28" {
		t.Errorf("tomorrow is %s, want 2026-11-28", got.Date)
	}
}

func FuzzParse(f *testing.F) {
	all, now := table(f)
	for _, test := range append(all.En, all.De...) {
		f.Add(test.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := quickadd.Parse(text, quickadd.Options{Now: now, Lists: all.Lists, Recurring: true})
		if got.Title == "" && strings.TrimSpace(text) != "" {
			t.Errorf("Parse(%q) has no title", text)
		}
		if got.Date == "" && len(got.Tags) == 0 && got.Priority == "" && got.List == "" && got.Title != strings.TrimSpace(text) {
			t.Errorf("Parse(%q) lost text: the title is %q", text, got.Title)
		}
		if got.Date != "" {
			if _, err := time.Parse(time.DateOnly, got.Date); err != nil {
				t.Error(err)
			}
		}
	})
}
