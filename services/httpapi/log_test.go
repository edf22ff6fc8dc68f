package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asLogger is the environment variable that makes the test binary log some lines and
// then end in the given way.
const asLogger = "TEST_AS_LOGGER"

// loggedLines is the number of lines. Most of them are still buffered at the end.
const loggedLines = 20

func TestMain(m *testing.M) {
	end := os.Getenv(asLogger)
	if end == "" {
		os.Exit(m.Run())
	}
	if err := logAndEnd(end); err != nil {
		os.Exit(1)
	}
}

func logAndEnd(end string) error {
	log, flush := NewLog(os.Stderr, slog.LevelInfo)
	defer flush()
	for i := range loggedLines {
		log.Info("line " + strconv.Itoa(i))
	}
	switch end {
	case "panic":
		panic("the program panics")
	case "failure":
		return errors.New("the program fails")
	case "kill":
		_, _ = io.Copy(io.Discard, os.Stdin) // blocks until killed
	}
	return nil
}

func TestLog_IsFlushedAtExit(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"stop", "failure", "panic"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), asLogger+"="+end)
			var output bytes.Buffer
			cmd.Stderr = &output
			if err := cmd.Run(); (err == nil) != (end == "stop") {
				t.Errorf("the program ended with %v", err)
			}
			if n := strings.Count(output.String(), `"msg":"line `); n != loggedLines {
				t.Errorf("%d of %d lines are in the log:\n%s", n, loggedLines, output.String())
			}
			if end == "panic" && !strings.Contains(output.String(), "the program panics") {
				t.Errorf("the log lacks the panic:\n%s", output.String())
			}
		})
	}
}

// TestLog_IsWrittenBeforeAKill kills a program that has logged and then become idle.
func TestLog_IsWrittenBeforeAKill(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asLogger+"=kill")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for i := range loggedLines {
		if !lines.Scan() || !strings.Contains(lines.Text(), `"msg":"line `+strconv.Itoa(i)+`"`) {
			t.Errorf("line %d is %q, %v", i, lines.Text(), lines.Err())
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	var killed *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &killed) {
		t.Errorf("the program ended with %v", err)
	}
}

func TestLog_WritesLinesTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w writes
		log, flush := NewLog(&w, slog.LevelInfo)
		defer flush()
		log.Debug("not logged")
		for range 3 {
			log.Info("a line")
			time.Sleep(logDelay / 4)
		}
		if n := len(w.all()); n != 0 {
			t.Errorf("%d writes before the delay has passed", n)
		}
		time.Sleep(logDelay / 4)
		synctest.Wait()
		if all := w.all(); len(all) != 1 || strings.Count(all[0], "\n") != 3 {
			t.Errorf("after the delay the log wrote %q, want three lines at once", all)
		}

		log.Info(strings.Repeat("x", logBuffer-200))
		log.Info(strings.Repeat("y", 200))
		if all := w.all(); len(all) != 2 || strings.Contains(all[1], "y") {
			t.Errorf("a full buffer led to %d writes, want one, of the first line", len(all)-1)
		}
		time.Sleep(logDelay)
		synctest.Wait()
		if all := w.all(); len(all) != 3 || !strings.Contains(all[2], "y") {
			t.Errorf("%d writes after the delay, want two", len(all)-1)
		}
	})
}

// writes records each write.
type writes struct {
	mu      sync.Mutex
	written []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = append(w.written, string(p))
	return len(p), nil
}

func (w *writes) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.written)
}
