package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestDocs_LoadFromTheServiceAlone loads the page as a browser would, from the service alone.
func TestDocs_LoadFromTheServiceAlone(t *testing.T) {
	t.Parallel()
	s := newService(t)
	page := s.as(t, "", http.MethodGet, "/docs", "")
	policy := page.header.Get("Content-Security-Policy")
	if page.status != http.StatusOK || !strings.Contains(policy, "default-src 'none'; script-src 'self';") {
		t.Fatalf("%d, policy %q", page.status, policy)
	}
	if inline := regexp.MustCompile(`<script>|<style|\son[a-z]+=`).Find(page.body); inline != nil {
		t.Errorf("the page's policy forbids its %s", inline)
	}
	wanted := map[string]string{"/openapi.json": "application/json"}
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllSubmatch(page.body, -1) {
		path := string(link[1])
		wanted[path] = map[string]string{"js": "text/javascript", "css": "text/css", "png": "image/png"}[path[strings.LastIndex(path, ".")+1:]]
	}
	script := s.as(t, "", http.MethodGet, "/docs/start.js", "")
	wanted[string(regexp.MustCompile(`url: "([^"]*)"`).FindSubmatch(script.body)[1])] = "application/yaml"
	if len(wanted) != 6 {
		t.Fatalf("the page loads %v, want 6 files", wanted)
	}
	for path, mediaType := range wanted {
		// With gzip, which Go's client requests, and without.
		zipped := s.as(t, "", http.MethodGet, path, "")
		plain := s.as(t, "", http.MethodGet, path, "", "Accept-Encoding", "identity")
		if got := plain.header.Get("Content-Type"); plain.status != http.StatusOK || !strings.Contains(got, strings.TrimPrefix(mediaType, "application/")) {
			t.Errorf("%s: %d %s, want %s", path, plain.status, got, mediaType)
		}
		if len(plain.body) == 0 || !slices.Equal(zipped.body, plain.body) {
			t.Errorf("%s: %d bytes by gzip, %d without", path, len(zipped.body), len(plain.body))
		}
	}
}

func TestRateLimit_IsPerUser(t *testing.T) {
	t.Parallel()
	s := newReplica(t, storetest.NewDatabase(t), func(_ *store.Config, parts *api.Parts) {
		parts.Limits.Rate = httpapi.Rate{PerSecond: .001, Burst: 2}
	})
	var policies, remaining []string
	for range 2 {
		a := s.as(t, "alice", http.MethodGet, "/api/tasks", "")
		policies, remaining = append(policies, a.header.Get("RateLimit-Policy")), append(remaining, a.header.Get("RateLimit"))
		if a.status != http.StatusOK {
			t.Errorf("within the limit: %d %s", a.status, a.body)
		}
	}
	if diff := cmp.Diff([]string{`"user";q=2;w=2000`, `"user";q=2;w=2000`}, policies); diff != "" {
		t.Errorf("RateLimit-Policy (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(remaining[0], `"user";r=1;t=`) || !strings.HasPrefix(remaining[1], `"user";r=0;t=`) {
		t.Errorf("RateLimit: %q", remaining)
	}
	rejected := s.as(t, "alice", http.MethodGet, "/api/tasks", "")
	wantProblem(t, rejected, taskapi.CodeRateLimited)
	if rejected.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if a := s.as(t, "bob", http.MethodGet, "/api/tasks", ""); a.status != http.StatusOK {
		t.Errorf("another user: %d", a.status)
	}
	wantProblem(t, s.as(t, "", http.MethodGet, "/api/tasks", ""), taskapi.CodeUnauthenticated)
}

func TestTracingDoesNotBufferStreams(t *testing.T) {
	t.Parallel()
	s := newReplica(t, storetest.NewDatabase(t), func(_ *store.Config, parts *api.Parts) {
		parts.Tracing = trace.NewTracerProvider()
	})
	events := s.watch(t.Context(), t, s.token(t, "alice"), "")
	if ready := <-events; ready.Name != "ready" {
		t.Fatalf("the stream began with %+v", ready)
	}
	task := s.create(t, `{"title":"Water"}`)
	if change := next(t, events); change.ID != task.ID {
		t.Errorf("the stream continued with %+v", change)
	}
}

// TestTrace_ReachesTheDatabase follows a traced request down to the database.
func TestTrace_ReachesTheDatabase(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	s := newReplica(t, storetest.NewDatabase(t), func(config *store.Config, parts *api.Parts) {
		config.Tracer, parts.Tracing = store.Tracer(provider), provider
	})
	const traceID, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for _, title := range []string{"Sprout", "Celery"} {
		a := s.as(t, "alice", http.MethodPost, "/api/tasks", `{"title":"`+title+`","description":"secret"}`, "Traceparent", "00-"+traceID+"-"+caller+"-01")
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
		var line struct{ RequestID, TraceID string }
		last := s.log.String()[strings.LastIndex(strings.TrimSpace(s.log.String()), "\n")+1:]
		if err := json.NewDecoder(strings.NewReader(last)).Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.TraceID != traceID || line.RequestID != a.header.Get("X-Request-Id") {
			t.Errorf("the log line does not have both ids: %s", last)
		}
	}

	var servers []trace.ReadOnlySpan
	texts := map[string][]string{} // of the statements below each server span
	for _, span := range spans.Ended() {
		if span.SpanContext().TraceID().String() != traceID {
			t.Errorf("%s belongs to another trace", span.Name())
		}
		if span.Parent().SpanID().String() == caller {
			servers = append(servers, span)
		}
	}
	byID := map[string]trace.ReadOnlySpan{}
	for _, span := range spans.Ended() {
		byID[span.SpanContext().SpanID().String()] = span
	}
	for _, span := range spans.Ended() {
		root := span
		for byID[root.Parent().SpanID().String()] != nil {
			root = byID[root.Parent().SpanID().String()]
		}
		for _, attribute := range span.Attributes() {
			if value := attribute.Value.String(); strings.Contains(value, "Sprout") || strings.Contains(value, "secret") || strings.Contains(value, "alice") {
				t.Errorf("%s contains the user's data: %s=%s", span.Name(), attribute.Key, value)
			}
			if attribute.Key == "db.query.text" {
				id := root.SpanContext().SpanID().String()
				texts[id] = append(texts[id], attribute.Value.AsString())
			}
		}
	}
	if len(servers) != 2 || servers[0].Name() != "createTask" {
		t.Fatalf("server spans: %v", servers)
	}
	checkBatches(t, spans.Ended())
	first, second := texts[servers[0].SpanContext().SpanID().String()], texts[servers[1].SpanContext().SpanID().String()]
	if !slices.ContainsFunc(second, func(text string) bool { return strings.Contains(text, "INSERT INTO") }) {
		t.Errorf("no statement that inserts a task: %q", second)
	}
	// The first request also has spans for preparing the statements, so it may have more texts.
	for _, text := range second {
		if !slices.Contains(first, text) {
			t.Errorf("the text varies: %s", text)
		}
	}
}

// checkBatches checks the span of each statement in a batch: it begins once the batch is sent,
// which is after its statements are prepared, and ends with the statement's own result.
func checkBatches(t *testing.T, spans []trace.ReadOnlySpan) {
	t.Helper()
	checked := 0
	for _, batch := range spans {
		if batch.Name() != "batch start" {
			continue
		}
		sent := batch.StartTime()
		for _, span := range spans { // in the order of their ends
			switch {
			case span.Parent().SpanID() != batch.SpanContext().SpanID():
			case strings.HasPrefix(span.Name(), "prepare "):
				sent = span.EndTime()
			default:
				checked++
				if !span.EndTime().After(span.StartTime()) || span.StartTime().Before(sent) || span.EndTime().After(batch.EndTime()) {
					t.Errorf("%s lasts from %s to %s, its batch was sent at %s and ended at %s",
						span.Name(), span.StartTime(), span.EndTime(), sent, batch.EndTime())
				}
			}
		}
	}
	if checked < 4 {
		t.Errorf("only %d statements of batches have spans", checked)
	}
}
