package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// noOperation labels requests that reached no operation. Their paths are the
// callers' own, without bound.
const noOperation = "none"

// Metrics are a server's figures for Prometheus. A nil *Metrics counts nothing.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

// NewMetrics returns the figures of the Go runtime and the process, to which
// those of a router are added by [NewRouter].
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_requests_total",
			Help: "Requests answered, by operation and HTTP status; 499 means that the client went away.",
		}, []string{"operation", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tasklane_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its answer, by operation. Streams are left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
	}
	m.Register(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.durations)
	return m
}

// Register adds figures of the server's own. It panics where a name is taken.
func (m *Metrics) Register(figures ...prometheus.Collector) {
	if m != nil {
		m.registry.MustRegister(figures...)
	}
}

// Gauge adds a figure that goes up and down.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter adds a figure that only rises.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// handler serves the figures.
func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// observe counts a request that has been answered.
func (m *Metrics) observe(info *requestInfo, status int, took time.Duration) {
	if m == nil {
		return
	}
	operation := noOperation
	if info.operation != "" {
		operation = info.operation
	}
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	if !info.streamed {
		m.durations.WithLabelValues(operation).Observe(took.Seconds())
	}
}
