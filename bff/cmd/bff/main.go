// Command bff is what browsers talk to: it serves the page and its API, passes
// sign-ins on to Better Auth, and calls the task service as the signed-in user.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tasklane/tasklane/bff/internal/web"
)

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Answer browsers until told to stop. The settings come from the environment."`
	OpenAPI openAPICommand `cmd:"" name:"openapi" help:"Print the OpenAPI document as YAML."`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bff:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("bff"), kong.Description("The Tasklane backend for browsers."))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	command.BindTo(ctx, (*context.Context)(nil))
	return command.Run()
}

type openAPICommand struct{}

// Run prints the document.
func (openAPICommand) Run() error {
	document, err := web.Document()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(document)
	return err
}
