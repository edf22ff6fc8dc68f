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

// Check is one check.
type Check struct {
	Name string
	// Needs names a check that must succeed first; otherwise this one is skipped.
	Needs string
	// Run returns what it found, or an error.
	Run func(context.Context) (found string, err error)
	// Cure says how to fix a failure, unless the error is a [Fault].
	Cure string
}

// Fault is an error with its own cure.
type Fault struct{ Problem, Cure string }

// Error returns the problem.
func (f *Fault) Error() string { return f.Problem }

// Skip is the error of a check that cannot run, and says why. Checks that need it do not
// run either, and nothing fails.
type Skip string

// Error returns the reason.
func (s Skip) Error() string { return string(s) }

// ErrSick means that a check has failed, as printed.
var ErrSick = errors.New("not everything is in order")

// Examine runs the checks and prints a line for each, with a cure for one that fails.
// It returns [ErrSick] if one does.
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
		if skip, ok := errors.AsType[Skip](err); ok {
			fmt.Fprintf(out, "–     %-10s not checked: %s\n", c.Name, skip)
			missing[c.Name] = true
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
