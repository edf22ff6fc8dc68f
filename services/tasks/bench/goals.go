package bench

import "fmt"

// goal is a target for the finished service.
type goal struct {
	what, goal string
	// value is the measurement, low and high its spread.
	value figure
	// show formats a value, reached judges the median.
	show    func(float64) string
	reached func(float64) bool
}

func atLeast(low float64) func(float64) bool {
	return func(v float64) bool { return v >= low }
}

func atMost(high float64) func(float64) bool {
	return func(v float64) bool { return v <= high }
}

func times(v float64) string { return fmt.Sprintf("%.2f", v) }

func millis(v float64) string { return fmt.Sprintf("%.2f ms", v*1000) }

func kilobytes(v float64) string { return fmt.Sprintf("%.1f KB", v/1000) }

func megabytes(v float64) string { return fmt.Sprintf("%.0f MB", v/1e6) }

// goals returns the measurements and their targets.
func (r *results) goals() []goal {
	var starts []float64
	for _, took := range r.starts {
		starts = append(starts, took.Seconds())
	}
	return []goal{
		{"list 50", "≥ 1.5 × floor", r.ratio(rate, list50, taskService, floorServer), times, atLeast(1.5)},
		{"get one", "≥ 1.1 × floor", r.ratio(rate, getOne, taskService, floorServer), times, atLeast(1.1)},
		{"get one", "≥ 0.8 × " + wideFloorServer, r.ratio(rate, getOne, taskService, wideFloorServer), times, atLeast(.8)},
		{"create", "≥ 0.75 × floor", r.ratio(rate, createOne, taskService, floorServer), times, atLeast(.75)},
		{"update", "≥ 0.6 × floor", r.ratio(rate, updateOne, taskService, floorServer), times, atLeast(.6)},
		{"list 50 of one list, by position", "≥ 0.9 × list 50", r.ratio(rate, inList, oneList, allLists), times, atLeast(.9)},
		{"list 50, one request at a time, p50", "≤ 1.3 × floor's", r.ratio(p50, aloneList, taskService, floorServer), times, atMost(1.3)},
		{"get one, one request at a time, p50", "≤ 1.3 × floor's", r.ratio(p50, aloneGet, taskService, floorServer), times, atMost(1.3)},
		{"list 50, one request at a time, p99", "≤ 1.3 × floor's", r.ratio(p99, aloneList, taskService, floorServer), times, atMost(1.3)},
		{"get one, one request at a time, p99", "≤ 1.7 × floor's", r.ratio(p99, aloneGet, taskService, floorServer), times, atMost(1.7)},
		{"bff, list 50", "≥ 0.92 × ReverseProxy", r.ratio(rate, list50, bffServer, reverseProxy), times, atLeast(.92)},
		{"bff, get one", "≥ 0.92 × ReverseProxy", r.ratio(rate, getOne, bffServer, reverseProxy), times, atLeast(.92)},
		{"bff, list 50, added at p50, unloaded", "≤ 1 ms", r.added(aloneList), millis, atMost(.001)},
		{"bff, get one, added at p50, unloaded", "≤ 1 ms", r.added(aloneGet), millis, atMost(.001)},
		{"deep page ÷ first page, p50", "≤ 1.2", r.ratio(p50, pages, deepPage, firstPage), times, atMost(1.2)},
		{"grown ÷ first database, list 50, p50", "≤ 1.25", r.ratio(p50, growth, inGrownDatabase, inFirstDatabase), times, atMost(1.25)},
		{"grown ÷ first database, get one, p50", "≤ 1.25", r.ratio(p50, growthGet, inGrownDatabase, inFirstDatabase), times, atMost(1.25)},
		{"memory of an idle stream", "≤ 10 KB", single(r.streams.perStream()), kilobytes, atMost(10_000)},
		{"bff, memory of an idle stream", "≤ 12 KB", single(r.bffStreams.perStream()), kilobytes, atMost(12_000)},
		{"change to its stream, p99", "< 100 ms", single(quantile(r.streams.delays, .99).Seconds()), millis, func(v float64) bool { return v < .1 }},
		{"memory under load", "≤ 60 MB", single(float64(r.busy.peak)), megabytes, atMost(60e6)},
		{"start to the first response", "≤ 50 ms", summarize(starts), millis, atMost(.05)},
	}
}

func single(v float64) figure { return summarize([]float64{v}) }

// ratio compares a value of two contenders.
func (r *results) ratio(value func(sample) float64, workload, contender, base string) figure {
	return summarize(ratios(r.series[workload][contender].of(value), r.series[workload][base].of(value)))
}

// added is the latency that the bff adds to the task service's, in seconds.
func (r *results) added(workload string) figure {
	bff, service := r.series[workload][bffServer].of(p50), r.series[workload][taskService].of(p50)
	added := make([]float64, len(bff))
	for i := range bff {
		added[i] = bff[i] - service[i]
	}
	return summarize(added)
}

// perStream is the memory of one stream, in bytes.
func (s streamResult) perStream() float64 {
	if s.open == 0 {
		return 0
	}
	return (float64(s.after.memory) - float64(s.before.memory)) / float64(s.open)
}

// verdict says whether a goal was reached. A goal that could not be measured was not.
func (g goal) verdict() string {
	if g.value.n > 0 && g.value.median != 0 && g.reached(g.value.median) {
		return "reached"
	}
	return "**not reached**"
}

func (g goal) measured() string {
	switch {
	case g.value.n == 0 || g.value.median == 0:
		return "not measured"
	case g.value.n == 1:
		return g.show(g.value.median)
	}
	return fmt.Sprintf("%s (%s to %s)", g.show(g.value.median), g.show(g.value.low), g.show(g.value.high))
}
