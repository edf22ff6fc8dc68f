package recurrence_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk/recurrence"
)

var write = flag.String("write", "", "writes random rules and their occurrences to this `file`, for the TypeScript client's tests")

// randomCase is a random rule with its first occurrences and the next one after a moment,
// or the error.
type randomCase struct {
	Zone     string   `json:"zone"`
	Start    string   `json:"start"`
	After    string   `json:"after"`
	Rule     string   `json:"rule"`
	Instants []string `json:"instants"`
	Next     string   `json:"next"`
	Error    string   `json:"error"`
}

const ruleCount = 4000

// TestRandomRules evaluates random rules, and checks that each occurrence is later than
// the previous one.
func TestRandomRules(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	source := rand.New(rand.NewPCG(seed, 0))
	zones := []string{
		"Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia",
		"Pacific/Kiritimati", "Asia/Kolkata", "Africa/Casablanca", "UTC",
	}
	all := make([]randomCase, ruleCount)
	counted := 0
	for i := range all {
		zone := zones[i%len(zones)]
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		// Years that Go's and Node's time zone databases have had for long.
		start := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC).
			AddDate(0, 0, source.IntN(15*365)).Add(time.Duration(source.IntN(96)) * 15 * time.Minute).In(location)
		after := start.AddDate(0, 0, source.IntN(1000)-10)
		text := randomRule(source)
		all[i] = randomCase{Zone: zone, Start: start.UTC().Format(time.RFC3339), After: after.UTC().Format(time.RFC3339), Rule: text, Instants: []string{}}
		rule, err := recurrence.Parse(text)
		if err != nil {
			all[i].Error = err.Error()
			continue
		}
		// A start in the second pass of a repeated hour counts as one in the first.
		previous := start.Add(-time.Hour - time.Second)
		for at := range rule.Occurrences(start) {
			if at.Year() > 2024 || len(all[i].Instants) == 8 {
				break
			}
			counted++
			if !at.After(previous) {
				t.Errorf("seed %d: %s in %s from %v: %v comes after %v", seed, text, zone, start, at, previous)
			}
			all[i].Instants = append(all[i].Instants, at.UTC().Format(time.RFC3339))
			previous = at
		}
		if next, ok := rule.Next(start, after); ok && next.Year() <= 2024 {
			all[i].Next = next.UTC().Format(time.RFC3339)
		}
	}
	if counted < ruleCount {
		t.Errorf("seed %d: only %d occurrences", seed, counted)
	}
	if *write != "" {
		text, err := json.Marshal(struct {
			Seed  uint64       `json:"seed,string"`
			Rules []randomCase `json:"rules"`
		}{seed, all})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(*write, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// randomRule returns a rule that is mostly valid.
func randomRule(source *rand.Rand) string {
	frequency := []string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}[source.IntN(4)]
	parts := []string{"FREQ=" + frequency}
	maybe := func(chance float64, part func() string) {
		if source.Float64() < chance {
			parts = append(parts, part())
		}
	}
	list := func(limit int, entry func() string) string {
		var entries []string
		for range 1 + source.IntN(limit) {
			entries = append(entries, entry())
		}
		return strings.Join(entries, ",")
	}
	weekday := func() string { return []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}[source.IntN(7)] }
	maybe(0.4, func() string { return fmt.Sprintf("INTERVAL=%d", 1+source.IntN(6)) })
	maybe(0.2, func() string { return fmt.Sprintf("COUNT=%d", 1+source.IntN(12)) })
	maybe(0.15, func() string {
		until := time.Date(2006, 1, 1, source.IntN(24), 0, 0, 0, time.UTC).AddDate(0, 0, source.IntN(15*365))
		return "UNTIL=" + until.Format([]string{"20060102", "20060102T150405", "20060102T150405Z"}[source.IntN(3)])
	})
	maybe(0.2, func() string { return "WKST=" + weekday() })
	maybe(0.5, func() string {
		return "BYDAY=" + list(4, func() string {
			if (frequency == "MONTHLY" || frequency == "YEARLY") && source.IntN(2) == 0 {
				return fmt.Sprintf("%d%s", []int{-2, -1, 1, 2, 3, 4, 5}[source.IntN(7)], weekday())
			}
			return weekday()
		})
	})
	if frequency != "WEEKLY" {
		maybe(0.35, func() string {
			return "BYMONTHDAY=" + list(4, func() string { return fmt.Sprint([]int{-1, -3, 1, 5, 13, 15, 28, 29, 30, 31}[source.IntN(10)]) })
		})
	}
	maybe(0.3, func() string { return "BYMONTH=" + list(4, func() string { return fmt.Sprint(1 + source.IntN(12)) }) })
	maybe(0.2, func() string {
		return "BYSETPOS=" + list(2, func() string { return fmt.Sprint([]int{-1, 1, 2, 3}[source.IntN(4)]) })
	})
	maybe(0.2, func() string { return fmt.Sprintf("BYHOUR=%d;BYMINUTE=%d", source.IntN(5), 15*source.IntN(4)) })
	slices.SortFunc(parts[1:], func(string, string) int { return source.IntN(3) - 1 })
	return strings.Join(parts, ";")
}
