package bench

import (
	"slices"
	"time"
)

// sample is one contender's result in one round. Times are in seconds.
type sample struct {
	// rate is the number of responses per second.
	rate float64
	// p50 and p99 are quantiles of the response time.
	p50, p99 float64
	// cpu is the server's processor time per response, database PostgreSQL's; zero means
	// unknown.
	cpu, database float64
}

func rate(s sample) float64     { return s.rate }
func p50(s sample) float64      { return s.p50 }
func p99(s sample) float64      { return s.p99 }
func cpu(s sample) float64      { return s.cpu }
func database(s sample) float64 { return s.database }

// series are a contender's samples, one for each round.
type series []sample

// of returns a value of each sample.
func (s series) of(value func(sample) float64) []float64 {
	values := make([]float64, len(s))
	for i, sample := range s {
		values[i] = value(sample)
	}
	return values
}

// figure is the median of several measurements with its spread.
type figure struct {
	median, low, high float64
	// n is the number of measurements; if it is zero, the others are undefined.
	n int
}

func summarize(values []float64) figure {
	if len(values) == 0 {
		return figure{}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + median) / 2
	}
	return figure{median: median, low: sorted[0], high: sorted[len(sorted)-1], n: len(sorted)}
}

// ratios divides round by round, because a busy machine slows both values of a
// round. Rounds in which the base is zero are left out.
func ratios(values, base []float64) []float64 {
	var all []float64
	for i := range min(len(values), len(base)) {
		if base[i] != 0 {
			all = append(all, values[i]/base[i])
		}
	}
	return all
}

// quantile returns the value below which the share q of the values lies.
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
