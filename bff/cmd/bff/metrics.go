package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/httpapi"
)

// addSessionFigures registers the metrics of sessions.
func addSessionFigures(m *httpapi.Metrics, sessions *session.Sessions, cookies *session.Cookies) {
	counts := sessions.Counts
	m.Gauge("tasklane_sessions_remembered", "Sessions that are remembered.", func() float64 { return float64(counts().Sessions) })
	m.Counter("tasklane_session_hits_total", "Requests whose session was remembered.", func() float64 { return float64(counts().Hits) })
	m.Counter("tasklane_session_misses_total", "Requests for which Better Auth was asked.", func() float64 { return float64(counts().Misses) })
	m.Counter("tasklane_session_stale_total", "Misses that what was remembered had to do for.", func() float64 { return float64(counts().Stale) })
	m.Counter("tasklane_session_refusals_total", "Requests with a cookie that Better Auth had just refused.", func() float64 { return float64(counts().Refused) })
	m.Counter("tasklane_session_forged_total", "Session cookies with an invalid signature.", func() float64 { return float64(cookies.Forged()) })
	m.Counter("tasklane_exchanges_refused_total", "Exchanges for which there was no room, or no turn in time.", func() float64 { return float64(counts().TooMany) })
	m.Gauge("tasklane_exchanges_in_flight", "Exchanges under way, those that wait for their turn included.", func() float64 { return float64(counts().Exchanges) })
}

// timedExchanges records the durations and outcomes of exchanges with a Better Auth
// server.
type timedExchanges struct {
	session.Exchanger

	durations *prometheus.HistogramVec
}

func timeExchanges(m *httpapi.Metrics, of session.Exchanger) timedExchanges {
	t := timedExchanges{Exchanger: of, durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "tasklane_exchange_duration_seconds",
		Help:    "Time that Better Auth took to say what a session is worth, by what it said: live, ended, or unavailable for nothing.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"outcome"})}
	m.Register(t.durations)
	return t
}

// Exchange times an exchange.
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
