package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

const (
	// startTimeout is how long the database may take to answer at start: a
	// sleeping one wakes up in that time.
	startTimeout = 60 * time.Second
	// startRetry is the pause between two attempts.
	startRetry = time.Second
)

type serveCommand struct{}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context) error {
	var config serveConfig
	if err := readConfig(&config); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	tasks, err := store.Open(ctx, config.DatabaseURL)
	if err != nil {
		return err
	}
	defer tasks.Close()
	if err := waitUntilSafe(ctx, log, tasks); err != nil {
		return err
	}
	tokens, err := jwtauth.New(ctx, jwtauth.Config{
		JWKSURL: config.JWKSURL, Issuer: config.Issuer, Audience: config.Audience,
	}, log)
	if err != nil {
		return err
	}
	return httpapi.Serve(ctx, log,
		httpapi.Server{
			Name: "api", Address: config.address(config.Port),
			Handler: api.NewHandler(log, tasks, tokens),
		},
		httpapi.Server{
			Name: "operations", Address: config.address(config.OpsPort),
			Handler: httpapi.NewOperationsHandler(
				httpapi.Check{Name: "database", Run: tasks.Ping},
				httpapi.Check{Name: "keys", Run: tokens.Ready},
			),
		},
	)
}

// waitUntilSafe returns once the database answers and row-level security is
// found to bind the role. It waits for a database that cannot be reached yet,
// and for nothing else.
func waitUntilSafe(ctx context.Context, log *slog.Logger, tasks *store.Store) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := tasks.CheckSafety(ctx)
		if err == nil || !errors.Is(err, store.ErrUnavailable) {
			return err
		}
		log.Warn("waiting for the database", "error", err.Error())
		select {
		case <-time.After(startRetry):
		case <-ctx.Done():
			return fmt.Errorf("the database could not be reached: %w", err)
		}
	}
}
