// Package upstream watches what the BFF asks of the servers behind it.
package upstream

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tasklane/tasklane/services/httpapi"
)

// noAnswer labels requests that got none.
const noAnswer = "none"

// Watch counts, times and traces requests to other servers.
type Watch struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	tracing   trace.TracerProvider
}

// New returns a watch whose figures are among metrics. Each request is a span of
// tracing, unless that is nil.
func New(metrics *httpapi.Metrics, tracing trace.TracerProvider) *Watch {
	w := &Watch{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_upstream_requests_total",
			Help: "Requests to other servers, by server and HTTP status; none means that no answer came.",
		}, []string{"upstream", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tasklane_upstream_duration_seconds",
			Help:    "Time until another server's answer began, or it was clear that there is none.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"upstream"}),
		tracing: tracing,
	}
	metrics.Register(w.requests, w.durations)
	return w
}

// Transport returns next, watched. The name is the server's in the figures and
// traces.
func (w *Watch) Transport(name string, next http.RoundTripper) http.RoundTripper {
	if w.tracing != nil {
		next = otelhttp.NewTransport(discreet{next},
			otelhttp.WithTracerProvider(w.tracing),
			otelhttp.WithMeterProvider(noop.NewMeterProvider()), // Watch counts
			otelhttp.WithPropagators(propagation.TraceContext{}),
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + name }),
		)
	}
	return &watched{Watch: w, name: name, next: next}
}

type watched struct {
	*Watch

	name string
	next http.RoundTripper
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	response, err := w.next.RoundTrip(r)
	status := noAnswer
	if err == nil {
		status = strconv.Itoa(response.StatusCode)
	}
	w.requests.WithLabelValues(w.name, status).Inc()
	w.durations.WithLabelValues(w.name).Observe(time.Since(start).Seconds())
	return response, err
}

// discreet keeps the path and the query out of the request's span: they can hold
// one-time tokens and what a user looks for.
type discreet struct{ next http.RoundTripper }

func (d discreet) RoundTrip(r *http.Request) (*http.Response, error) {
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("url.full", r.URL.Scheme+"://"+r.URL.Host))
	return d.next.RoundTrip(r)
}
