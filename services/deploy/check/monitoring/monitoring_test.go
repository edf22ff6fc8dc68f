// Package monitoring_test runs the queries of the dashboard and of the alerts on metrics
// of real servers. `make test-monitoring` collects them in SCRAPE_DIR.
package monitoring_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/teststorage"
)

// interval is the time between two scrapes.
const interval = 15 * time.Second

// scraped is a Prometheus with the servers' metrics.
type scraped struct {
	storage *teststorage.TestStorage
	engine  *promql.Engine
	end     time.Time
}

// scrape loads the pages in SCRAPE_DIR, one scrape after another.
func scrape(t *testing.T) *scraped {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(os.Getenv("SCRAPE_DIR"), "*-*.txt"))
	if err != nil || len(pages) == 0 || os.Getenv("SCRAPE_DIR") == "" {
		t.Fatalf("SCRAPE_DIR has no pages: run make test-monitoring (%v)", err)
	}
	s := &scraped{storage: teststorage.New(t), engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
	})}
	t.Cleanup(func() { _ = s.engine.Close() })
	start := time.Now().Add(-time.Hour).Truncate(time.Second)
	for n := 0; ; n++ {
		timestamp, found := start.Add(time.Duration(n)*interval), false
		for _, job := range []string{"tasks", "bff", "auth"} {
			file, err := os.Open(filepath.Join(os.Getenv("SCRAPE_DIR"), fmt.Sprintf("%s-%d.txt", job, n)))
			if err != nil {
				continue
			}
			found = true
			s.add(t, file, job, timestamp)
			_ = file.Close()
		}
		if !found {
			return s
		}
		s.end = timestamp
	}
}

// add stores a page of metrics as a scrape at this time.
func (s *scraped) add(t *testing.T, page *os.File, job string, timestamp time.Time) {
	t.Helper()
	decoder := expfmt.NewTextParser(model.UTF8Validation)
	families, err := decoder.TextToMetricFamilies(page)
	if err != nil {
		t.Fatal(err)
	}
	appender := s.storage.Appender(t.Context())
	put := func(metric model.Metric, value float64) {
		builder := labels.NewBuilder(labels.EmptyLabels())
		for name, value := range metric {
			builder.Set(string(name), string(value))
		}
		builder.Set("job", job).Set("instance", job+":1")
		if _, err := appender.Append(0, builder.Labels(), timestamp.UnixMilli(), value); err != nil {
			t.Fatal(err)
		}
	}
	put(model.Metric{"__name__": "up"}, 1)
	for _, family := range families {
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.TimeFromUnixNano(timestamp.UnixNano())}, family)
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range samples {
			put(sample.Metric, float64(sample.Value))
		}
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (s *scraped) query(t *testing.T, expression string) promql.Vector {
	t.Helper()
	query, err := s.engine.NewInstantQuery(t.Context(), s.storage, nil, expression, s.end)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return append(promql.Vector(nil), vector...)
}

// TestDashboard_EveryQueryHasAResult checks that each query of each panel has a result.
func TestDashboard_EveryQueryHasAResult(t *testing.T) {
	s := scrape(t)
	raw, err := os.ReadFile("../../monitoring/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &dashboard); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			count++
			// A healthy system has no such responses, so the query runs without the status.
			expression := strings.ReplaceAll(target.Expr, `{status=~"5..|429"}`, "")
			if got := s.query(t, expression); len(got) == 0 {
				t.Errorf("%s: %s has no result", panel.Title, target.Expr)
			}
		}
	}
	if count < 20 {
		t.Errorf("the dashboard has %d queries", count)
	}
	t.Logf("%d queries", count)
}

// TestAlerts_AreSilentAndDocumented checks that no alert fires in a healthy system, and that each uses existing
// metrics, has a section in OPERATIONS.md, and a test.
func TestAlerts_AreSilentAndDocumented(t *testing.T) {
	s := scrape(t)
	groups, errs := rulefmt.ParseFile("../../monitoring/rules.yml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	runbook, err := os.ReadFile("../../../../OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("../../monitoring/rules_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range groups.Groups[0].Rules {
		// Latencies depend on the machine.
		if got := s.query(t, rule.Expr); len(got) > 0 && rule.Alert != "TasklaneSlow" {
			t.Errorf("%s fires in a healthy system: %v", rule.Alert, got)
		}
		for _, name := range regexp.MustCompile(`\b(tasklane_\w+|up)\b(\{[^}]*\})?`).FindAllString(rule.Expr, -1) {
			// A healthy system lacks some values of these labels.
			name = regexp.MustCompile(`(status|outcome|limit)=~?"[^"]*",?`).ReplaceAllString(name, "")
			if len(s.query(t, name)) == 0 {
				t.Errorf("%s uses %s, which does not exist", rule.Alert, name)
			}
		}
		_, anchor, _ := strings.Cut(rule.Annotations["runbook"], "OPERATIONS.md#")
		if anchor == "" || !strings.Contains(strings.ToLower(string(runbook)), "\n### "+anchor+"\n") {
			t.Errorf("%s names the section %q, which OPERATIONS.md lacks", rule.Alert, rule.Annotations["runbook"])
		}
		if !strings.Contains(string(tests), "alertname: "+rule.Alert+"\n") {
			t.Errorf("rules_test.yml has no test of %s", rule.Alert)
		}
	}
}

// TestConfiguration_HasTheJobsOfTheRules checks that Prometheus accepts prometheus.yml, and
// that its jobs are those in the rules.
func TestConfiguration_HasTheJobsOfTheRules(t *testing.T) {
	loaded, err := config.LoadFile("../../monitoring/prometheus.yml", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for _, job := range loaded.ScrapeConfigs {
		jobs = append(jobs, job.JobName)
	}
	if got := strings.Join(jobs, " "); got != "tasks bff auth" {
		t.Errorf("the jobs are %s", got)
	}
}
