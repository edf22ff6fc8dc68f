package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/stack/checkout"
)

// TestDocumentHasTheTable: make capacity prints what SCALING.md must say.
func TestDocumentHasTheTable(t *testing.T) {
	t.Parallel()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(filepath.Join(root, "services", "SCALING.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), table()) {
		t.Errorf("services/SCALING.md has not this table:\n%s", table())
	}
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
			if by.busy > s.connections {
				t.Errorf("%.0f users: %d connections are busy, and there are %d", users, by.busy, s.connections)
			}
			if s.rowsPerShard > 0 && by.fullestShard > 1.25*s.rowsPerShard {
				t.Errorf("%.0f users: %.0f tasks in the fullest shard, and %.0f in the average one", users, by.fullestShard, s.rowsPerShard)
			}
		}
	}
}
