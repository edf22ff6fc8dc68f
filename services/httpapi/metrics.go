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

// noOperation is the label of requests that match no operation. Their paths are not
// labels, because clients can send any number of different paths.
const noOperation = "none"

// Metrics are a server's metrics for Prometheus. A nil *Metrics counts nothing.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	rejections *prometheus.CounterVec

	mu sync.RWMutex
	// cached are the series of requests and durations by their labels.
	cached map[outcome]series
}

// outcome is how a request ended.
type outcome struct {
	operation string
	status    int
	streamed  bool
}

// series are the time series to which a request of one outcome belongs.
type series struct {
	requests  prometheus.Counter
	durations prometheus.Observer // nil for streams
}

// NewMetrics returns the metrics of the Go runtime and the process, and those of requests,
// which a router with these [Observers] counts.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_requests_total",
			Help: "Requests, by operation and HTTP status; 499 means that the client disconnected.",
		}, []string{"operation", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tasklane_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its response, by operation, without streams.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		rejections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_rejections_total",
			Help: "Requests rejected by a limit of this server. Those of a user or a client are 429, the others 503.",
		}, []string{"limit"}),
		cached: map[outcome]series{},
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tasklane_build_info",
		Help: "Always 1. The labels are the version and the revision of the build.",
	}, []string{"version", "revision"})
	build.WithLabelValues(version.Number, version.Revision).Set(1)
	m.Register(build)
	m.showLimits(limitRate, limitClientRate, limitInFlight, limitUserInFlight, limitMemory, limitUserMemory, limitStreams)
	m.Register(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.durations, m.rejections)
	return m
}

// Register adds collectors. It panics if a name is taken.
func (m *Metrics) Register(collectors ...prometheus.Collector) {
	if m != nil {
		m.registry.MustRegister(collectors...)
	}
}

// Gauge adds a gauge, whose value read returns.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter adds a counter, whose value read returns.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// showLimits exports zero rejections by these limits before the first one.
func (m *Metrics) showLimits(limits ...limit) {
	if m == nil {
		return
	}
	for _, l := range limits {
		m.rejections.WithLabelValues(string(l))
	}
}

// handler serves the metrics.
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
	counted := m.series(outcome{cmp.Or(info.operation, noOperation), status, info.streamed})
	counted.requests.Inc()
	if counted.durations != nil {
		counted.durations.Observe(took.Seconds())
	}
}

// series returns the series of an outcome. They are cached, because the library's lookup
// by labels is slow.
func (m *Metrics) series(o outcome) series {
	m.mu.RLock()
	s, found := m.cached[o]
	m.mu.RUnlock()
	if !found {
		s.requests = m.requests.WithLabelValues(o.operation, strconv.Itoa(o.status))
		if !o.streamed {
			s.durations = m.durations.WithLabelValues(o.operation)
		}
		m.mu.Lock()
		m.cached[o] = s
		m.mu.Unlock()
	}
	return s
}
