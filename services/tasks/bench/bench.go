// Package bench compares the finished service with a floor, a server written only for speed,
// on generated data in its own PostgreSQL. In every round the contenders run one after
// another, so that other load on the machine affects all of them. Only ratios within a run
// are meaningful.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"
)

// plan is the extent of a run.
type plan struct {
	name string
	size size
	// rounds is the number of rounds, turn the time of each contender in a round.
	rounds int
	turn   time.Duration
	// profiling is the duration of a profile.
	profiling time.Duration
	// starts is how often the service's start is timed.
	starts int
	// streams is the number of idle streams at the task service, events the number of
	// changes that are then sent through some of them, bffStreams the number of idle
	// streams at a bff.
	streams, events, bffStreams int
}

// Full takes about half an hour, more than half of it to load ten million tasks.
var Full = plan{
	name:   "full",
	size:   size{users: 500, tasks: 100_000, grownUsers: 50_000, grownTasks: 10_000_000, signedUp: 48, requested: 2000},
	rounds: 7, turn: 1500 * time.Millisecond, profiling: 5 * time.Second,
	starts: 11, streams: 10_000, events: 300, bffStreams: 5000,
}

// Quick takes less than two minutes.
var Quick = plan{
	name:   "quick",
	size:   size{users: 500, tasks: 100_000, grownUsers: 1000, grownTasks: 200_000, signedUp: 16, requested: 500},
	rounds: 5, turn: 250 * time.Millisecond, profiling: 2 * time.Second,
	starts: 5, streams: 5000, events: 100, bffStreams: 1000,
}

// Options are the options of a run.
type Options struct {
	// Only, unless nil, selects workloads by name. The report then says that goals about
	// others were not reached.
	Only *regexp.Regexp
	// Profiles is a directory for profiles of the service; empty for none.
	Profiles string
	// Progress receives progress messages.
	Progress io.Writer
}

// Run measures everything and returns the report as Markdown.
func Run(ctx context.Context, plan plan, options Options) (report string, err error) {
	say := func(format string, args ...any) { fmt.Fprintf(options.Progress, format+"\n", args...) }
	start := time.Now()
	say("starting PostgreSQL and Better Auth …")
	s, err := newStack(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	say("creating %d, %d and %d tasks …", plan.size.tasks, manyTasks, plan.size.grownTasks)
	people, err := s.load(ctx, plan.size)
	if err != nil {
		return "", err
	}
	loaded := time.Since(start)
	if err := s.startServers(ctx, people.many.direct); err != nil {
		return "", err
	}
	r := results{plan: plan, loaded: loaded, series: map[string]map[string]series{}}
	if r.machine, err = s.machine(ctx); err != nil {
		return "", err
	}
	workloads, err := s.workloads(ctx, people)
	if err != nil {
		return "", err
	}
	if options.Only != nil {
		workloads = slices.DeleteFunc(workloads, func(w workload) bool { return !options.Only.MatchString(w.name) })
	}
	for round := range plan.rounds {
		say("round %d of %d …", round+1, plan.rounds)
		if err := r.round(ctx, workloads); err != nil {
			return "", err
		}
		if err := s.clearLogs(); err != nil {
			return "", err
		}
	}
	r.busy, r.bffBusy, r.authBusy = s.tasks.usage(), s.bff.usage(), s.auth.usage()
	say("profiling …")
	for _, w := range workloads {
		if slices.Contains(profiledWorkloads, w.name) {
			if err := r.profile(ctx, s.tasks, w, options.Profiles); err != nil {
				return "", err
			}
		}
	}
	if err := s.tasks.saveHeap(ctx, options.Profiles); err != nil {
		return "", err
	}
	say("starting the service %d times, opening %d streams …", plan.starts, plan.streams)
	if err := s.startsAndStreams(ctx, people, &r); err != nil {
		return "", err
	}
	r.took = time.Since(start)
	return r.markdown(), nil
}

// results are the measurements.
type results struct {
	plan         plan
	machine      machine
	loaded, took time.Duration
	// series are by workload and contender.
	series map[string]map[string]series
	// starts are times from the service's start to its first response.
	starts []time.Duration
	// idle is the service before its first load, busy after all load.
	idle, busy usage
	streams    streamResult
	profiles   []profiled
	// bffBusy and authBusy are the bff and Better Auth after all load.
	bffBusy, authBusy usage
	bffStreams        streamResult
}

// round runs every workload once with every contender.
func (r *results) round(ctx context.Context, workloads []workload) error {
	for _, w := range workloads {
		if r.series[w.name] == nil {
			r.series[w.name] = map[string]series{}
		}
		for _, c := range w.contenders {
			sample, err := c.run(ctx, r.plan.turn)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", w.name, c.name, err)
			}
			r.series[w.name][c.name] = append(r.series[w.name][c.name], sample)
		}
	}
	return nil
}
