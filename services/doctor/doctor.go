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

// checkTimeout bounds one check. It is long enough for a sleeping database to wake up.
const checkTimeout = 15 * time.Second

// Check is one check of a server's environment.
type Check struct {
	Name string
	// Needs names a check that must succeed first; otherwise this one is skipped.
	Needs string
	// Run returns what it found, or an error.
	Run func(context.Context) (found string, err error)
	// Fix says how to fix an error that is not a [Fault].
	Fix string
}

// Fault is an error that has its own fix.
type Fault struct{ Problem, Fix string }

// Error returns the problem.
func (f *Fault) Error() string { return f.Problem }

// Skip is the reason why a check cannot run. Checks that need it are skipped too. A
// skipped check is not a failure.
type Skip string

// Error returns the reason.
func (s Skip) Error() string { return string(s) }

// ErrFailed is returned if a check fails. Its details have been printed.
var ErrFailed = errors.New("at least one check failed")

// Run runs the checks and prints a line for each, with the fix of each that fails. It
// returns [ErrFailed] if one fails.
func Run(ctx context.Context, out io.Writer, checks []Check) error {
	var result error
	failed := map[string]bool{} // or skipped
	for _, c := range checks {
		if failed[c.Needs] {
			fmt.Fprintf(out, "–     %-10s not checked, because it needs the check %s\n", c.Name, c.Needs)
			failed[c.Name] = true
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		found, err := c.Run(ctx)
		cancel()
		if err == nil {
			fmt.Fprintf(out, "ok    %-10s %s\n", c.Name, found)
			continue
		}
		if skip, ok := errors.AsType[Skip](err); ok {
			fmt.Fprintf(out, "–     %-10s not checked: %s\n", c.Name, skip)
			failed[c.Name] = true
			continue
		}
		fix := c.Fix
		if fault, ok := errors.AsType[*Fault](err); ok {
			fix = fault.Fix
		}
		fmt.Fprintf(out, "FAIL  %-10s %v\n      %-10s → %s\n", c.Name, err, "", fix)
		result, failed[c.Name] = ErrFailed, true
	}
	return result
}
