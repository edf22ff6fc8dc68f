// Command tasks is the task service, with the tools for its operators.
package main

import (
	"fmt"
	"os"

	"github.com/tasklane/tasklane/services/command"
)

type commands struct {
	Serve      serveCommand      `cmd:"" help:"Serve requests until SIGTERM or SIGINT. The settings come from the environment."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database's schema up to date. Safe to repeat, and to run twice at once."`
	Distribute distributeCommand `cmd:"" help:"Distribute the tables over the nodes of a Citus cluster, by user. Safe to repeat; stop the service first."`
	Rebalance  rebalanceCommand  `cmd:"" help:"Move shards between the workers of a Citus cluster, while the service runs. Safe to repeat."`
	Doctor     doctorCommand     `cmd:"" help:"Check everything that the service depends on, and print how to fix what fails. The settings come from the environment."`
	Purge      purgeCommand      `cmd:"" help:"Remove expired rows: idempotency keys after a day, the trash and tombstones after 30 days."`
	EraseUser  eraseUserCommand  `cmd:"" help:"Erase all data of a user."`
	Usage      usageCommand      `cmd:"" help:"Print how much of MAX_USER_RESOURCES and MAX_USER_BYTES a user uses."`
	ExportUser exportUserCommand `cmd:"" help:"Print every resource of a user, one JSON object per line."`
	OpenAPI    openAPICommand    `cmd:"" name:"openapi" help:"Print the OpenAPI document as YAML."`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tasks:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	return command.Run("tasks", "The Tasklane task service.", new(commands), args)
}
