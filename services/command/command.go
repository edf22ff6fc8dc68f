// Package command runs what the command line of a server names.
package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tasklane/tasklane/services/version"
)

// Run runs the one of commands, a pointer to a struct as kong describes it, that
// args name, or "version". Its context ends with an interrupt or a SIGTERM; a second
// one ends the process at once.
func Run(name, description string, commands any, args []string) error {
	common := new(struct {
		Version versionCommand `cmd:"" help:"Print the version."`
	})
	parser, err := kong.New(commands, kong.Name(name), kong.Description(description), kong.Embed(common))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	command.BindTo(ctx, (*context.Context)(nil))
	return command.Run()
}

type versionCommand struct{}

// Run prints the version of the program.
func (versionCommand) Run(program *kong.Kong) error {
	_, err := fmt.Fprintln(program.Stdout, version.Line(program.Model.Name))
	return err
}
