// Package doctor runs the checks of a server's command "doctor" and prints what they
// find.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// checkTimeout bounds one check. A sleeping database wakes up in it.
const checkTimeout = 15 * time.Second

// Check is one thing to look at.
type Check struct {
	Name string
	// Needs names the check without whose success this one is not made.
	Needs string
	// Run returns what it found, or what is wrong.
	Run func(context.Context) (found string, err error)
	// Cure says what to do if it fails, unless the error is a [Fault].
	Cure string
}

// Fault is an error that knows its own cure.
type Fault struct{ Problem, Cure string }

// Error says what is wrong.
func (f *Fault) Error() string { return f.Problem }

// ErrSick means that a check has failed; the lines that were printed say the rest.
var ErrSick = errors.New("not everything is in order")

// Examine makes the checks and prints a line for each, and its cure for one that
// fails. It fails with [ErrSick] if one does.
func Examine(ctx context.Context, out io.Writer, checks []Check) error {
	var result error
	missing := map[string]bool{}
	for _, c := range checks {
		if missing[c.Needs] {
			fmt.Fprintf(out, "–     %-10s not checked, without the %s\n", c.Name, c.Needs)
			missing[c.Name] = true
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		found, err := c.Run(ctx)
		cancel()
		if err == nil {
			fmt.Fprintf(out, "ok    %-10s %s\n", c.Name, found)
			continue
		}
		cure := c.Cure
		if fault, ok := errors.AsType[*Fault](err); ok {
			cure = fault.Cure
		}
		fmt.Fprintf(out, "FAIL  %-10s %v\n      %-10s → %s\n", c.Name, err, "", cure)
		result, missing[c.Name] = ErrSick, true
	}
	return result
}
