// Package command runs a server's command line.
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

// Run runs the command in args. commands is a pointer to a struct for kong; "version" is
// added. The command's context ends with SIGINT or SIGTERM; a second signal kills the
// process.
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
		return fmt.Errorf("%w; see \"%s --help\"", err, name)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	command.BindTo(ctx, (*context.Context)(nil))
	return command.Run()
}

type versionCommand struct{}

// Run prints the program's version.
func (versionCommand) Run(program *kong.Kong) error {
	_, err := fmt.Fprintln(program.Stdout, version.Line(program.Model.Name))
	return err
}
