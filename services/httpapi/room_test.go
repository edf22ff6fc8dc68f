package httpapi

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestRoom(t *testing.T) {
	t.Parallel()

	t.Run("bounds each caller and the total", func(t *testing.T) {
		t.Parallel()
		r := newRoom(maxHeld)
		for caller := range userShare {
			held := r.enter(fmt.Sprint(caller))
			if problem := held.try(maxHeld / userShare); problem != nil {
				t.Fatalf("caller %d: %v", caller, problem)
			}
			if problem := held.try(1); problem == nil || problem.Code != taskapi.CodeRateLimited {
				t.Errorf("above the share: %v, want %s", problem, taskapi.CodeRateLimited)
			}
		}
		another := r.enter("another")
		if problem := another.try(1); problem == nil || problem.Code != taskapi.CodeOverloaded {
			t.Errorf("above the total: %v, want %s", problem, taskapi.CodeOverloaded)
		}
	})

	t.Run("waiters get bytes that others release", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(8)
			first, second := r.enter("ada"), r.enter("ada")
			if problem := first.try(2); problem != nil {
				t.Fatal(problem)
			}
			got := make(chan *Problem)
			go func() { got <- second.wait(t.Context(), 1) }()
			synctest.Wait()
			if held, waiters := r.heldBytes(), r.waiters(); held != 2 || waiters != 1 {
				t.Errorf("%.0f bytes are held and %.0f callers wait, want 2 and 1", held, waiters)
			}
			first.Shrink(1)
			if problem := <-got; problem != nil {
				t.Errorf("after another released a byte: %v", problem)
			}
			waiting, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			third := r.enter("ada")
			if problem := third.wait(waiting, 1); problem == nil || problem.Code != taskapi.CodeRateLimited {
				t.Errorf("after a second: %v, want %s", problem, taskapi.CodeRateLimited)
			}
			for _, held := range []*Reservation{first, second, third} {
				held.Release()
				held.Release()
			}
			if len(r.callers) > 0 || r.heldBytes() != 0 || r.waiters() != 0 || !r.total.TryAcquire(8) {
				t.Error("bytes are held after the end")
			}
		})
	})
}
