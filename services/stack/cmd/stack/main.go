// Command stack runs Tasklane on this machine, and its tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/stack/launch"
	"github.com/tasklane/tasklane/services/stack/suite"
)

type commands struct {
	Up        upCommand        `cmd:"" help:"Start everything, print the address, and run until Ctrl-C."`
	Test      testCommand      `cmd:"" help:"Run all tests of the repository or, with a flag, some of them in another setup."`
	Soak      soakCommand      `cmd:"" help:"Run the long versions of the stress and attack tests, and print their counts."`
	CleanData cleanDataCommand `cmd:"" help:"Remove the data of a stack that is not running."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	command := kong.Parse(&commands{}, kong.Name("stack"), kong.Description("The local stack of Tasklane."))
	command.BindTo(ctx, (*context.Context)(nil))
	err := command.Run()
	switch {
	case err == nil:
	case errors.Is(err, suite.ErrFailed): // the totals in the last line show it
		os.Exit(1)
	default:
		fmt.Fprintf(os.Stderr, "stack: %v\n", err)
		os.Exit(1)
	}
}

type upCommand struct {
	WithParent bool `help:"Also stop when the parent process ends: a killed make does not signal this process."`
}

func (c *upCommand) Run(ctx context.Context) error {
	var config launch.Config
	if err := environ.Read(&config); err != nil {
		return err
	}
	if c.WithParent {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		go func() {
			waitForParent(ctx)
			stop()
		}()
	}
	return launch.Run(ctx, config, os.Stderr, func(url string) { fmt.Println("ready", url) })
}

type testCommand struct {
	Pooled   bool `xor:"setting" help:"Run the task service's tests through PgBouncer."`
	Replicas bool `xor:"setting" help:"Run the browser tests and the tests of replicas against two task services and two bffs."`
}

func (c *testCommand) Run(ctx context.Context) error {
	switch {
	case c.Pooled:
		return suite.RunPooled(ctx, os.Stdout)
	case c.Replicas:
		return suite.RunReplicas(ctx, os.Stdout)
	}
	return suite.Run(ctx, os.Stdout)
}

type soakCommand struct{}

func (*soakCommand) Run(ctx context.Context) error { return suite.Soak(ctx, os.Stdout) }

type cleanDataCommand struct{}

func (*cleanDataCommand) Run(ctx context.Context) error {
	var config launch.Config
	if err := environ.Read(&config); err != nil {
		return err
	}
	return launch.RemoveData(ctx, config.DataDir)
}

// waitForParent returns when the parent process has ended, which gives this process
// another parent.
func waitForParent(ctx context.Context) {
	parent := os.Getppid()
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
