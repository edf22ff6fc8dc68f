package contracttest

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestCheck shows that an answer that is not documented is noticed, and one
// that the document has but no client could make sense of.
func TestCheck(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../../web-contract/openapi/tasks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var get shot
	for _, op := range load(t, document) {
		if op.OperationID == "getTask" {
			get.operation = op
		}
	}
	const problem = `{"success":false,"error":"Task not found.","code":"task_not_found","status":404,"title":"Not Found","requestId":"r"}`
	for name, tc := range map[string]struct {
		status      int
		media, body string
		ok          bool
	}{
		"as documented":      {404, "application/problem+json", problem, true},
		"a server's failure": {500, "application/problem+json", strings.NewReplacer("404", "500", "task_not_found", "internal").Replace(problem), false},
		"another code":       {404, "application/problem+json", strings.Replace(problem, "task_not_found", "invalid", 1), false},
		"an unknown code":    {404, "application/problem+json", strings.Replace(problem, "task_not_found", "gone", 1), false},
		"a success":          {404, "application/problem+json", strings.Replace(problem, "false", "true", 1), false},
		"another request":    {404, "application/problem+json", strings.Replace(problem, `"r"`, `"s"`, 1), false},
		"no sentence":        {404, "application/problem+json", strings.Replace(problem, "Task not found.", "", 1), false},
		"a field too many":   {404, "application/problem+json", strings.Replace(problem, "{", `{"stack":"…",`, 1), false},
		"another status":     {418, "application/problem+json", strings.Replace(problem, "404", "418", 1), false},
		"another media type": {404, "text/html", "<p>", false},
		"not JSON":           {404, "application/problem+json", "{", false},
		"nothing":            {200, "application/json", "", false},
		"an empty task":      {200, "application/json", `{"success":true,"data":{}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/api/tasks/019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", nil)
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{"Content-Type": {tc.media}, "X-Request-Id": {"r"}, "Etag": {`"1"`}}
			err = get.check(r, &http.Response{StatusCode: tc.status, Header: header, Body: io.NopCloser(nil)}, []byte(tc.body), false)
			if (err == nil) != tc.ok {
				t.Errorf("check: %v", err)
			}
		})
	}
}
