package main

import (
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// newMetrics returns the metrics of the store, the tokens and the hub.
func newMetrics(tasks *store.Store, tokens *jwtauth.Verifier, hub *feed.Hub) *httpapi.Metrics {
	m := httpapi.NewMetrics()
	pool := tasks.PoolStat
	m.Gauge("tasklane_pool_connections_max", "Maximum number of connections to the database.", func() float64 { return float64(pool().MaxConns()) })
	m.Gauge("tasklane_pool_connections", "Connections to the database.", func() float64 { return float64(pool().TotalConns()) })
	m.Gauge("tasklane_pool_connections_acquired", "Connections in use.", func() float64 { return float64(pool().AcquiredConns()) })
	m.Gauge("tasklane_pool_connections_idle", "Idle connections.", func() float64 { return float64(pool().IdleConns()) })
	m.Counter("tasklane_pool_connections_opened_total", "Connections opened.", func() float64 { return float64(pool().NewConnsCount()) })
	m.Counter("tasklane_pool_acquires_total", "Connections given to queries.", func() float64 { return float64(pool().AcquireCount()) })
	m.Counter("tasklane_pool_waits_total", "Queries that waited for a connection.", func() float64 { return float64(pool().EmptyAcquireCount()) })
	m.Counter("tasklane_pool_wait_seconds_total", "Time that queries waited for a connection.", func() float64 { return pool().EmptyAcquireWaitTime().Seconds() })
	m.Gauge("tasklane_lane_connections", "Connections over which reads are pipelined.", func() float64 { return float64(tasks.LaneStat().Connections) })
	m.Gauge("tasklane_lane_reads_waiting", "Reads in lanes without a result yet.", func() float64 { return float64(tasks.LaneStat().Waiting) })
	m.Counter("tasklane_lane_reads_total", "Reads sent over lanes.", func() float64 { return float64(tasks.LaneStat().Sent) })
	m.Counter("tasklane_lane_flushes_total", "Round trips in which reads were sent over lanes.", func() float64 { return float64(tasks.LaneStat().Flushes) })

	m.Counter("tasklane_quota_rejections_total", "Writes rejected because of the user's quota.", func() float64 { return float64(tasks.WritesRejected()) })

	m.Counter("tasklane_tokens_checked_total", "Bearer tokens whose signature was checked.", func() float64 { return float64(tokens.Counts().Checked) })
	m.Counter("tasklane_tokens_cached_total", "Bearer tokens found in the cache.", func() float64 { return float64(tokens.Counts().Cached) })
	m.Counter("tasklane_tokens_rejected_total", "Bearer tokens that this issuer did not make for this audience; expired ones are not counted.", func() float64 { return float64(tokens.Counts().Rejected) })
	m.Gauge("tasklane_jwks_keys", "The issuer's known keys.", func() float64 { return float64(tokens.Counts().Keys) })
	m.Counter("tasklane_jwks_fetches_total", "Attempts to fetch the issuer's keys.", func() float64 { return float64(tokens.Counts().Fetches) })
	m.Counter("tasklane_jwks_fetch_failures_total", "Attempts to fetch the keys that failed.", func() float64 { return float64(tokens.Counts().Failures) })
	m.Gauge("tasklane_jwks_last_fetch_timestamp_seconds", "When the issuer's keys were last fetched; 0 for never.", func() float64 { return float64(tokens.Counts().LastFetch) })

	m.Gauge("tasklane_watchers", "Streams that wait for changes.", func() float64 { return float64(hub.Counts().Waiting) })
	m.Counter("tasklane_wakeups_sent_total", "Messages of changes sent to other replicas.", func() float64 { return float64(hub.Counts().Published) })
	m.Counter("tasklane_wakeups_received_total", "Messages of changes from other replicas.", func() float64 { return float64(hub.Counts().Received) })
	m.Counter("tasklane_wakeups_failed_total", "Messages of changes that could not be sent.", func() float64 { return float64(hub.Counts().Failed) })
	return m
}
