//go:build engine

package compose_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

// engineStack is the compose stack on a real engine, in its own project, which is
// removed with the test.
type engineStack struct {
	t    *testing.T
	root string
	// env are the settings of .env.
	env map[string]string
	// files are the compose files in use.
	files []string
}

// newEngineStack fails without a Docker engine.
func newEngineStack(t *testing.T) *engineStack {
	t.Helper()
	s := &engineStack{t: t, root: repotest.Root(t), files: []string{"docker-compose.yml"}, env: map[string]string{
		"COMPOSE_PROJECT_NAME": "tasklane-test-" + strings.ToLower(rand.Text()[:8]),
		"VERSION":              "test-" + strings.ToLower(rand.Text()[:8]),
		"PORT":                 freePort(t),
		"SUBNET":               "172.30." + strconv.Itoa(time.Now().Nanosecond()/1000%200),
	}}
	for _, name := range secrets {
		s.env[name] = rand.Text() + rand.Text()
	}
	for _, command := range [][]string{{"docker", "version"}, {"docker", "compose", "version"}} {
		//nolint:gosec // a fixed command
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("this test needs a Docker engine with the compose plugin: %s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.logs())
		}
		s.compose("down", "--volumes", "--remove-orphans", "--timeout=1")
		for _, image := range []string{"tasks", "auth", "bff"} {
			s.docker("image", "rm", "--force", "tasklane/"+image+":"+s.env["VERSION"])
		}
	})
	return s
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// compose runs docker compose with the stack's files and settings.
func (s *engineStack) compose(args ...string) string {
	s.t.Helper()
	// A developer's own .env is ignored.
	all := []string{"compose", "--project-directory", s.root, "--env-file", os.DevNull}
	for _, file := range s.files {
		all = append(all, "--file", filepath.Join(s.root, file))
	}
	return s.docker(append(all, args...)...)
}

func (s *engineStack) docker(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), 30*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "docker", args...) //nolint:gosec // of this test
	command.Env = os.Environ()
	for name, value := range s.env {
		command.Env = append(command.Env, name+"="+value)
	}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		s.t.Errorf("docker %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// up starts or restarts containers that do not run with these settings, and waits
// until all are healthy.
func (s *engineStack) up(args ...string) {
	s.t.Helper()
	start := time.Now()
	failed := s.t.Failed()
	s.compose(append([]string{"up", "--detach", "--wait", "--wait-timeout=600", "--scale=tasks=2", "--scale=bff=2", "--scale=auth=2"}, args...)...)
	if s.t.Failed() && !failed {
		s.t.FailNow()
	}
	s.t.Logf("healthy after %s", time.Since(start).Round(time.Second))
}

// step runs a subtest. Until it ends, errors of the stack fail the subtest.
func (s *engineStack) step(name string, run func(t *testing.T)) {
	whole := s.t
	defer func() { s.t = whole }()
	whole.Run(name, func(t *testing.T) {
		s.t = t
		run(t)
	})
}

// containers returns a service's running containers.
func (s *engineStack) containers(service string) []string {
	s.t.Helper()
	found := strings.Fields(s.compose("ps", "--quiet", service))
	if len(found) == 0 {
		s.t.Fatalf("no container of %s runs", service)
	}
	slices.Sort(found)
	return found
}

func (s *engineStack) logs() string {
	s.t.Helper()
	return s.compose("logs", "--no-color", "--no-log-prefix")
}

// stop stops a container and returns its exit code and how long it took.
func (s *engineStack) stop(container string) (code string, took time.Duration) {
	s.t.Helper()
	start := time.Now()
	s.docker("stop", "--time=30", container)
	took = time.Since(start)
	return strings.TrimSpace(s.docker("inspect", "--format={{.State.ExitCode}}", container)), took
}

func (s *engineStack) url() string { return "http://localhost:" + s.env["PORT"] }

// waitUntilServed waits until edge responds with 200.
func waitUntilServed(t *testing.T, client *http.Client, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("%s", response.Status)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", url, err)
		}
	}
}
