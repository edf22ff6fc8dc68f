package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// offerInterval is how often each replica offers to purge. A purge begins if the last one
// began at least an hour ago, so after at most 65 minutes.
const offerInterval = 5 * time.Minute

// maintenance removes expired rows, when it is this replica's turn, and measures the
// tables.
type maintenance struct {
	store   *store.Store
	log     *slog.Logger
	purges  *prometheus.CounterVec
	removed prometheus.Counter
	sizes   *prometheus.GaugeVec
}

// newMaintenance registers its metrics with those of the service.
func newMaintenance(tasks *store.Store, log *slog.Logger, m *httpapi.Metrics) *maintenance {
	w := &maintenance{
		store: tasks, log: log,
		purges: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_purges_total", Help: "Purges that this replica has begun, by outcome: done or failed.",
		}, []string{"outcome"}),
		removed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tasklane_purged_rows_total", Help: "Expired rows that this replica has removed.",
		}),
		sizes: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tasklane_table_bytes", Help: "Bytes on disk by table, indexes included.",
		}, []string{"table"}),
	}
	for _, outcome := range []string{"done", "failed"} {
		w.purges.WithLabelValues(outcome)
	}
	m.Register(w.purges, w.removed, w.sizes)
	return w
}

// run starts immediately, and repeats at each offer until ctx ends.
func (w *maintenance) run(ctx context.Context, offers <-chan time.Time) {
	for {
		w.purge(ctx)
		w.measure(ctx)
		select {
		case <-offers:
		case <-ctx.Done():
			return
		}
	}
}

func (w *maintenance) purge(ctx context.Context) {
	began, removed, err := w.store.PurgeInTurn(ctx)
	w.removed.Add(float64(removed))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.purges.WithLabelValues("failed").Inc()
		w.log.Warn("cannot purge; the next attempt follows", "error", err.Error())
	case began:
		w.purges.WithLabelValues("done").Inc()
		if removed > 0 {
			w.log.Info("purged", "rows", removed)
		}
	}
}

func (w *maintenance) measure(ctx context.Context) {
	sizes, err := w.store.TableSizes(ctx)
	if err != nil && ctx.Err() == nil {
		w.log.Warn("cannot measure the tables", "error", err.Error())
	}
	for table, size := range sizes {
		w.sizes.WithLabelValues(strings.TrimPrefix(table, "tasklane.")).Set(float64(size))
	}
}
