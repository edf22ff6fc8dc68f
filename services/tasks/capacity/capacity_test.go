package main

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/stack/checkout"
)

var update = flag.Bool("update", false, "write the tables into services/SCALING.md")

// rounding is by how much a figure may differ from what was measured.
const rounding = 0.1

// path returns where a file of this module is.
func path(t *testing.T, elements ...string) string {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{root, "services"}, elements...)...)
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocumentHasTheTables: make capacity prints what SCALING.md must say.
func TestDocumentHasTheTables(t *testing.T) {
	t.Parallel()
	file := path(t, "SCALING.md")
	document := read(t, file)
	for _, table := range tables() {
		head, _, _ := strings.Cut(table, "\n")
		begin := strings.Index(document, head)
		if begin < 0 {
			t.Errorf("services/SCALING.md has no table that begins with\n%s", head)
			continue
		}
		old, rest, _ := strings.Cut(document[begin:], "\n\n")
		if *update {
			document = document[:begin] + table + "\n" + rest
		} else if strings.TrimSuffix(table, "\n") != old {
			t.Errorf("services/SCALING.md has not this table (go test ./tasks/capacity -update writes it):\n%s", table)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFiguresAreThoseMeasured: what make bench finds may change, and with it
// what measured.go says.
func TestFiguresAreThoseMeasured(t *testing.T) {
	t.Parallel()
	results := read(t, path(t, "tasks", "bench", "RESULTS.md"))
	compare := func(name string, measured, planned float64) {
		t.Helper()
		if math.Abs(planned/measured-1) > rounding {
			t.Errorf("%s: %g was measured, and measured.go has %g", name, measured, planned)
		}
	}
	all := []cpu{exchange.auth, exchange.server}
	for _, w := range works {
		all = append(all, w.bff, w.tasks, w.server)
	}
	for _, c := range all {
		compare(c.work+", "+c.contender+", "+c.column, cell(t, results, c).Seconds(), c.Seconds())
	}
	for _, m := range memoryFigures {
		found := regexp.MustCompile(m.row).FindStringSubmatch(results)
		if found == nil {
			t.Errorf("bench/RESULTS.md has nothing like %s", m.row)
			continue
		}
		compare(m.row, number(t, found[1])*m.unit, m.bytes)
	}
}

// cell reads a time from the table of bench/RESULTS.md.
func cell(t *testing.T, results string, c cpu) time.Duration {
	t.Helper()
	var head []string
	for line := range strings.Lines(results) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		cells[0] = strings.TrimPrefix(cells[0], "| ")
		cells[len(cells)-1] = strings.TrimSuffix(cells[len(cells)-1], " |")
		if len(cells) < 2 {
			continue
		}
		if slices.Contains(cells, own) {
			head = cells
		}
		if column := slices.Index(head, c.column); column >= 0 && column < len(cells) && cells[0] == c.work && cells[1] == c.contender {
			return time.Duration(number(t, strings.TrimSuffix(cells[column], " µs")) * float64(time.Microsecond))
		}
	}
	t.Fatalf("bench/RESULTS.md has no %s of %s, %s", c.column, c.work, c.contender)
	return 0
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSimulationAgrees holds the arithmetic against users at random.
func TestSimulationAgrees(t *testing.T) {
	t.Parallel()
	for _, users := range stages {
		s := sizeOf(users)
		for seed := range uint64(3) {
			by := simulate(s, seed)
			if s.notices > 10 && math.Abs(by.notices/s.notices-1) > .1 {
				t.Errorf("%.0f users: %.0f notices a second, not %.0f", users, by.notices, s.notices)
			}
			if by.held > s.connections {
				t.Errorf("%.0f users: %d connections are held, and there are %d", users, by.held, s.connections)
			}
			if s.rowsPerShard > 0 && by.fullestShard > 1.25*s.rowsPerShard {
				t.Errorf("%.0f users: %.0f tasks in the fullest shard, and %.0f in the average one", users, by.fullestShard, s.rowsPerShard)
			}
		}
	}
}
