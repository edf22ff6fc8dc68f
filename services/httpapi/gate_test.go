package httpapi

import (
	"slices"
	"testing"
)

func TestGate_BoundsTheTotalAndEachCaller(t *testing.T) {
	t.Parallel()
	streams := newGate(4, 2)
	got := []entry{streams.enter("ada"), streams.enter("ada"), streams.enter("ada"), streams.enter("bob")}
	streams.leave("ada")
	got = append(got, streams.enter("ada"), streams.enter("ada"), streams.enter("bob"), streams.enter("eve"))
	want := []entry{entered, entered, callerFull, entered, entered, callerFull, entered, gateFull}
	if !slices.Equal(got, want) || streams.count() != 4 {
		t.Errorf("entries %v, %g slots taken, want %v and 4", got, streams.count(), want)
	}
}
