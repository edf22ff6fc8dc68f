package httpapi

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// logDelay bounds how long a line of the log waits for others, with which it
	// is written.
	logDelay = 10 * time.Millisecond
	// logBuffer is how many bytes of lines wait at most.
	logBuffer = 32 << 10
)

// NewLog returns a log of JSON lines. A busy server writes many lines to w at
// once, each at most 10 ms late. Defer flush where the process begins, so that no
// line is lost when it stops, fails or panics there; a process that is killed
// loses the lines of its last 10 ms.
func NewLog(w io.Writer, level slog.Leveler) (log *slog.Logger, flush func()) {
	lines := &lineBuffer{w: w}
	lines.timer = time.AfterFunc(logDelay, lines.flush)
	return slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: level})), lines.flush
}

// lineBuffer gathers lines for a writer. A writer that blocks holds up those who
// log, so that what waits in memory stays bounded.
type lineBuffer struct {
	w io.Writer

	mu    sync.Mutex
	lines []byte
	// timer runs while lines wait.
	timer *time.Timer
}

// Write takes in a line. It never fails: nobody would hear of it.
func (b *lineBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines)+len(line) > logBuffer {
		b.write()
	}
	if len(b.lines) == 0 {
		b.timer.Reset(logDelay)
	}
	b.lines = append(b.lines, line...)
	return len(line), nil
}

func (b *lineBuffer) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.write()
}

func (b *lineBuffer) write() {
	if len(b.lines) > 0 {
		_, _ = b.w.Write(b.lines) // a log that cannot be written can only be lost
		b.lines = b.lines[:0]
	}
}
