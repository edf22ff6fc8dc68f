package main

import (
	"context"
	"fmt"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" default:"1" help:"Apply missing migrations, and grant the runtime role its privileges. The default."`
	Status migrateStatusCommand `cmd:"" help:"Show which migrations have been applied."`
}

type migrateUpCommand struct{}

// Run applies migrations and grants the runtime role its privileges.
func (migrateUpCommand) Run(ctx context.Context) error {
	var config migrateConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	applied, err := store.Migrate(ctx, string(config.OwnerURL))
	for _, step := range applied {
		fmt.Println("applied", step.Name)
	}
	if err != nil {
		return err
	}
	if err := store.GrantRuntime(ctx, string(config.OwnerURL), string(config.RuntimeURL)); err != nil {
		return err
	}
	fmt.Println("the schema is up to date")
	return nil
}

type migrateStatusCommand struct{}

// Run prints a line for each migration.
func (migrateStatusCommand) Run(ctx context.Context) error {
	var config migrateConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	steps, err := store.Migrations(ctx, string(config.OwnerURL))
	if err != nil {
		return err
	}
	for _, step := range steps {
		state := "pending"
		if step.Applied {
			state = "applied"
		}
		fmt.Println(state, step.Name)
	}
	return nil
}

type distributeCommand struct{}

// Run distributes the tables and prints the names of those that were not distributed before.
func (distributeCommand) Run(ctx context.Context) error {
	var config migrateConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	distributed, err := store.Distribute(ctx, string(config.OwnerURL), string(config.RuntimeURL))
	if err != nil {
		return err
	}
	for _, table := range distributed {
		fmt.Println("distributed", table)
	}
	fmt.Println("all users' tables are distributed; start the service again")
	return nil
}

type rebalanceCommand struct{}

// Run rebalances and prints the progress.
func (rebalanceCommand) Run(ctx context.Context) error {
	var config migrateConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	report := func(progress string) { fmt.Println(progress) }
	if err := store.Rebalance(ctx, string(config.OwnerURL), report); err != nil {
		return err
	}
	fmt.Println("the shards are balanced")
	return nil
}

type openAPICommand struct{}

// Run prints the document. It needs neither environment nor database.
func (openAPICommand) Run() error {
	document, err := api.Document()
	if err != nil {
		return err
	}
	fmt.Print(string(document))
	return nil
}
