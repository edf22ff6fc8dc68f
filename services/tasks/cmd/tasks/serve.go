package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

const (
	// startTimeout bounds the wait for the database at the start, in which a sleeping
	// one wakes up.
	startTimeout = 60 * time.Second
	// startRetry is the delay between two attempts.
	startRetry = time.Second
)

type serveCommand struct{}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context) error {
	var config serveConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	log, flushLog := httpapi.NewLog(os.Stderr, config.LogLevel)
	defer flushLog()
	spans, flush, err := tracing.Start(ctx, config.Tracing, "tasks", log)
	if err != nil {
		return err
	}
	defer flush()
	tasks, err := store.Open(ctx, store.Config{
		URL: string(config.DatabaseURL), Pooled: config.Pooled, Tracer: store.Tracer(spans),
		MaxResources: config.MaxUserResources, MaxBytes: config.MaxUserBytes,
	})
	if err != nil {
		return err
	}
	defer tasks.Close()
	// The database is checked in parallel with the rest of the start. No request
	// is served before.
	checking, stopChecking := context.WithCancel(ctx)
	defer stopChecking()
	safe := make(chan error, 1)
	go func() { safe <- waitUntilSafe(checking, log, tasks) }()

	// Parts that requests use run until the last request has ended.
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()
	tokens, err := jwtauth.New(working, config.tokens(), log)
	if err != nil {
		return err
	}
	hub := feed.New(store.NewBus(tasks, config.listenURL()), log)
	drain := httpapi.NewDrain(config.Drain)
	metrics := newMetrics(tasks, tokens, hub)
	maintenance := newMaintenance(tasks, log, metrics)
	handler := api.NewHandler(api.Parts{
		Log: log, Store: tasks, Tokens: tokens, Hub: hub,
		Limits: config.Limits.Limits(), Metrics: metrics, Tracing: spans,
	})
	operations := httpapi.NewOperationsHandler(metrics,
		httpapi.Check{Name: "database", Run: tasks.Ping},
		httpapi.Check{Name: "keys", Run: tokens.Ready},
		drain.Check(),
	)
	if config.Profiles {
		operations = httpapi.WithProfiles(operations)
	}
	if err := <-safe; err != nil {
		return err
	}

	var background sync.WaitGroup
	defer func() {
		stopWorking()
		background.Wait()
	}()
	background.Go(func() { hub.Run(working) })
	background.Go(func() { maintenance.run(working, time.Tick(offerInterval)) })
	return httpapi.Serve(ctx, log, drain,
		httpapi.Server{Name: "api", Address: config.address(config.Port), Handler: handler, Stop: hub.Close},
		httpapi.Server{Name: "operations", Address: config.address(config.OpsPort), Handler: operations},
	)
}

// waitUntilSafe waits for the database and checks that it is safe to use. It retries only
// while the database cannot be reached.
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
