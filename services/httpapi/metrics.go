package httpapi

import (
	"cmp"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tasklane/tasklane/services/version"
)

// noOperation labels requests that reached no operation. Their paths are the
// callers' own, without bound.
const noOperation = "none"

// Metrics are a server's figures for Prometheus. A nil *Metrics counts nothing.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	rejections *prometheus.CounterVec

	mu sync.RWMutex
	// found are figures of requests and durations that were looked up by their
	// labels.
	found map[outcome]figures
}

// outcome is how a request ended.
type outcome struct {
	operation string
	status    int
	streamed  bool
}

// figures are those that a request of one outcome changes.
type figures struct {
	requests  prometheus.Counter
	durations prometheus.Observer // nil for streams
}

// NewMetrics returns the figures of the Go runtime and the process, to which
// those of a router are added by [NewRouter].
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_requests_total",
			Help: "Requests, by operation and HTTP status; 499 means that the client went away.",
		}, []string{"operation", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tasklane_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its response, by operation. Streams are left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		rejections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_rejections_total",
			Help: "Requests rejected by a limit of this server. Those of a user or a client are 429, the others 503.",
		}, []string{"limit"}),
		found: map[outcome]figures{},
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tasklane_build_info",
		Help: "Always 1; the labels say which build this is.",
	}, []string{"version", "revision"})
	build.WithLabelValues(version.Number, version.Revision).Set(1)
	m.Register(build)
	m.showLimits(limitRate, limitClientRate, limitInFlight, limitUserInFlight, limitMemory, limitUserMemory, limitStreams)
	m.Register(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.durations, m.rejections)
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

// showLimits has rejections by these limits shown from the start.
func (m *Metrics) showLimits(limits ...limit) {
	if m == nil {
		return
	}
	for _, l := range limits {
		m.rejections.WithLabelValues(string(l))
	}
}

// handler serves the figures.
func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// observe counts a request after its response.
func (m *Metrics) observe(info *requestInfo, status int, took time.Duration) {
	if m == nil {
		return
	}
	if info.limit != "" {
		m.rejections.WithLabelValues(string(info.limit)).Inc()
	}
	of := m.figures(outcome{cmp.Or(info.operation, noOperation), status, info.streamed})
	of.requests.Inc()
	if of.durations != nil {
		of.durations.Observe(took.Seconds())
	}
}

// figures returns the figures of an outcome. Looking them up by their labels is
// slow, so that is done once for each operation and status.
func (m *Metrics) figures(of outcome) figures {
	m.mu.RLock()
	f, found := m.found[of]
	m.mu.RUnlock()
	if !found {
		f.requests = m.requests.WithLabelValues(of.operation, strconv.Itoa(of.status))
		if !of.streamed {
			f.durations = m.durations.WithLabelValues(of.operation)
		}
		m.mu.Lock()
		m.found[of] = f
		m.mu.Unlock()
	}
	return f
}
