package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPage_ServesFilesAndTheIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"page/index.html":           "<title>Tasklane</title>",
		"page/favicon.svg":          "<svg/>",
		"page/assets/index-B1x2.js": "run()",
		"page/assets/deep/a.css":    "a{}",
		"page/assets/b.js":          "plain",
		"page/assets/b.js.br":       "brotli",
		"page/assets/b.js.gz":       "gzip",
		"secret.txt":                "secret",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "page", "link.txt")); err != nil {
		t.Fatal(err)
	}
	handler := newHandler(t, handlerConfig{
		public: "http://localhost", auth: parse(t, "http://127.0.0.1:1"), tasks: "http://127.0.0.1:1",
		pageDir: filepath.Join(dir, "page"), log: &logBuffer{},
	})

	const (
		document = "text/html,application/xhtml+xml,*/*;q=0.8"
		anything = "*/*"
		index    = "200 no-cache text/html; charset=utf-8 <title>Tasklane</title>"
		script   = "200 public, max-age=31536000, immutable text/javascript; charset=utf-8 run()"
	)
	for _, test := range []struct{ method, path, accept, want string }{
		{"GET", "/", document, index},
		{"GET", "/", anything, index},
		{"GET", "/index.html", anything, index},
		{"GET", "/tasks/today", document, index},
		{"GET", "/assets", document, index},
		{"GET", "/assets/", document, index},
		{"GET", "/assets/deep", anything, "404"},
		{"GET", "/assets/index-B1x2.js", anything, script},
		{"GET", "/assets/deep/a.css", anything, "200 public, max-age=31536000, immutable text/css; charset=utf-8 a{}"},
		{"GET", "/assets/index-old.js", anything, "404"},
		{"GET", "/favicon.svg", anything, "200 no-cache image/svg+xml <svg/>"},
		{"GET", "/link.txt", anything, "404"},
		{"GET", "/../secret.txt", anything, "404"},
		{"GET", "/%2e%2e/secret.txt", anything, "404"},
		{"GET", "/api", document, "404"},
		{"GET", "/api/nothing", document, "404"},
		{"GET", "/a/../b", document, index},
		{"GET", "/a/..", document, index},
		{"GET", "/..", document, index},
		{"GET", "/./b", document, index},
		{"GET", "//", document, index},
		{"GET", "//evil.example/index.html", document, index},
		{"GET", "/a/%2e%2e/b", document, index},
		{"GET", "/%2E%2E%2fsecret.txt", document, index},
		{"GET", "/%2e%2e%2fsecret.txt", anything, "404"},
		{"GET", `/a\..\b`, document, index},
		{"GET", "/..%5csecret.txt", document, index},
		{"GET", "/%00", document, index},
		{"GET", "/a/../b", anything, "404"},
		{"GET", "/./assets//x/../index-B1x2.js", anything, script},
		{"GET", "//api/nothing", document, "404"},
		{"GET", "/x/../api/nothing", document, "404"},
		{"GET", "/x/%2e%2e/api", document, "404"},
		{"POST", "/", document, "404"},
		{"HEAD", "/", document, "200 no-cache text/html; charset=utf-8 "},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, "http://localhost"+test.path, nil)
		r.Header.Set("Accept", test.accept)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		got := "404"
		if w.Code != http.StatusNotFound {
			got = strings.Join([]string{"200", w.Header().Get("Cache-Control"), w.Header().Get("Content-Type"), w.Body.String()}, " ")
			if w.Code != http.StatusOK {
				got = http.StatusText(w.Code) + " " + w.Header().Get("Location")
			}
		} else if w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: 404 with headers %v", test.method, test.path, w.Header())
		}
		if got != test.want {
			t.Errorf("%s %s for %s:\n got %s\nwant %s", test.method, test.path, test.accept, got, test.want)
		}
	}

	t.Run("files are compressed for browsers that accept it", func(t *testing.T) {
		t.Parallel()
		for accept, want := range map[string]string{
			"":                       " plain",
			"gzip":                   "gzip gzip",
			"gzip, deflate, br":      "br brotli",
			"BR;q=0.5, gzip":         "br brotli",
			"br;q=0, gzip;q=0.1":     "gzip gzip",
			"br; q=0.000, gzip; q=0": " plain",
			"identity, zstd, brx":    " plain",
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/assets/b.js", nil)
			r.Header.Set("Accept-Encoding", accept)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if got := w.Header().Get("Content-Encoding") + " " + w.Body.String(); got != want {
				t.Errorf("Accept-Encoding %q: got %q, want %q", accept, got, want)
			}
			if got := w.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
				t.Errorf("Accept-Encoding %q: Content-Type %q", accept, got)
			}
			if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
				t.Errorf("Accept-Encoding %q: Vary %q", accept, got)
			}
			again := r.Clone(t.Context())
			again.Header.Set("If-None-Match", w.Header().Get("ETag"))
			w = httptest.NewRecorder()
			handler.ServeHTTP(w, again)
			if w.Code != http.StatusNotModified {
				t.Errorf("Accept-Encoding %q: status %d for an unchanged file", accept, w.Code)
			}
		}
	})

	t.Run("a browser gets the older page of a rollback", func(t *testing.T) {
		t.Parallel()
		index := filepath.Join(dir, "page", "rolled-back.html")
		get := func(seen http.Header) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/rolled-back.html", nil)
			for name, condition := range map[string]string{"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"} {
				if value := seen.Get(name); value != "" {
					r.Header.Set(condition, value)
				}
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w
		}
		var seen http.Header
		for _, release := range []struct {
			page string
			age  time.Duration
		}{{"new", 0}, {"old", time.Hour}} {
			if err := os.WriteFile(index, []byte(release.page), 0o644); err != nil {
				t.Fatal(err)
			}
			built := time.Now().Add(-release.age)
			if err := os.Chtimes(index, built, built); err != nil {
				t.Fatal(err)
			}
			w := get(seen)
			if w.Code != http.StatusOK || w.Body.String() != release.page {
				t.Errorf("the page %q: %d %q", release.page, w.Code, w.Body)
			}
			seen = w.Header()
			if again := get(seen); again.Code != http.StatusNotModified {
				t.Errorf("the page %q again: %d", release.page, again.Code)
			}
		}
	})

	t.Run("pages have security headers", func(t *testing.T) {
		t.Parallel()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
		r.Header.Set("Accept", document)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		got := map[string]string{}
		for _, name := range []string{"Content-Security-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options"} {
			got[name] = w.Header().Get(name)
		}
		want := map[string]string{
			"Content-Security-Policy":      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy":              "same-origin",
			"Strict-Transport-Security":    "", // the site uses http
			"X-Content-Type-Options":       "nosniff",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
	})
}
