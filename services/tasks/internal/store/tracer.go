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

// Tracer returns a tracer for [Config.Tracer] that creates a span for every query inside a
// span, with its text, which is constant, and without its arguments, which are the user's
// data. It returns nil if spans is nil.
func Tracer(spans trace.TracerProvider) pgx.QueryTracer {
	if spans == nil {
		return nil
	}
	return &statementTracer{
		Tracer: otelpgx.NewTracer(otelpgx.WithTracerProvider(spans), otelpgx.WithMeterProvider(noop.NewMeterProvider())),
		spans:  spans.Tracer("github.com/tasklane/tasklane/services/tasks/internal/store"),
	}
}

// statementTracer gives the statements of a batch spans that last from sending the batch to
// their own result. PostgreSQL sends the results of a batch together, so the duration of
// each statement is unknown. The spans of otelpgx begin only when their statement has a
// result.
type statementTracer struct {
	*otelpgx.Tracer

	spans trace.Tracer
}

// batchSentKey is the context key of the time when a batch was sent.
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

// TraceBatchQuery creates the span of a statement that has a result.
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
		span.SetStatus(codes.Error, "the statement failed") // its message may contain values
	}
	span.End()
}
