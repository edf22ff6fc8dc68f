// Package upstream observes the bff's requests to other servers.
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

// noResponse is the status label of requests without a response.
const noResponse = "none"

// Observer counts, times and traces requests to other servers.
type Observer struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	tracing   trace.TracerProvider
}

// New returns an Observer that records in metrics. Each request is a span of tracing, unless
// that is nil.
func New(metrics *httpapi.Metrics, tracing trace.TracerProvider) *Observer {
	o := &Observer{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tasklane_upstream_requests_total",
			Help: "Requests to other servers, by server and HTTP status; none means no response.",
		}, []string{"upstream", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tasklane_upstream_duration_seconds",
			Help:    "Time until the response of another server began, or until the request failed.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"upstream"}),
		tracing: tracing,
	}
	metrics.Register(o.requests, o.durations)
	return o
}

// Transport wraps next. name is the server's name in metrics and traces.
func (o *Observer) Transport(name string, next http.RoundTripper) http.RoundTripper {
	if o.tracing != nil {
		next = otelhttp.NewTransport(withoutPath{next},
			otelhttp.WithTracerProvider(o.tracing),
			otelhttp.WithMeterProvider(noop.NewMeterProvider()), // the Observer has metrics
			otelhttp.WithPropagators(propagation.TraceContext{}),
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + name }),
		)
	}
	return &observed{Observer: o, name: name, next: next}
}

type observed struct {
	*Observer

	name string
	next http.RoundTripper
}

func (o *observed) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	response, err := o.next.RoundTrip(r)
	status := noResponse
	if err == nil {
		status = strconv.Itoa(response.StatusCode)
	}
	o.requests.WithLabelValues(o.name, status).Inc()
	o.durations.WithLabelValues(o.name).Observe(time.Since(start).Seconds())
	return response, err
}

// withoutPath removes the path and the query from the request's span. They may contain
// one-time tokens and search terms.
type withoutPath struct{ next http.RoundTripper }

func (w withoutPath) RoundTrip(r *http.Request) (*http.Response, error) {
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("url.full", r.URL.Scheme+"://"+r.URL.Host))
	return w.next.RoundTrip(r)
}
