//go:build engine

package compose_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	email    = "ada.lovelace@example.com"
	password = "correct horse battery staple"
)

// TestStack builds the stack, starts it with two of each server, and sends requests while
// containers are stopped, killed and recreated with new passwords. The steps depend on
// each other.
func TestStack(t *testing.T) {
	s := newEngineStack(t)
	s.up("--build")
	v := newVisitor(t, s.url())
	waitUntilServed(t, v.client, s.url())
	v.must(http.MethodPost, "/api/auth/sign-up/email", map[string]string{"name": "Ada", "email": email, "password": password}, http.StatusOK)

	if got, want := s.compose("run", "--rm", "--no-deps", "tasks", "version"), "tasks "+s.env["VERSION"]+" "; !strings.HasPrefix(got, want) {
		t.Errorf("the image's version is %q, want %q", got, want)
	}
	for _, service := range []string{"bff", "tasks", "auth"} {
		s.step("no write fails while one "+service+" restarts", func(t *testing.T) {
			w := v.write(t)
			container := s.containers(service)[0]
			if code, took := s.stop(container); code != "0" {
				t.Errorf("exit code %s after %s", code, took)
			}
			s.docker("start", container)
			s.up()
			w.stop()
		})
	}
	s.step("no write fails while postgres is killed and restarts", func(t *testing.T) {
		w := v.write(t)
		s.docker("restart", "--time=0", s.containers("postgres")[0]) // kills it
		s.up()
		w.stop()
	})
	s.step("migrating again changes nothing", func(t *testing.T) {
		w := v.write(t)
		if got := s.compose("run", "--rm", "migrate"); got != "the schema is up to date\n" {
			t.Errorf("migrate prints %q", got)
		}
		w.stop()
	})
	s.step("an open stream does not delay the stop of edge", func(t *testing.T) {
		response := v.stream(t)
		defer response.Body.Close()
		edge := s.containers("edge")[0]
		if code, took := s.stop(edge); code != "0" || took > 8*time.Second {
			t.Errorf("edge stopped with exit code %s after %s", code, took)
		}
		s.docker("start", edge)
		s.up()
		waitUntilServed(t, v.client, s.url())
	})
	v.checkTasks(t)

	s.step("tasks survive new passwords and recreated containers", func(t *testing.T) {
		noSecrets(t, s) // down removes the logs
		s.compose("down")
		for _, name := range []string{"OWNER_PASSWORD", "APP_PASSWORD", "AUTH_PASSWORD"} {
			s.env[name] = rand.Text() + rand.Text()
		}
		s.up()
		waitUntilServed(t, v.client, s.url())
		v.checkTasks(t)
	})
	s.step("the site can be used by TLS", func(t *testing.T) { useTLS(t, s) })
	s.step("signing out ends the session", func(t *testing.T) {
		s.files = s.files[:1]
		s.up("--remove-orphans")
		s.docker("volume", "rm", s.env["COMPOSE_PROJECT_NAME"]+"_certificates")
		waitUntilServed(t, v.client, s.url())
		v.must(http.MethodPost, "/api/auth/sign-out", map[string]string{}, http.StatusOK)
		v.must(http.MethodGet, "/api/session", nil, http.StatusUnauthorized)
	})
	noSecrets(t, s)
}

// useTLS signs in through docker-compose.tls.yml. Caddy certifies localhost itself.
func useTLS(t *testing.T, s *engineStack) {
	s.files = append(s.files, "docker-compose.tls.yml")
	s.env["SITE_ADDRESS"], s.env["BIND_ADDRESS"] = "localhost", "127.0.0.1"
	s.env["HTTP_PORT"], s.env["HTTPS_PORT"] = freePort(t), freePort(t)
	s.up()
	v := newVisitor(t, "https://localhost:"+s.env["HTTPS_PORT"])
	v.origin = "https://localhost" // without the port, as with 443
	v.client.Transport = &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // Caddy's own CA is in no trust store
	}
	waitUntilServed(t, v.client, v.url)
	response := v.must(http.MethodPost, "/api/auth/sign-in/email", map[string]string{"email": email, "password": password}, http.StatusOK)
	if response.ProtoMajor != 2 {
		t.Errorf("edge responds with %s", response.Proto)
	}
	if !slices.ContainsFunc(response.Cookies(), func(c *http.Cookie) bool { return strings.HasPrefix(c.Name, "__Secure-") && c.Secure }) {
		t.Errorf("the cookies are %v", response.Cookies())
	}
	v.must(http.MethodGet, "/api/tasks", nil, http.StatusOK)
}

// noSecrets checks that no log contains a secret or a user's email address.
func noSecrets(t *testing.T, s *engineStack) {
	t.Helper()
	logs := s.logs()
	if len(logs) < 1000 {
		t.Errorf("there are no logs: %q", logs)
	}
	hidden := []string{email, password, "ada.lovelace"}
	for _, name := range secrets {
		hidden = append(hidden, s.env[name])
	}
	for _, secret := range hidden {
		if strings.Contains(logs, secret) {
			t.Errorf("%s is in a log", secret)
		}
	}
	for line := range strings.Lines(s.compose("logs", "--no-color", "--no-log-prefix", "edge")) {
		if strings.Contains(line, `"level":"error"`) && strings.Contains(line, "permission denied") {
			t.Errorf("edge cannot write: %s", line)
		}
	}
}

// visitor is a client with a cookie jar.
type visitor struct {
	t           *testing.T
	client      *http.Client
	url, origin string

	mu sync.Mutex
	// acknowledged are the titles of the created tasks.
	acknowledged []string
}

func newVisitor(t *testing.T, url string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, client: &http.Client{Jar: jar, Timeout: 15 * time.Second}, url: url, origin: url}
}

func (v *visitor) send(ctx context.Context, method, path string, body any, header map[string]string) (*http.Response, []byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, v.url+path, bytes.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Origin", v.origin)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response, data, err
}

func (v *visitor) must(method, path string, body any, status int) *http.Response {
	v.t.Helper()
	response, data, err := v.send(v.t.Context(), method, path, body, nil)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	if response.StatusCode != status {
		v.t.Fatalf("%s %s: %s %s", method, path, response.Status, data)
	}
	return response
}

// stream opens a stream of events, as a page does.
func (v *visitor) stream(t *testing.T) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Jar: v.client.Jar}).Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	return response
}

// writes creates twenty tasks a second, until stop.
type writes struct {
	stop func()
}

// write starts to create tasks, each with a single request.
func (v *visitor) write(t *testing.T) *writes {
	t.Helper()
	var pending sync.WaitGroup
	ending := make(chan struct{})
	created, start := 0, time.Now()
	end := sync.OnceFunc(func() {
		close(ending)
		pending.Wait()
	})
	t.Cleanup(end)
	pending.Go(func() {
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ending:
				return
			case <-ticker.C:
			}
			pending.Go(func() {
				title := rand.Text()
				response, data, err := v.send(t.Context(), http.MethodPost, "/api/tasks", map[string]string{"title": title}, map[string]string{"Idempotency-Key": title})
				switch {
				case err != nil:
					t.Errorf("after %s: %v", time.Since(start), err)
				case response.StatusCode != http.StatusCreated:
					t.Errorf("after %s: %s %s", time.Since(start), response.Status, data)
				default:
					v.mu.Lock()
					defer v.mu.Unlock()
					created++
					v.acknowledged = append(v.acknowledged, title)
				}
			})
		}
	})
	return &writes{stop: func() {
		t.Helper()
		end()
		t.Logf("%d writes in %s", created, time.Since(start).Round(time.Second))
		if created < 10 {
			t.Errorf("only %d writes were made", created)
		}
	}}
}

// checkTasks compares the list with the acknowledged tasks.
func (v *visitor) checkTasks(t *testing.T) {
	t.Helper()
	var listed []string
	for cursor := ""; ; {
		_, data, err := v.send(t.Context(), http.MethodGet, "/api/tasks?limit=200&cursor="+cursor, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Data []struct{ Title string }
			Meta struct{ NextCursor string }
		}
		if err := json.Unmarshal(data, &page); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		for _, task := range page.Data {
			listed = append(listed, task.Title)
		}
		if cursor = page.Meta.NextCursor; cursor == "" {
			break
		}
	}
	want := slices.Sorted(slices.Values(v.acknowledged))
	slices.Sort(listed)
	if !slices.Equal(want, listed) {
		t.Errorf("%d tasks are listed, %d were acknowledged", len(listed), len(want))
	}
	fmt.Printf("counted: writes acknowledged %d, listed %d\n", len(want), len(listed))
}
