package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestNewID_KeepsTheOrder generates, in one transaction, more ids than a task may have sub-tasks.
func TestNewID_KeepsTheOrder(t *testing.T) {
	t.Parallel()
	tx := &transaction{now: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)}
	var last uuid.UUID
	for range 100_000 {
		id := tx.newID()
		if bytes.Compare(last[:], id[:]) >= 0 || id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%v follows %v", id, last)
		}
		last = id
	}
}
