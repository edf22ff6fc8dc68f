package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// withStore calls f with the store of the environment, after checking that it is safe
// to use.
func withStore(ctx context.Context, f func(*store.Store) error) error {
	var config databaseConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	tasks, err := store.Open(ctx, store.Config{URL: string(config.DatabaseURL), Pooled: config.Pooled})
	if err != nil {
		return err
	}
	defer tasks.Close()
	if err := tasks.CheckSafety(ctx); err != nil {
		return err
	}
	return f(tasks)
}

type purgeCommand struct{}

// Run removes expired rows and prints their number.
func (purgeCommand) Run(ctx context.Context) error {
	return withStore(ctx, func(tasks *store.Store) error {
		removed, err := tasks.Purge(ctx)
		fmt.Println("removed", removed, "rows")
		return err
	})
}

// userArgument is the argument of commands about one user.
type userArgument struct {
	ID string `arg:"" help:"The user's id in Better Auth."`
}

// Validate rejects an id that is blank, such as that of a variable that is not set.
func (u userArgument) Validate() error {
	if strings.TrimSpace(u.ID) == "" {
		return errors.New("the user's id must not be blank")
	}
	return nil
}

// withStore calls f with the store of the environment and the user's usage. unknown is the
// error about a user whom the database does not know: the id is wrong, or the user has never
// stored anything.
func (u userArgument) withStore(ctx context.Context, f func(tasks *store.Store, usage store.Usage, unknown error) error) error {
	return withStore(ctx, func(tasks *store.Store) error {
		usage, err := tasks.Usage(ctx, u.ID)
		if errors.Is(err, store.ErrUnknownUser) {
			return f(tasks, usage, fmt.Errorf("there is no data of a user %q: check the id", u.ID))
		}
		if err != nil {
			return err
		}
		return f(tasks, usage, nil)
	})
}

type usageCommand struct{ userArgument }

// Run prints the user's usage.
func (c usageCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(_ *store.Store, usage store.Usage, unknown error) error {
		if unknown == nil {
			fmt.Println(usage.Resources, "resources,", usage.Bytes, "bytes")
		}
		return unknown
	})
}

type eraseUserCommand struct{ userArgument }

// Run erases the user and prints the number of resources. An unknown user is erased too,
// because a user who has never stored anything may have a valid JWT.
func (c eraseUserCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(tasks *store.Store, _ store.Usage, unknown error) error {
		removed, err := tasks.EraseUser(ctx, c.ID)
		if err != nil {
			return err
		}
		if unknown != nil {
			return fmt.Errorf("%w. Writes of this user are rejected from now on", unknown)
		}
		fmt.Println("removed", removed, "resources")
		return nil
	})
}

type exportUserCommand struct{ userArgument }

// Run prints the user's resources, one JSON object on each line.
func (c exportUserCommand) Run(ctx context.Context) (err error) {
	out := bufio.NewWriter(os.Stdout)
	defer func() { err = errors.Join(err, out.Flush()) }()
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return c.withStore(ctx, func(tasks *store.Store, _ store.Usage, unknown error) error {
		if unknown != nil {
			return unknown
		}
		return tasks.ExportUser(ctx, c.ID, func(r taskapi.Resource) error { return lines.Encode(r) })
	})
}
