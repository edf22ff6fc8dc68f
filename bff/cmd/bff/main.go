// Command bff is the server that browsers talk to: it serves the page and its API,
// forwards sign-ins to Better Auth, and calls the task service as the signed-in user.
package main

import (
	"fmt"
	"os"

	"github.com/tasklane/tasklane/bff/internal/web"
	"github.com/tasklane/tasklane/services/command"
)

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve browsers until SIGTERM or SIGINT. The settings come from the environment."`
	Doctor  doctorCommand  `cmd:"" help:"Send requests to all servers, and print how to fix what fails. The settings come from the environment."`
	OpenAPI openAPICommand `cmd:"" name:"openapi" help:"Print the OpenAPI document as YAML."`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bff:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	return command.Run("bff", "The Tasklane backend for browsers.", new(commands), args)
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
