// Traces for an OpenTelemetry collector, configured by the same variables as the Go servers.
import { DiagLogLevel, SpanKind, SpanStatusCode, context, diag, propagation, trace } from "@opentelemetry/api";
import { statusOf } from "./log.mjs";

/** The only supported protocol. */
const PROTOCOL = "http/protobuf";
/** How long the process waits at exit for the last spans to be sent. */
const FLUSH_TIMEOUT_MS = 5000;

/**
 * Returns every variable with an unsupported value, and what it must be.
 *
 * @param {Record<string, string | undefined>} env
 */
export function tracingProblems(env) {
  const problems = [];
  if (!["", "otlp", "none"].includes(env.OTEL_TRACES_EXPORTER ?? "")) problems.push("OTEL_TRACES_EXPORTER must be otlp or none");
  for (const name of ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]) {
    if (!["", PROTOCOL].includes(env[name] ?? "")) problems.push(`${name} must be ${PROTOCOL}`);
  }
  return problems;
}

/** Whether the environment names an exporter or an endpoint. */
function enabled(env) {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return false;
  return Boolean(env.OTEL_TRACES_EXPORTER || env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/**
 * Starts to send spans if the environment enables traces, even if the collector is not
 * reachable yet. Better Auth then adds its own spans, one for each endpoint and each
 * database operation. OpenTelemetry's packages read process.env and are loaded only
 * here.
 *
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 * @returns functions that trace a request, run without tracing, and send the last spans
 */
export async function startTracing(log) {
  if (!enabled(process.env)) return { serve: (_request, _response, _operation, run) => run(), untraced: (run) => run(), stop: async () => {} };
  const [{ suppressTracing, W3CTraceContextPropagator }, { defaultResource, detectResources, envDetector, resourceFromAttributes }, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }] =
    await Promise.all([
      import("@opentelemetry/core"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/sdk-trace-node"),
      import("@opentelemetry/exporter-trace-otlp-proto"),
    ]);
  const warn = (message) => log.warn("cannot send traces", { error: message });
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
  const provider = new NodeTracerProvider({
    // The environment last, so that OTEL_SERVICE_NAME wins.
    resource: defaultResource().merge(resourceFromAttributes({ "service.name": "auth" })).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [withoutErrorTexts, new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  // Not the default propagator, which would also forward the caller's baggage.
  provider.register({ propagator: new W3CTraceContextPropagator() });
  const tracer = trace.getTracer("tasklane");
  return {
    /** Runs a request in a span, which continues the caller's trace and ends with the response. */
    serve(request, response, operation, run) {
      const caller = propagation.extract(context.active(), request.headers);
      const name = operation === "none" ? request.method : operation;
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: { "http.request.method": request.method } }, caller);
      response.on("close", () => {
        span.setAttribute("http.response.status_code", statusOf(response));
        if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
      return context.with(trace.setSpan(caller, span), run);
    },
    /** Runs a function without tracing it. */
    untraced: (run) => context.with(suppressTracing(context.active()), run),
    async stop() {
      const timeout = new Promise((_, reject) => setTimeout(reject, FLUSH_TIMEOUT_MS, new Error("the collector does not respond")).unref());
      await Promise.race([provider.shutdown(), timeout]).catch((error) => log.warn("cannot send the last traces", { error: error.message }));
    },
  };
}

/** Removes error texts from spans, because they may hold addresses. The log has them, redacted. */
const withoutErrorTexts = {
  onStart() {},
  onEnd(span) {
    span.events.length = 0;
    delete span.status.message;
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** The id of the current trace, for the log. */
export function traceID() {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/** The headers with which another server continues the current trace. */
export function traceHeaders() {
  const headers = {};
  propagation.inject(context.active(), headers);
  return headers;
}
