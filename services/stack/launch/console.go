package launch

import (
	"fmt"
	"io"
	"sync"
)

// nameWidth fits the longest name of a process.
const nameWidth = len("postgres")

// A console prints the lines of processes, each prefixed with the process's name.
type console struct {
	mu  sync.Mutex
	out io.Writer
}

// lines returns the function that prints lines of the named process.
func (c *console) lines(name string) func(string) {
	return func(line string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		fmt.Fprintf(c.out, "%-*s | %s\n", nameWidth, name, line)
	}
}

// printf prints a line of the launcher itself.
func (c *console) printf(format string, args ...any) {
	c.lines("stack")(fmt.Sprintf(format, args...))
}
