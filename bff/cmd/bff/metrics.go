package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// addSessionMetrics registers the metrics of sessions.
func addSessionMetrics(m *httpapi.Metrics, sessions *session.Sessions, cookies *session.Cookies) {
	counts := sessions.Counts
	m.Gauge("tasklane_sessions_cached", "Cached sessions.", func() float64 { return float64(counts().Sessions) })
	m.Counter("tasklane_session_hits_total", "Requests whose session was cached.", func() float64 { return float64(counts().Hits) })
	m.Counter("tasklane_session_misses_total", "Requests that needed an exchange with Better Auth.", func() float64 { return float64(counts().Misses) })
	m.Counter("tasklane_session_stale_total", "Misses served from the cache, because Better Auth did not respond in time.", func() float64 { return float64(counts().Stale) })
	m.Counter("tasklane_session_rejections_total", "Requests with a cookie that Better Auth had just rejected.", func() float64 { return float64(counts().Rejected) })
	m.Counter("tasklane_session_forged_total", "Session cookies with an invalid signature.", func() float64 { return float64(cookies.Forged()) })
	m.Counter("tasklane_exchanges_rejected_total", "Exchanges that were rejected because too many were waiting, or that waited too long.", func() float64 { return float64(counts().TooMany) })
	m.Gauge("tasklane_exchanges_in_flight", "Exchanges in flight or waiting for a slot.", func() float64 { return float64(counts().Exchanges) })
}

// timedExchanges records the durations and outcomes of exchanges with a Better Auth
// server.
type timedExchanges struct {
	session.Exchanger

	durations *prometheus.HistogramVec
}

func timeExchanges(m *httpapi.Metrics, next session.Exchanger) timedExchanges {
	t := timedExchanges{Exchanger: next, durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "tasklane_exchange_duration_seconds",
		Help:    "Duration of exchanges of a session for a JWT, by outcome: live, ended or unavailable.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"outcome"})}
	m.Register(t.durations)
	return t
}

// Exchange also measures the time.
func (t timedExchanges) Exchange(ctx context.Context, req session.Request) (session.Result, error) {
	start := time.Now()
	result, err := t.Exchanger.Exchange(ctx, req)
	outcome := "live"
	switch {
	case errors.Is(err, session.ErrExpired):
		outcome = "ended"
	case err != nil:
		outcome = "unavailable"
	}
	t.durations.WithLabelValues(outcome).Observe(time.Since(start).Seconds())
	return result, err
}
