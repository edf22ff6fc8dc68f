package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// rebalancePollInterval is the polling interval of a rebalance.
const rebalancePollInterval = time.Second

// runningRebalance is the FROM clause of a rebalance that has not ended.
const runningRebalance = " FROM citus_rebalance_status() WHERE state::text IN ('scheduled', 'running', 'cancelling', 'failing')"

// Rebalance moves shards between the workers of a Citus cluster until each has the same
// number. It reports its progress from time to time. The service may run meanwhile. The
// address is the owner's at the coordinator.
//
// Citus cannot copy a shard online if its owner is subject to row-level security. So
// Rebalance exempts the owner until the rebalance has finished, failed or been stopped;
// canceling ctx stops it. The service's role is never exempt. A replica that starts
// meanwhile does not serve. If the process is killed, call Rebalance again: it waits
// for the running rebalance and ends the exemption.
func Rebalance(ctx context.Context, ownerURL string, report func(string)) (err error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := findCitus(ctx, conn); err != nil {
		return err
	}
	defer func() {
		if failed := endRebalance(context.WithoutCancel(ctx), ownerURL); failed != nil {
			err = errors.Join(err, fmt.Errorf("force row-level security on the owner again: %w; run this command again", failed))
		}
	}()
	if err := bindOwner(ctx, conn, "NO FORCE"); err != nil {
		return err
	}
	var running bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT"+runningRebalance+")").Scan(&running); err != nil {
		return fmt.Errorf("look for a rebalance: %w", err)
	}
	if !running {
		var job *int64
		if err := conn.QueryRow(ctx, "SELECT citus_rebalance_start()").Scan(&job); err != nil {
			return fmt.Errorf("start the rebalance: %w", err)
		}
		if job == nil {
			report("no shard has to be moved")
			return nil
		}
	}
	return awaitRebalance(ctx, conn, report)
}

// awaitRebalance waits for the end of the latest rebalance.
func awaitRebalance(ctx context.Context, conn *pgx.Conn, report func(string)) error {
	const status = "SELECT state::text, coalesce((details->'task_state_counts')::text, ''), coalesce((details->'tasks')::text, '') FROM citus_rebalance_status()"
	for last := ""; ; {
		var state, counts, tasks string
		if err := conn.QueryRow(ctx, status).Scan(&state, &counts, &tasks); err != nil {
			return fmt.Errorf("look at the rebalance: %w", err)
		}
		if progress := state + ", moves " + counts; progress != last {
			report(progress)
			last = progress
		}
		switch state {
		case "finished":
			return nil
		case "failed", "cancelled":
			return fmt.Errorf("the rebalance has %s: %s", state, tasks)
		}
		select {
		case <-time.After(rebalancePollInterval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// endRebalance stops a running rebalance and binds the owner again. It uses a new connection,
// because the other one may have failed.
func endRebalance(ctx context.Context, ownerURL string) error {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT citus_rebalance_stop()"+runningRebalance); err != nil {
		return fmt.Errorf("stop the rebalance: %w", err)
	}
	return bindOwner(ctx, conn, "FORCE")
}

// bindOwner makes row-level security bind the owner too ("FORCE"), or not ("NO FORCE"), one
// table after the other, because each is locked for a moment.
func bindOwner(ctx context.Context, conn *pgx.Conn, force string) error {
	for _, table := range usersTables(kinds) {
		if _, err := conn.Exec(ctx, "ALTER TABLE "+table+" "+force+" ROW LEVEL SECURITY"); err != nil {
			return fmt.Errorf("alter %s: %w", table, err)
		}
	}
	return nil
}
