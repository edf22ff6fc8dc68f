package contracttest

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// taskDocument returns the document of the task service.
func taskDocument(t *testing.T) *Document {
	t.Helper()
	text, err := os.ReadFile("../../../web-contract/openapi/tasks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCheckEnvelope_DetectsInvalidResponses checks responses that are not documented, and
// responses that the document allows but no client can handle.
func TestCheckEnvelope_DetectsInvalidResponses(t *testing.T) {
	t.Parallel()
	d := taskDocument(t)
	get := d.find(http.MethodGet, "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11")
	const problem = `{"success":false,"error":"Task not found.","code":"task_not_found","status":404,"title":"Not Found","requestId":"r"}`
	for name, tc := range map[string]struct {
		status      int
		media, body string
		ok          bool
	}{
		"as documented":      {404, "application/problem+json", problem, true},
		"a server error":     {500, "application/problem+json", strings.NewReplacer("404", "500", "task_not_found", "internal").Replace(problem), false},
		"another code":       {404, "application/problem+json", strings.Replace(problem, "task_not_found", "invalid", 1), false},
		"undocumented code":  {404, "application/problem+json", strings.Replace(problem, "task_not_found", "list_not_found", 1), false},
		"an unknown code":    {404, "application/problem+json", strings.Replace(problem, "task_not_found", "gone", 1), false},
		"a success":          {404, "application/problem+json", strings.Replace(problem, "false", "true", 1), false},
		"another request":    {404, "application/problem+json", strings.Replace(problem, `"r"`, `"s"`, 1), false},
		"no sentence":        {404, "application/problem+json", strings.Replace(problem, "Task not found.", "", 1), false},
		"unknown field":      {404, "application/problem+json", strings.Replace(problem, "{", `{"stack":"…",`, 1), false},
		"another status":     {418, "application/problem+json", strings.Replace(problem, "404", "418", 1), false},
		"another media type": {404, "text/html", "<p>", false},
		"not JSON":           {404, "application/problem+json", "{", false},
		"no body":            {200, "application/json", "", false},
		"an empty task":      {200, "application/json", `{"success":true,"data":{}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Content-Type": {tc.media}, "X-Request-Id": {"r"}, "Etag": {`"1"`}}
			err := d.checkEnvelope(*get, Response{tc.status, header, []byte(tc.body)})
			if (err == nil) != tc.ok {
				t.Errorf("check: %v", err)
			}
		})
	}
}

func TestCheckResponse_RejectsUndocumentedHeader(t *testing.T) {
	t.Parallel()
	d := taskDocument(t)
	for name, ok := range map[string]bool{"X-Request-Id": true, "RateLimit": true, "Retry-After": false, "WWW-Authenticate": false} {
		header := header("Content-Type", "application/problem+json", name, "1")
		problem := `{"success":false,"error":"Task not found.","code":"task_not_found","status":404,"title":"Not Found","requestId":"r"}`
		err := d.CheckResponse(http.MethodGet, "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", Response{http.StatusNotFound, header, []byte(problem)})
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
