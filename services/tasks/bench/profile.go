package bench

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// area is a part of the program that uses processor time. A stack counts for the area of its
// innermost function that has one, so JSON encoding within Huma counts as JSON.
type area struct {
	name string
	// prefixes are prefixes of functions' full names.
	prefixes []string
}

var areas = []area{
	{"garbage collection", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart", "runtime.gcMarkDone"}},
	{"PostgreSQL's protocol (pgx)", []string{"github.com/jackc/", "github.com/tasklane/tasklane/services/tasks/internal/lanes"}},
	{"building statements (bun)", []string{"github.com/uptrace/bun"}},
	{"JSON", []string{"encoding/json", "github.com/go-json-experiment/", "github.com/tasklane/tasklane/sdk/taskapi"}},
	{"tokens", []string{"github.com/tasklane/tasklane/services/tasks/internal/jwtauth", "crypto/", "github.com/MicahParks/"}},
	{"log", []string{"log/slog"}},
	{"metrics", []string{"github.com/prometheus/"}},
	{"routes and parameters (chi, Huma)", []string{"github.com/go-chi/", "github.com/danielgtaylor/huma"}},
	{"our own code", []string{"github.com/tasklane/"}},
	{"HTTP (net/http)", []string{"net/http", "net/textproto", "bufio."}},
	{"scheduler", []string{"runtime.schedule", "runtime.mcall", "runtime.findRunnable", "runtime.mstart", "runtime.park_m"}},
}

// otherArea is everything outside the areas.
const otherArea = "elsewhere"

// shares returns each area's part of the processor time of a profile.
func shares(p *profile.Profile) map[string]float64 {
	parts, total := map[string]float64{}, 0.0
	for _, s := range p.Sample {
		spent := float64(s.Value[len(s.Value)-1]) // nanoseconds; earlier values are counts
		parts[areaOf(s)] += spent
		total += spent
	}
	for area := range parts {
		parts[area] /= total
	}
	return parts
}

// areaOf returns the area of a stack, whose innermost function comes first.
func areaOf(s *profile.Sample) string {
	for _, location := range s.Location {
		for _, line := range location.Line {
			for _, a := range areas {
				if slices.ContainsFunc(a.prefixes, func(prefix string) bool { return strings.HasPrefix(line.Function.Name, prefix) }) {
					return a.name
				}
			}
		}
	}
	return otherArea
}

// profiledWorkloads are the workloads that are profiled.
var profiledWorkloads = []string{list50, getOne, createOne, updateOne}

// profileLead is how much longer the load lasts than the profile.
const profileLead = 200 * time.Millisecond

// profiled is the distribution of the service's processor time in a workload.
type profiled struct {
	workload string
	shares   map[string]float64 // by area
}

// profile runs a workload once more and profiles the service. It also writes the
// profile to dir, unless that is empty.
func (r *results) profile(ctx context.Context, p *process, w workload, dir string) error {
	i := slices.IndexFunc(w.contenders, func(c contender) bool { return c.name == taskService })
	if i < 0 {
		return fmt.Errorf("the service is no contender of %q", w.name)
	}
	loadEnded := make(chan error, 1)
	go func() {
		_, err := w.contenders[i].run(ctx, r.plan.profiling+profileLead)
		loadEnded <- err
	}()
	var data []byte
	err := fetch(ctx, http.DefaultClient, fmt.Sprintf("%s/debug/pprof/profile?seconds=%.0f", p.operations, r.plan.profiling.Seconds()), nil, &data)
	if loadErr := <-loadEnded; loadErr != nil {
		return loadErr
	}
	if err != nil {
		return err
	}
	parsed, err := profile.ParseData(data)
	if err != nil {
		return fmt.Errorf("read the profile of %q: %w", w.name, err)
	}
	r.profiles = append(r.profiles, profiled{w.name, shares(parsed)})
	if dir == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, strings.ReplaceAll(w.name, " ", "-")+".pprof"), data, 0o644)
}

// saveHeap writes a heap profile of a server to dir, unless that is empty.
func (p *process) saveHeap(ctx context.Context, dir string) error {
	if dir == "" {
		return nil
	}
	var data []byte
	if err := fetch(ctx, http.DefaultClient, p.operations+"/debug/pprof/heap", nil, &data); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "heap.pprof"), data, 0o644)
}
