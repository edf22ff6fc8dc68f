package httpapi

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// logDelay bounds how long a log line is buffered.
	logDelay = 10 * time.Millisecond
	// logBuffer is the size of the buffer in bytes.
	logBuffer = 32 << 10
)

// NewLog returns a logger of JSON lines. It buffers lines for up to 10 ms and writes them
// to w together. Defer flush in main, so that no line is lost when main returns or
// panics. A process that is killed loses the lines of its last 10 ms.
func NewLog(w io.Writer, level slog.Leveler) (log *slog.Logger, flush func()) {
	lines := &lineBuffer{w: w}
	lines.timer = time.AfterFunc(logDelay, lines.flush)
	return slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: level})), lines.flush
}

// lineBuffer buffers lines for a writer. If the writer blocks, so do the callers, which
// bounds the memory.
type lineBuffer struct {
	w io.Writer

	mu    sync.Mutex
	lines []byte
	// timer runs while lines are buffered.
	timer *time.Timer
}

// Write buffers a line. It never fails, because nobody could report the error.
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
		_, _ = b.w.Write(b.lines) // there is nowhere to log this error
		b.lines = b.lines[:0]
	}
}
