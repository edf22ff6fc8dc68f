package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
)

// waitTimeout bounds every wait, so that a test that hangs ends.
const waitTimeout = time.Minute

// TestStop_EndsOpenStreams stops "bff serve" while streams are open.
func TestStop_EndsOpenStreams(t *testing.T) {
	t.Parallel()
	const public = "http://localhost"
	auth := servertest.StartAuth(t, public)
	tasks := servertest.StartTasks(t, auth)
	bff := startProgram(t, map[string]string{
		"PUBLIC_URL": public, "TASKS_URL": tasks.URL.String(), "BETTER_AUTH_URL": auth.URL.String(), "BETTER_AUTH_SECRET": auth.Secret,
	})
	cookies := auth.SignUp()
	var streams []*bufio.Reader
	for range 3 {
		response := bff.get(bff.url+"/api/events", cookies...)
		streams = append(streams, bufio.NewReader(response.Body))
	}
	for _, stream := range streams {
		if line, err := stream.ReadString('\n'); line != "event: ready\n" || err != nil {
			t.Fatalf("the stream begins with %q, %v", line, err)
		}
	}

	bff.process.Stop(child.Step{Signal: syscall.SIGTERM, Wait: waitTimeout})
	if err := bff.process.Err(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	for _, stream := range streams {
		// io.EOF, not io.ErrUnexpectedEOF: the connection was not cut.
		rest, err := io.ReadAll(stream)
		if err != nil || strings.Contains(string(rest), "session_ended") {
			t.Errorf("the stream ends with %q, %v", rest, err)
		}
	}
	logged := 0
	for _, line := range bff.log() {
		if strings.Contains(line, `"operation":"watchChanges"`) {
			logged++
		}
		if strings.Contains(line, "closed connections") || strings.Contains(line, `"level":"ERROR"`) {
			t.Errorf("the log: %s", line)
		}
	}
	if logged != len(streams) {
		t.Errorf("%d of %d streams are in the log", logged, len(streams))
	}
}

// program is a running "bff serve".
type program struct {
	t       *testing.T
	url     string
	client  *http.Client
	process *child.Child

	mu    sync.Mutex
	lines []string
}

func startProgram(t *testing.T, env map[string]string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	ports, err := port.Free(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p := &program{t: t, url: "http://127.0.0.1:" + strconv.Itoa(ports[0]), client: &http.Client{Transport: transport}}
	cmd := exec.Command(self, "serve")
	cmd.Env = append(cmd.Environ(), asProgram+"=1", "HOST=127.0.0.1", "PORT="+strconv.Itoa(ports[0]), "OPS_PORT="+strconv.Itoa(ports[1]))
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if p.process, err = child.Start(cmd, syscall.SIGKILL, p.record); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.process.Stop() })
	if err := p.process.AwaitReady(ctx, "the program", "http://127.0.0.1:"+strconv.Itoa(ports[1])+"/readyz", nil, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	return p
}

// get returns a 200 response with an unread body.
func (p *program) get(address string, cookies ...*http.Cookie) *http.Response {
	p.t.Helper()
	response, err := p.do(address, cookies...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s", address, response.Status)
	}
	return response
}

func (p *program) do(address string, cookies ...*http.Cookie) (*http.Response, error) {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	return p.client.Do(r)
}

func (p *program) record(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

func (p *program) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}
