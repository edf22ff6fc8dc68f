// Package metricstest checks a server's metrics.
package metricstest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	served     = regexp.MustCompile(`(?m)^# TYPE (tasklane_\w+) `)
	documented = regexp.MustCompile("tasklane_[a-z_]+[a-z]")
)

// Check fails the test unless the operations port serves these lines at /metrics, and the
// file at path documents every metric and no other. It returns the metrics.
func Check(t testing.TB, operations http.Handler, path string, lines ...string) string {
	t.Helper()
	w := httptest.NewRecorder()
	operations.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	metrics := w.Body.String()
	for _, want := range lines {
		if !strings.Contains(metrics, "\n"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	var names []string
	for _, match := range served.FindAllStringSubmatch(metrics, -1) {
		names = append(names, match[1])
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := documented.FindAllString(string(page), -1)
	slices.Sort(found)
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Compact(found)); diff != "" {
		t.Errorf("metrics (-served +%s):\n%s", path, diff)
	}
	return metrics
}
