package bench

import (
	"slices"
	"testing"
	"time"
)

func TestSummarize_ReturnsTheMedianAndTheSpread(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		values []float64
		want   figure
	}{
		{"nothing", nil, figure{}},
		{"one", []float64{3}, figure{median: 3, low: 3, high: 3, n: 1}},
		{"odd", []float64{9, 1, 2}, figure{median: 2, low: 1, high: 9, n: 3}},
		{"even", []float64{4, 1, 2, 10}, figure{median: 3, low: 1, high: 10, n: 4}},
	} {
		if got := summarize(tc.values); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
	values := []float64{3, 1, 2}
	summarize(values)
	if !slices.Equal(values, []float64{3, 1, 2}) {
		t.Errorf("summarize reordered its input: %v", values)
	}
}

func TestRatios_AreOfTheSameRound(t *testing.T) {
	t.Parallel()
	// A round that was slow for both counts like any other.
	got := ratios([]float64{120, 12, 5, 7}, []float64{100, 10, 0})
	if want := []float64{1.2, 1.2}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestQuantile_IsOneOfTheValues(t *testing.T) {
	t.Parallel()
	var values []time.Duration
	for i := range 100 {
		values = append(values, time.Duration(100-i))
	}
	for q, want := range map[float64]time.Duration{0: 1, .5: 51, .99: 100, 1: 100} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v: %d, want %d", q, got, want)
		}
	}
	if got := quantile(nil, .5); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
