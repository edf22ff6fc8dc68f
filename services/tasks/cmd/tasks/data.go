package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

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

type usageCommand struct {
	ID string `arg:"" help:"The user's id in Better Auth."`
}

// Run prints the user's usage.
func (c usageCommand) Run(ctx context.Context) error {
	return withStore(ctx, func(tasks *store.Store) error {
		usage, err := tasks.Usage(ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Println(usage.Resources, "resources,", usage.Bytes, "bytes")
		return nil
	})
}

type eraseUserCommand struct {
	ID string `arg:"" help:"The user's id in Better Auth."`
}

// Run erases the user and prints the number of resources.
func (c eraseUserCommand) Run(ctx context.Context) error {
	if c.ID == "" {
		return errors.New("the user's id must not be empty")
	}
	return withStore(ctx, func(tasks *store.Store) error {
		removed, err := tasks.EraseUser(ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Println("removed", removed, "resources")
		return nil
	})
}

type exportUserCommand struct {
	ID string `arg:"" help:"The user's id in Better Auth."`
}

// Run prints the user's resources, one JSON object on each line.
func (c exportUserCommand) Run(ctx context.Context) (err error) {
	out := bufio.NewWriter(os.Stdout)
	defer func() { err = errors.Join(err, out.Flush()) }()
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return withStore(ctx, func(tasks *store.Store) error {
		return tasks.ExportUser(ctx, c.ID, func(r taskapi.Resource) error { return lines.Encode(r) })
	})
}
