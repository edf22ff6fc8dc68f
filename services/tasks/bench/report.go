package bench

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// notes is the part of the report that is written by hand.
//
//go:embed notes.md
var notes string

// bases are the possible bases of ratios. A workload uses the first that it has.
var bases = []string{floorServer, firstPage, allLists, inFirstDatabase, taskService}

// markdown returns the report.
func (r *results) markdown() string {
	var b strings.Builder
	r.writeHeader(&b)
	b.WriteString("\n## Goals\n\n| work | goal | measured: median (lowest to highest round) | |\n| --- | --- | --- | --- |\n")
	for _, g := range r.goals() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.what, g.goal, g.measured(), g.verdict())
	}
	r.writeShares(&b)
	b.WriteString(notes)
	b.WriteString("\n## All results\n\n" +
		"Responses per second: the median and the range of the rounds. Ratio: the median and the range of the ratios within each round. CPU: the processor time per response, of the server itself and of PostgreSQL, without that of the load generator and of the task service behind another server.\n\n" +
		"| work | contender | responses/s | ratio | p50 | p99 | own CPU | PostgreSQL's CPU |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, workload := range []string{
		list50, getOne, createOne, updateOne, moveOne, inList, search, changes, pages, growth, growthGet, aloneList, aloneGet, exchange,
	} {
		r.writeRows(&b, workload)
	}
	r.writeFooter(&b)
	return b.String()
}

// writeShares writes the share of each area in the profiled workloads.
func (r *results) writeShares(b *strings.Builder) {
	if len(r.profiles) == 0 {
		return
	}
	b.WriteString("\n## Where the service's own processor time goes\n\n| area |")
	for _, p := range r.profiles {
		fmt.Fprintf(b, " %s |", p.workload)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(r.profiles)) + "\n")
	shares := map[string]float64{}
	for _, p := range slices.Backward(r.profiles) {
		maps.Copy(shares, p.shares) // the first profile decides the order
	}
	for _, area := range slices.SortedFunc(maps.Keys(shares), func(a, b string) int {
		return cmp.Or(cmp.Compare(shares[b], shares[a]), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(b, "| %s |", area)
		for _, p := range r.profiles {
			fmt.Fprintf(b, " %.0f %% |", 100*p.shares[area])
		}
		b.WriteString("\n")
	}
}

func (r *results) writeHeader(b *strings.Builder) {
	m := r.machine
	fmt.Fprintf(b, "# How fast it is: the %s run\n\n", r.plan.name)
	fmt.Fprintf(b, "Written by `make bench`; commit %s, %s. Load, servers and PostgreSQL share the cores, so compare only ratios within this run.\n\n", m.commit, m.at.Format("2006-01-02"))
	fmt.Fprintf(b, "| | |\n| --- | --- |\n")
	fmt.Fprintf(b, "| machine | %s, %d cores, %s, %s |\n", m.processor, m.cores, megabytes(float64(m.memory)), m.system)
	fmt.Fprintf(b, "| load average before the first round | %.1f |\n", m.load)
	fmt.Fprintf(b, "| versions | %s, PostgreSQL %s, Node %s |\n", m.golang, m.postgres, m.node)
	fmt.Fprintf(b, "| PostgreSQL | fsync on; default settings, except max_wal_size = 8 GB and shared_buffers = a quarter of the memory |\n")
	size := r.plan.size
	fmt.Fprintf(b, "| data | %d tasks of %d users, %d of one further user; in the grown database %d tasks of %d users |\n", size.tasks, size.users, manyTasks, size.grownTasks, size.grownUsers)
	fmt.Fprintf(b, "| run | %d rounds of %s for each contender, %d connections; %s, of which %s to load the data |\n",
		r.plan.rounds, r.plan.turn, loadWorkers, r.took.Round(time.Second), r.loaded.Round(time.Second))
}

// writeRows writes the contenders of a workload.
func (r *results) writeRows(b *strings.Builder, workload string) {
	all := r.series[workload]
	for _, name := range []string{
		floorServer, wideFloorServer, taskService, reverseProxy, bffServer, betterAuth, firstPage, deepPage, allLists, oneList, inFirstDatabase, inGrownDatabase,
	} {
		s := all[name]
		if len(s) == 0 {
			continue
		}
		median := func(value func(sample) float64) float64 { return summarize(s.of(value)).median }
		rates := summarize(s.of(rate))
		fmt.Fprintf(b, "| %s | %s | %.0f (%.0f to %.0f) | %s | %s | %s | %s | %s |\n",
			workload, name, rates.median, rates.low, rates.high, r.comparison(workload, name),
			millis(median(p50)), millis(median(p99)), micros(median(cpu)), micros(median(database)))
	}
}

// comparison returns the contender's ratio to its base.
func (r *results) comparison(workload, name string) string {
	base := ""
	for _, candidate := range bases {
		if len(r.series[workload][candidate]) > 0 {
			base = candidate
			break
		}
	}
	if name == bffServer {
		base = reverseProxy
	}
	if base == "" || base == name {
		return ""
	}
	f := r.ratio(rate, workload, name, base)
	return fmt.Sprintf("%.2f × %s (%.2f to %.2f)", f.median, base, f.low, f.high)
}

// micros returns an empty string for zero, which means unknown.
func micros(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f µs", v*1e6)
}

func (r *results) writeFooter(b *strings.Builder) {
	delays := r.streams.delays
	fmt.Fprintf(b, "\nMemory of the task service: %s after the start, %s at most under the load above, %s with %d idle streams (limit of open files: %d). ",
		megabytes(float64(r.idle.memory)), megabytes(float64(r.busy.peak)), megabytes(float64(r.streams.after.memory)), r.streams.open, r.streams.files)
	fmt.Fprintf(b, "Of the bff: %s at most under the load above. Of another bff: %s after the start, %s with %d idle streams, %s for each. Of Better Auth: %s at most. ",
		megabytes(float64(r.bffBusy.peak)), megabytes(float64(r.bffStreams.before.memory)), megabytes(float64(r.bffStreams.after.memory)), r.bffStreams.open, kilobytes(r.bffStreams.perStream()),
		megabytes(float64(r.authBusy.peak)))
	fmt.Fprintf(b, "From sending a change until it arrives in a stream, with all streams open: p50 %s, p99 %s, at most %s, in %d deliveries.\n",
		millis(quantile(delays, .5).Seconds()), millis(quantile(delays, .99).Seconds()), millis(quantile(delays, 1).Seconds()), len(delays))
}
