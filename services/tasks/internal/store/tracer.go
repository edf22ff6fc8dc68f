package store

import (
	"context"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
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
	return &statementTracer{
		Tracer: otelpgx.NewTracer(otelpgx.WithTracerProvider(spans), otelpgx.WithMeterProvider(noop.NewMeterProvider())),
		spans:  spans.Tracer("github.com/tasklane/tasklane/services/tasks/internal/store"),
	}
}

// statementTracer gives the statements of a batch spans that last from sending the
// batch until their own answer. PostgreSQL sends the answers of a batch together, so
// how long each took alone is not known here. The spans of otelpgx begin when their
// statement has been answered.
type statementTracer struct {
	*otelpgx.Tracer

	spans trace.Tracer
}

// batchSentKey is the context key of when a batch was sent.
type batchSentKey struct{}

// TraceBatchStart begins the span of a batch.
func (t *statementTracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	ctx = t.Tracer.TraceBatchStart(ctx, conn, data)
	sent := time.Now()
	return context.WithValue(ctx, batchSentKey{}, &sent)
}

// TracePrepareEnd ends the span of preparing a statement, which comes before a batch
// is sent.
func (t *statementTracer) TracePrepareEnd(ctx context.Context, conn *pgx.Conn, data pgx.TracePrepareEndData) {
	t.Tracer.TracePrepareEnd(ctx, conn, data)
	if sent, ok := ctx.Value(batchSentKey{}).(*time.Time); ok {
		*sent = time.Now()
	}
}

// TraceBatchQuery makes the span of a statement that has been answered.
func (t *statementTracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	sent, ok := ctx.Value(batchSentKey{}).(*time.Time)
	if !ok || !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(data.SQL), " ")
	_, span := t.spans.Start(ctx, verb, trace.WithTimestamp(*sent), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"),
		attribute.String("db.query.text", data.SQL),
		attribute.String("db.operation.name", verb),
	))
	if data.Err != nil {
		span.SetStatus(codes.Error, "the statement failed") // its own words may hold values
	}
	span.End()
}
