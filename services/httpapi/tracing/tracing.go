// Package tracing sends OpenTelemetry traces, configured by the standard environment
// variables.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// flushTimeout bounds how long the process waits at exit for the last spans to be sent.
const flushTimeout = 5 * time.Second

// protocol is the only supported protocol.
const protocol = "http/protobuf"

// Config holds the environment variables that turn tracing on or off. OpenTelemetry's
// own packages read the rest: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
// OTEL_TRACES_SAMPLER, OTEL_BSP_* and OTEL_EXPORTER_OTLP_*.
type Config struct {
	Disabled       bool   `env:"OTEL_SDK_DISABLED"`
	Exporter       string `env:"OTEL_TRACES_EXPORTER"`
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL"`
	TracesProtocol string `env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"`
}

// Check returns an error for every unsupported value.
func (c Config) Check() error {
	var errs []error
	if c.Exporter != "" && c.Exporter != "otlp" && c.Exporter != "none" {
		errs = append(errs, errors.New("OTEL_TRACES_EXPORTER must be otlp or none"))
	}
	for _, setting := range [][2]string{
		{"OTEL_EXPORTER_OTLP_PROTOCOL", c.Protocol}, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", c.TracesProtocol},
	} {
		if name, value := setting[0], setting[1]; value != "" && value != protocol {
			errs = append(errs, fmt.Errorf("%s must be %s", name, protocol))
		}
	}
	return errors.Join(errs...)
}

// enabled reports whether tracing is on: the environment names an exporter or an
// endpoint.
func (c Config) enabled() bool {
	return !c.Disabled && c.Exporter != "none" && (c.Exporter != "" || c.Endpoint != "" || c.TracesEndpoint != "")
}

// Start returns the tracer provider of a service, or nil if tracing is off, and a function
// that sends the last spans. The collector need not be reachable.
func Start(ctx context.Context, c Config, name string, log *slog.Logger) (spans trace.TracerProvider, flush func(), err error) {
	if !c.enabled() {
		return nil, func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("start the exporter of traces: %w", err)
	}
	service, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", name)),
		resource.WithFromEnv(), // last, so that OTEL_SERVICE_NAME wins
	)
	if err != nil {
		return nil, nil, fmt.Errorf("read the service's attributes: %w", err)
	}
	// OpenTelemetry reports export errors to one handler per process, which by
	// default prints text.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("cannot send traces", "error", err.Error())
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(service))
	return provider, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("cannot send the last traces", "error", err.Error())
		}
	}, nil
}
