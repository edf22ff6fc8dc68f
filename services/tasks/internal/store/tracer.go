package store

import (
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// Tracer returns a tracer for [Config.Tracer] that makes a span of every query
// within a span: with its text, which is constant, and without its arguments,
// which are the user's. It is nil where spans is.
func Tracer(spans trace.TracerProvider) pgx.QueryTracer {
	if spans == nil {
		return nil
	}
	return otelpgx.NewTracer(otelpgx.WithTracerProvider(spans), otelpgx.WithMeterProvider(noop.NewMeterProvider()))
}
