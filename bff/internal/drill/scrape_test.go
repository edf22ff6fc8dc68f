//go:build drill

package drill_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/stack/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// TestScrape starts the three servers, sends requests, and writes what Prometheus would
// scrape in the meantime to SCRAPE_DIR, as JOB-N.txt.
func TestScrape(t *testing.T) {
	dir := os.Getenv("SCRAPE_DIR")
	if dir == "" {
		t.Fatal("SCRAPE_DIR must name a directory")
	}
	auth := servertest.StartAuth(t, public)
	tasks := servertest.StartTasks(t, auth)
	bff := servertest.StartBFF(t, auth, tasks)
	cookies := auth.SignUp()
	jobs := map[string]*url.URL{"auth": auth.URL, "tasks": tasks.OpsURL, "bff": bff.OpsURL}
	for n := range 4 {
		for job, address := range jobs {
			page := get(t, address.JoinPath("metrics").String(), nil)
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.txt", job, n)), page, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			get(t, bff.URL.JoinPath("api/tasks").String(), cookies)
			post(t, bff.URL.JoinPath("api/tasks").String(), `{"title":"Water"}`, cookies)
		}
		newcomer := auth.SignUp() // not in the cache: the session is exchanged for a JWT
		get(t, bff.URL.JoinPath("api/session").String(), newcomer)
		get(t, bff.URL.String()+"/nothing", nil)
	}
}

func get(t *testing.T, address string, cookies []*http.Cookie) []byte {
	t.Helper()
	return send(t, http.MethodGet, address, "", cookies)
}

func post(t *testing.T, address, body string, cookies []*http.Cookie) {
	t.Helper()
	send(t, http.MethodPost, address, body, cookies)
}

func send(t *testing.T, method, address, body string, cookies []*http.Cookie) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", public)
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusInternalServerError {
		t.Fatalf("%s %s: %s %s %v", method, address, response.Status, data, err)
	}
	return data
}
