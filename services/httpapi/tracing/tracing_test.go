package tracing_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tasklane/tasklane/services/httpapi/tracing"
)

// TestSpans_AreSentBeforeFlushReturns sets the environment, so it cannot run in parallel.
func TestSpans_AreSentBeforeFlushReturns(t *testing.T) {
	received := make(chan *collector.ExportTraceServiceRequest, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var spans collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &spans) != nil {
			t.Errorf("%s got %q, %v", r.URL, body, err)
		}
		received <- &spans
	}))
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")

	spans, flush, err := tracing.Start(t.Context(), tracing.Config{Endpoint: server.URL}, "tasks", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, span := spans.Tracer("test").Start(t.Context(), "createTask")
	span.End()
	flush()

	select {
	case got := <-received:
		sent := got.String()
		for _, want := range []string{"createTask", `"tasks"`, "deployment.environment.name"} {
			if !strings.Contains(sent, want) {
				t.Errorf("%s is missing in %s", want, sent)
			}
		}
	default:
		t.Error("nothing was sent before flush returned")
	}
}

func TestTracingIsOffByDefault(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]tracing.Config{
		"nothing is set":    {},
		"no exporter":       {Exporter: "none", Endpoint: "http://127.0.0.1:1"},
		"OpenTelemetry off": {Disabled: true, Endpoint: "http://127.0.0.1:1"},
	} {
		if spans, _, err := tracing.Start(t.Context(), config, "tasks", slog.New(slog.DiscardHandler)); spans != nil || err != nil {
			t.Errorf("%s: %v, %v", name, spans, err)
		}
	}
}

func TestCheck_RejectsUnsupportedValues(t *testing.T) {
	t.Parallel()
	if err := (tracing.Config{Exporter: "otlp", Protocol: "http/protobuf"}).Check(); err != nil {
		t.Error(err)
	}
	for want, config := range map[string]tracing.Config{
		"OTEL_TRACES_EXPORTER":               {Exporter: "zipkin"},
		"OTEL_EXPORTER_OTLP_PROTOCOL":        {Protocol: "grpc"},
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": {TracesProtocol: "grpc"},
	} {
		if err := config.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error %v does not name %s", err, want)
		}
	}
	for range 20 {
		err := tracing.Config{Protocol: "grpc", TracesProtocol: "grpc"}.Check()
		if want := "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf\nOTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be http/protobuf"; err == nil || err.Error() != want {
			t.Errorf("got %v, want the errors in one order: %s", err, want)
		}
	}
}
