package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tasklane/tasklane/services/httpapi"
)

// TestTrace_IgnoresStrangersTraces compares internal servers with public ones. The
// caller's trace is sampled.
func TestTrace_PublicServersStartTheirOwn(t *testing.T) {
	t.Parallel()
	const callersTrace = "0af7651916cd43dd8448eb211c80319c"
	for name, tc := range map[string]struct {
		public  bool
		own     sdktrace.Sampler // for traces that begin here
		spans   int
		linked  bool
		ourself bool // begins a trace of its own
	}{
		"a server's":                      {own: sdktrace.NeverSample(), spans: 1},
		"a stranger's":                    {public: true, own: sdktrace.AlwaysSample(), spans: 1, linked: true, ourself: true},
		"a stranger's, with none of ours": {public: true, own: sdktrace.NeverSample()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := tracetest.NewSpanRecorder()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(sdktrace.ParentBased(tc.own)))
			router := httpapi.NewRouter(httpapi.Observers{Log: slog.New(slog.DiscardHandler), Tracing: provider, Public: tc.public})
			router.Get("/", httpapi.NotFound)
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			req.Header.Set("Traceparent", "00-"+callersTrace+"-b7ad6b7169203331-01")
			router.ServeHTTP(httptest.NewRecorder(), req)

			ended := spans.Ended()
			if len(ended) != tc.spans {
				t.Fatalf("%d spans, want %d", len(ended), tc.spans)
			}
			for _, span := range ended {
				if own := span.SpanContext().TraceID().String() != callersTrace; own != tc.ourself {
					t.Errorf("the trace is %s", span.SpanContext().TraceID())
				}
				if linked := len(span.Links()) == 1 && span.Links()[0].SpanContext.TraceID().String() == callersTrace; linked != tc.linked {
					t.Errorf("links %v", span.Links())
				}
			}
		})
	}
}
