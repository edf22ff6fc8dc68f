package recurrence_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/recurrence"
)

const localLayout = "2006-01-02T15:04:05"

// accepted is a rule of testdata/rules.json with its first occurrences, as local times
// in the zone or as instants.
type accepted struct {
	Name, Zone, Start, Rule string
	Occurrences, Instants   []string
	Total                   int // of all occurrences; 0 if not given
}

// table returns testdata/rules.json, which the TypeScript client shares.
func table(t testing.TB) (all struct {
	Accepted []accepted
	Rejected [][2]string // a rule and the error
},
) {
	t.Helper()
	text, err := os.ReadFile("testdata/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(t testing.TB, text string) recurrence.Rule {
	t.Helper()
	rule, err := recurrence.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return rule
}

// localTime parses a local time in a zone.
func localTime(t testing.TB, zone, local string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	start, err := time.ParseInLocation(localLayout, local, location)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

func TestOccurrences(t *testing.T) {
	t.Parallel()
	for _, test := range table(t).Accepted {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			rule, start := parse(t, test.Rule), localTime(t, test.Zone, test.Start)
			var locals, instants []string
			total := 0
			for at := range rule.Occurrences(start) {
				locals = append(locals, at.Format(localLayout))
				instants = append(instants, at.UTC().Format(time.RFC3339))
				if total++; total == 1000 {
					break
				}
			}
			want, got := test.Instants, instants
			if want == nil {
				want, got = test.Occurrences, locals
			}
			if total < len(want) || !slices.Equal(got[:len(want)], want) {
				t.Errorf("got %v, want %v", got[:min(len(want)+1, len(got))], want)
			}
			if test.Total > 0 && total != test.Total {
				t.Errorf("%d occurrences, want %d", total, test.Total)
			}
			if test.Instants != nil && total != len(test.Instants) {
				t.Errorf("%d instants, want %d", total, len(test.Instants))
			}
		})
	}
}

// TestOccurrences_StartInARepeatedHour checks that a start in the second pass of a
// repeated hour counts as one in the first.
func TestOccurrences_StartInARepeatedHour(t *testing.T) {
	t.Parallel()
	second := localTime(t, "Europe/Berlin", "2026-10-25T01:30:00").Add(2 * time.Hour)
	first := second.Add(-time.Hour)
	if first.Format(localLayout) != second.Format(localLayout) {
		t.Fatalf("%v and %v are different local times", first, second)
	}
	rule := parse(t, "FREQ=DAILY;COUNT=2")
	for _, start := range []time.Time{first, second} {
		got := slices.Collect(rule.Occurrences(start))
		if want := []time.Time{first, first.Add(25 * time.Hour)}; len(got) != 2 || !got[0].Equal(want[0]) || !got[1].Equal(want[1]) {
			t.Errorf("from %v: %v, want %v", start, got, want)
		}
	}
	if got, ok := rule.Next(second, first); !ok || !got.Equal(first.Add(25*time.Hour)) {
		t.Errorf("after the first pass: %v, %t", got, ok)
	}
}

func TestParse_RejectsInvalidRules(t *testing.T) {
	t.Parallel()
	for _, test := range table(t).Rejected {
		if _, err := recurrence.Parse(test[0]); err == nil || err.Error() != test[1] {
			t.Errorf("Parse(%q): %v, want %q", test[0], err, test[1])
		}
	}
}

func TestNext_AgreesWithOccurrences(t *testing.T) {
	t.Parallel()
	for _, test := range table(t).Accepted {
		rule, start := parse(t, test.Rule), localTime(t, test.Zone, test.Start)
		previous, found := start.Add(-time.Second), 0
		for want := range rule.Occurrences(start) {
			for _, after := range []time.Time{previous, want.Add(-time.Nanosecond)} {
				if got, ok := rule.Next(start, after); !ok || !got.Equal(want) {
					t.Errorf("%s, after %v: %v, %v, want %v", test.Name, after, got, ok, want)
				}
			}
			previous = want
			if found++; found == 30 {
				break
			}
		}
		if got, ok := rule.Next(start, previous); found == test.Total && ok {
			t.Errorf("%s: %v comes after the last occurrence", test.Name, got)
		}
	}
}

// TestNext_LooksOnlyNearby bounds the allocations of Next for a rule that began long ago.
func TestNext_LooksOnlyNearby(t *testing.T) {
	start := time.Date(1990, 1, 1, 9, 0, 0, 0, time.UTC)
	rule := parse(t, "FREQ=DAILY")
	after := start.AddDate(100, 0, 0)
	if allocations := testing.AllocsPerRun(10, func() { rule.Next(start, after) }); allocations > 20 {
		t.Errorf("%v allocations for one occurrence", allocations)
	}
}

func FuzzParse(f *testing.F) {
	for _, test := range table(f).Accepted {
		f.Add(test.Rule)
	}
	for _, test := range table(f).Rejected {
		f.Add(test[0])
	}
	start := time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := recurrence.Parse(text)
		if err != nil {
			return
		}
		previous, found := start, 0
		for at := range rule.Occurrences(start) {
			if found > 0 && !at.After(previous) || at.Before(start) {
				t.Fatalf("%q: %v comes after %v", text, at, previous)
			}
			if previous = at; found == 5 {
				return
			}
			found++
		}
	})
}
