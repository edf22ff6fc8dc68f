package web_test

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// testCompression tests which responses are compressed.
func testCompression(t *testing.T, s *site) {
	ada := s.newBrowser(t)
	ada.signUp()
	description := strings.Repeat("Water the plants. ", 100)
	var created taskapi.TaskResponse
	ada.post("/api/tasks", map[string]any{"title": "a", "description": description}).is(http.StatusCreated).into(&created)
	taskPath := "/api/tasks/" + created.Data.ID
	small := ada.create("small")

	// With this header, the transport does not decompress.
	get := func(path string, header http.Header) *response {
		t.Helper()
		all := http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}}
		maps.Copy(all, header)
		return ada.do(http.MethodGet, path, nil, all)
	}

	for _, test := range []struct {
		name, path string
		header     http.Header
		want       string
	}{
		{"a task", taskPath, nil, "gzip"},
		{"a list", "/api/tasks", nil, "gzip"},
		{"a bootstrap", "/api/bootstrap", nil, "gzip"},
		{"a small response", "/api/tasks/" + small.ID, nil, ""},
		{"to a browser that accepts no encoding", taskPath, http.Header{"Accept-Encoding": {"identity"}}, ""},
		{"to a page of another site", "/api/tasks", http.Header{"Sec-Fetch-Site": {"cross-site"}}, ""},
		{"the session token", "/api/auth/get-session", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := get(test.path, test.header).is(http.StatusOK)
			if encoding := got.header.Get("Content-Encoding"); encoding != test.want {
				t.Errorf("Content-Encoding %q, want %q", encoding, test.want)
			}
			if test.want == "" {
				return
			}
			if vary := strings.Join(got.header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Encoding") {
				t.Errorf("Vary %q", vary)
			}
			reader, err := gzip.NewReader(strings.NewReader(string(got.body)))
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(reader)
			if err != nil || !strings.Contains(string(text), description) {
				t.Errorf("%q, %v", text, err)
			}
		})
	}

	t.Run("the ETag of a compressed response works in preconditions", func(t *testing.T) {
		tag := get(taskPath, nil).header.Get("ETag")
		if tag != `"1-gzip"` {
			t.Errorf("ETag %s", tag)
		}
		get(taskPath, http.Header{"If-None-Match": {tag}}).is(http.StatusNotModified)
		change := func(tag string) *response {
			return ada.do(http.MethodPatch, taskPath, map[string]any{"priority": "low"}, http.Header{"If-Match": {tag}})
		}
		change(tag).is(http.StatusOK)
		change(tag).fails(taskapi.CodeVersionConflict)
		get(taskPath, http.Header{"If-None-Match": {tag}}).is(http.StatusOK)
	})
}
