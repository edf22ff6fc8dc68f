// Package command runs what the command line of a server names.
package command

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Run runs the one of commands, a pointer to a struct as kong describes it, that
// args name. Its context ends with an interrupt or a SIGTERM; a second one ends
// the process at once.
func Run(name, description string, commands any, args []string) error {
	parser, err := kong.New(commands, kong.Name(name), kong.Description(description))
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
