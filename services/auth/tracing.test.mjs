import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { trace } from "@opentelemetry/api";
import { startTracing, traceHeaders, traceID, tracingProblems } from "./tracing.mjs";

const CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c";
const log = { warn: (message, fields) => assert.fail(`${message} ${JSON.stringify(fields)}`) };

/** Starts a server on a free port, which is closed after the tests. */
async function listen(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  after(() => server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

// OpenTelemetry reads process.env and is global, so only one test can start it.
test("a request's span and its children reach the collector in the caller's trace", async () => {
  const bodies = [];
  const collector = await listen(async (request, response) => {
    bodies.push([request.url, Buffer.concat(await request.toArray())]);
    response.end();
  });
  Object.assign(process.env, { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test" });
  const tracing = await startTracing(log);
  const seen = [];
  const inner = trace.getTracer("better-auth"); // Better Auth creates its spans in this way
  const site = await listen((request, response) => {
    tracing.untraced(() => inner.startSpan("of a probe").end());
    tracing.serve(request, response, "get-session", () => {
      seen.push(traceID(), traceHeaders());
      inner.startActiveSpan("db findOne session", (span) => {
        span.recordException(new Error("ada@example.com is not there"));
        span.setStatus({ code: 2, message: "ada@example.com is not there" });
        span.end();
      });
      response.end();
    });
  });
  await fetch(`${site}/api/auth/get-session?token=a-secret`, { headers: { traceparent: `00-${CALLERS_TRACE}-b7ad6b7169203331-01`, baggage: "user=ada" } });
  await tracing.stop();

  assert.equal(seen[0], CALLERS_TRACE);
  assert.deepEqual(Object.keys(seen[1]), ["traceparent"]);
  assert.match(seen[1].traceparent, new RegExp(`^00-${CALLERS_TRACE}-[0-9a-f]{16}-01$`));
  assert.deepEqual(bodies.map(([url]) => url), ["/v1/traces"]);
  const sent = bodies[0][1];
  for (const want of ["auth", "deployment.environment.name", "get-session", "db findOne session", Buffer.from(CALLERS_TRACE, "hex"), Buffer.from("b7ad6b7169203331", "hex")]) {
    assert.ok(sent.includes(want), `${want} is missing in ${sent.toString("latin1")}`);
  }
  for (const secret of ["a-secret", "ada@example.com", "of a probe"]) {
    assert.ok(!sent.includes(secret), `${secret} is in ${sent.toString("latin1")}`);
  }
});

test("every unsupported value is reported", () => {
  assert.deepEqual(tracingProblems({ OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }), []);
  assert.deepEqual(
    tracingProblems({ OTEL_TRACES_EXPORTER: "zipkin", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" }).map((text) => text.split(" ")[0]),
    ["OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"],
  );
});
