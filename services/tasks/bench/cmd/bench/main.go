// Command bench measures the service and runs the servers that it is compared with.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tasklane/tasklane/services/tasks/bench"
)

type commands struct {
	Run   runCommand   `cmd:"" help:"Measure everything and print the report."`
	Floor floorCommand `cmd:"" hidden:"" help:"Serve the floor on the database in UPSTREAM."`
	Proxy proxyCommand `cmd:"" hidden:"" help:"Serve a reverse proxy to the URL in UPSTREAM."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	command := kong.Parse(&commands{}, kong.Name("bench"), kong.Description("Measures how fast Tasklane is."))
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

type runCommand struct {
	Quick    bool           `help:"A smaller run of less than two minutes."`
	Only     *regexp.Regexp `help:"Run only the workloads whose names match this regular expression."`
	Out      string         `help:"Also write the report to this file." type:"path"`
	Profiles string         `help:"Keep profiles of the service in this directory." type:"existingdir"`
}

func (c *runCommand) Run(ctx context.Context) error {
	plan := bench.Full
	if c.Quick {
		plan = bench.Quick
	}
	report, err := bench.Run(ctx, plan, bench.Options{Only: c.Only, Profiles: c.Profiles, Progress: os.Stderr})
	if err != nil {
		return err
	}
	fmt.Print(report)
	if c.Out == "" {
		return nil
	}
	return os.WriteFile(c.Out, []byte(report), 0o644)
}

type floorCommand struct {
	Address string `arg:""`
}

func (c *floorCommand) Run(ctx context.Context) error {
	return bench.ServeFloor(ctx, c.Address, os.Getenv("UPSTREAM"))
}

type proxyCommand struct {
	Address string `arg:""`
}

func (c *proxyCommand) Run(ctx context.Context) error {
	return bench.ServeProxy(ctx, c.Address, os.Getenv("UPSTREAM"))
}
