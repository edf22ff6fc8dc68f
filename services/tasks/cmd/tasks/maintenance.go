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

// offerInterval is how often each replica offers to purge. A purge begins if no replica has
// begun one for an hour, so after at most 65 minutes.
const offerInterval = 5 * time.Minute

// maintenance purges when it is this replica's turn, and measures the tables.
type maintenance struct {
	store   *store.Store
	log     *slog.Logger
	purges  *prometheus.CounterVec
	removed prometheus.Counter
	sizes   *prometheus.GaugeVec
}

// newMaintenance registers its metrics with those of the service.
func newMaintenance(tasks *store.Store, log *slog.Logger, metrics *httpapi.Metrics) *maintenance {
	m := &maintenance{
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
		m.purges.WithLabelValues(outcome)
	}
	metrics.Register(m.purges, m.removed, m.sizes)
	return m
}

// run purges and measures at once, and again at each offer, until ctx ends.
func (m *maintenance) run(ctx context.Context, offers <-chan time.Time) {
	for {
		m.purge(ctx)
		m.measure(ctx)
		select {
		case <-offers:
		case <-ctx.Done():
			return
		}
	}
}

func (m *maintenance) purge(ctx context.Context) {
	began, removed, err := m.store.PurgeInTurn(ctx)
	m.removed.Add(float64(removed))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		m.purges.WithLabelValues("failed").Inc()
		m.log.Warn("cannot purge; the next attempt follows", "error", err.Error())
	case began:
		m.purges.WithLabelValues("done").Inc()
		if removed > 0 {
			m.log.Info("purged", "rows", removed)
		}
	}
}

func (m *maintenance) measure(ctx context.Context) {
	sizes, err := m.store.TableSizes(ctx)
	if err != nil && ctx.Err() == nil {
		m.log.Warn("cannot measure the tables", "error", err.Error())
	}
	for table, size := range sizes {
		m.sizes.WithLabelValues(strings.TrimPrefix(table, "tasklane.")).Set(float64(size))
	}
}
