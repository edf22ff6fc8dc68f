package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/services/doctor"
	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

// clockTolerance is the accepted difference between the database's clock and ours, well
// below the leeway of tokens.
const clockTolerance = 5 * time.Second

type doctorCommand struct{}

// Run checks the dependencies of "tasks serve" with the environment's settings, prints a
// line for each check, and fails if one does.
func (doctorCommand) Run(ctx context.Context) error {
	var config serveConfig
	if err := environ.Read(&config); err != nil {
		return err
	}
	tasks, err := store.Open(ctx, store.Config{URL: string(config.DatabaseURL), Pooled: config.Pooled})
	if err != nil {
		return err
	}
	defer tasks.Close()
	return doctor.Run(ctx, os.Stdout, checks(config, tasks))
}

func checks(config serveConfig, tasks *store.Store) []doctor.Check {
	const database, schema = "database", "schema"
	return []doctor.Check{
		{
			Name: database, Run: func(ctx context.Context) (string, error) {
				start := time.Now()
				err := tasks.Ping(ctx)
				return fmt.Sprintf("responds in %s", time.Since(start).Round(time.Millisecond)), err
			},
			Fix: "check the host, role and password in DATABASE_URL, and that the server runs",
		},
		{
			Name: schema, Needs: database, Run: func(ctx context.Context) (string, error) {
				return "is up to date", tasks.CheckVersion(ctx)
			},
			Fix: "run \"tasks migrate\" with this release",
		},
		{
			Name: "role", Needs: schema, Run: func(ctx context.Context) (string, error) {
				return "is bound by row-level security, and has no other privileges", tasks.CheckRole(ctx)
			},
			Fix: "use a plain role that owns nothing in DATABASE_URL (\"tasks migrate\" creates one), restore the policies of the migrations, and revoke other privileges",
		},
		{
			Name: "isolation", Needs: schema, Run: func(ctx context.Context) (string, error) {
				err := tasks.ProbeIsolation(ctx)
				if err != nil && !errors.Is(err, store.ErrLeak) {
					// It is unknown whether there is a leak.
					err = &doctor.Fault{
						Problem: err.Error(),
						Fix:     "grant the role of DATABASE_URL the privileges of the migrations, and let it log in at every node of a Citus cluster",
					}
				}
				return "one user could neither read, change nor delete another's rows", err
			},
			Fix: "stop the service: users may see each other's rows. Compare the policies of the schema tasklane with the migrations",
		},
		{
			Name: "pooler", Needs: database, Run: func(ctx context.Context) (string, error) {
				pooled, err := tasks.BehindTransactionPooler(ctx)
				switch {
				case err != nil:
					return "", err
				case pooled && !config.Pooled:
					return "", errors.New("DATABASE_URL is a pooler in transaction mode")
				case pooled:
					return "in transaction mode, as DATABASE_POOLED says", nil
				}
				return "none in transaction mode", nil
			},
			Fix: "set DATABASE_POOLED=true, and DATABASE_URL_UNPOOLED to the server's direct address",
		},
		{
			Name: "notify", Needs: database, Run: func(ctx context.Context) (string, error) {
				return "changes reach other replicas", tryNotify(ctx, store.NewBus(tasks, config.listenURL()))
			},
			Fix: "set DATABASE_URL_UNPOOLED to the server's direct address; until then, streams on other replicas get changes within 30 s",
		},
		{
			Name: "clock", Needs: database, Run: func(ctx context.Context) (string, error) {
				now, err := tasks.Clock(ctx)
				apart := time.Since(now).Abs()
				if err == nil && apart > clockTolerance {
					err = fmt.Errorf("the database's clock is %s from this machine's", apart.Round(time.Millisecond))
				}
				return fmt.Sprintf("within %s of the database's", apart.Round(time.Millisecond)), err
			},
			Fix: "synchronize both with NTP: tokens, times and due dates use this clock, purges the database's",
		},
		{
			Name: "keys", Run: func(ctx context.Context) (string, error) {
				tokens, err := jwtauth.New(ctx, config.tokens(), slog.New(slog.DiscardHandler))
				if err != nil {
					return "", err
				}
				return "of the issuer " + config.Issuer + " can be fetched", tokens.Ready(ctx)
			},
			Fix: "check that Better Auth runs at JWKS_URL (or BETTER_AUTH_URL): " + config.JWKSURL,
		},
	}
}

// tryNotify sends a notification to all replicas and waits until it is received.
func tryNotify(ctx context.Context, bus *store.Bus) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	message := "doctor " + uuid.NewString()
	received, failed := make(chan struct{}, 1), make(chan error, 2)
	ready := func() {
		if err := bus.Publish(ctx, message); err != nil {
			failed <- err
		}
	}
	go func() {
		failed <- bus.Listen(ctx, ready, func(got string) {
			if got == message {
				received <- struct{}{}
			}
		})
	}()
	select {
	case <-received:
		return nil
	case err := <-failed:
		return err
	case <-ctx.Done():
		return errors.New("a notification was sent but not received")
	}
}
