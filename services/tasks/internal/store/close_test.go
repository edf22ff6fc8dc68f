package store_test

import (
	"testing"
	"testing/synctest"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// TestClose_EndsEachGoroutine fails if a goroutine of the store outlives it.
func TestClose_EndsEachGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Config{URL: "postgres://app@127.0.0.1:1/nowhere"})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
}
