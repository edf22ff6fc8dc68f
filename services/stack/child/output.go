package child

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// tailLines is the maximum number of lines that LastLines returns.
const tailLines = 20

// drainTimeout bounds the wait for the end of the output: a grandchild that
// left the process group may keep the pipe open.
const drainTimeout = 2 * time.Second

// output reads a child's output to its end.
type output struct {
	file *os.File
	read chan struct{} // closed at the end of the output

	mu   sync.Mutex
	tail []string
}

func newOutput(file *os.File, line func(string)) *output {
	o := &output{file: file, read: make(chan struct{})}
	go func() {
		defer close(o.read)
		reader := bufio.NewReader(file)
		for {
			text, err := reader.ReadString('\n')
			if text != "" {
				text = strings.TrimRight(text, "\r\n")
				o.record(text)
				line(text)
			}
			if err != nil {
				return
			}
		}
	}()
	return o
}

func (o *output) record(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, line)
	if excess := len(o.tail) - tailLines; excess > 0 {
		o.tail = slices.Delete(o.tail, 0, excess)
	}
}

func (o *output) last() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tail)
}

// drain waits for the end of the output and closes the file.
func (o *output) drain() {
	select {
	case <-o.read:
	case <-time.After(drainTimeout):
	}
	o.file.Close()
	<-o.read
}
