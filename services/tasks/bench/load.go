package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// loadWorkers is the number of concurrent requests. Each worker sends the next request as
// soon as it has a response, so that the server is always busy.
const loadWorkers = 16

// responseTimeout bounds the wait for a response.
const responseTimeout = 10 * time.Second

// requests sets the next request of a workload.
type requests func(*vegeta.Target)

// send sends requests for some time and measures the responses, all of which must be
// successes. p is the server whose processor time is measured, database its PostgreSQL
// process.
func send(ctx context.Context, p *process, database, workers int, d time.Duration, next requests) (sample, error) {
	// Connections are closed after each turn, because idle ones would count as the
	// servers' memory.
	client := &http.Client{Timeout: responseTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true}}
	defer client.CloseIdleConnections()
	attacker := vegeta.NewAttacker(
		vegeta.Workers(uint64(workers)), vegeta.MaxWorkers(uint64(workers)), vegeta.MaxBody(0), vegeta.Client(client),
	)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	targets := func(t *vegeta.Target) error {
		next(t)
		return nil
	}
	before, databaseBefore := p.usage(), cpuOfChildren(database)
	var metrics vegeta.Metrics
	// A rate of zero is as fast as the workers can.
	for result := range attacker.Attack(targets, vegeta.Rate{}, d, "") {
		metrics.Add(result)
	}
	metrics.Close()
	after, databaseAfter := p.usage(), cpuOfChildren(database)
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	if metrics.Requests == 0 || metrics.Success < 1 {
		return sample{}, fmt.Errorf("%s failed: %v %s", p.name, metrics.StatusCodes, strings.Join(metrics.Errors, "; "))
	}
	return sample{
		rate: metrics.Throughput, p50: metrics.Latencies.P50.Seconds(), p99: metrics.Latencies.P99.Seconds(),
		cpu:      (after.cpu - before.cpu).Seconds() / float64(metrics.Requests),
		database: (databaseAfter - databaseBefore).Seconds() / float64(metrics.Requests),
	}, nil
}

// anyOf returns one of several at random.
func anyOf[T any](all []T) T { return all[rand.IntN(len(all))] }
