package launch

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// nameWidth fits the longest name of a process.
const nameWidth = len("postgres")

// colors are the colors of names, in the order of their first lines.
var colors = []string{"\x1b[36m", "\x1b[35m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[31m"}

// A console prints the lines of processes, each prefixed with the process's name.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	color map[string]string // by name; nil without colors
}

func newConsole(out *os.File) *console {
	c := &console{out: out}
	if info, err := out.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 &&
		os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		c.color = map[string]string{}
	}
	return c
}

// lines returns the function that prints lines of the named process.
func (c *console) lines(name string) func(string) {
	return func(line string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		prefix := fmt.Sprintf("%-*s |", nameWidth, name)
		if c.color != nil {
			if c.color[name] == "" {
				c.color[name] = colors[len(c.color)%len(colors)]
			}
			prefix = c.color[name] + prefix + "\x1b[0m"
		}
		fmt.Fprintln(c.out, prefix, line)
	}
}

// printf prints a line of the launcher itself.
func (c *console) printf(format string, args ...any) {
	c.lines("stack")(fmt.Sprintf(format, args...))
}
