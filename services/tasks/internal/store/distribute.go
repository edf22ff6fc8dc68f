package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// ErrNoCitus: the database has no Citus, without which tables cannot be
// distributed.
var ErrNoCitus = errors.New("the database has no Citus")

// ErrNoWorkers: the cluster has no server other than the coordinator.
var ErrNoWorkers = errors.New("the cluster has no workers")

// ErrInUse: the service is running. It would return wrong results during distribution.
var ErrInUse = errors.New("the service is connected to the database")

// usersTables returns the tables with rows of users. On a cluster, the others are co-located
// with the first.
func usersTables(kinds []*kind) []string {
	tables := []string{"tasklane.user_state", "tasklane.erased", "tasklane.idempotency_keys"}
	for _, k := range kinds {
		tables = append(tables, k.table)
	}
	return tables
}

// distributedForm returns the statements that convert the schema to the form that Citus
// supports. They may be repeated.
func distributedForm() []string {
	statements := slices.Clone(distributedFunctions)
	for _, table := range usersTables(kinds) {
		// Without the sub-selects, which make policies faster on one server.
		statements = append(statements, "ALTER POLICY own_rows ON "+table+`
			USING (user_id = current_setting('app.user_id', true))
			WITH CHECK (user_id = current_setting('app.user_id', true))`)
	}
	return statements
}

// distributedFunctions replace those of the migrations. They use SET LOCAL, which Citus
// propagates to the server with the rows, unlike set_config.
var distributedFunctions = []string{
	`CREATE OR REPLACE FUNCTION tasklane.set_user(user_id text) RETURNS text
		LANGUAGE plpgsql VOLATILE
		AS $$
	BEGIN
		EXECUTE format('SET LOCAL app.user_id = %L', user_id);
		RETURN user_id;
	END
	$$`,
	`CREATE OR REPLACE FUNCTION tasklane.begin_write(user_id text) RETURNS text
		LANGUAGE plpgsql VOLATILE
		AS $$
	BEGIN
		SET LOCAL lock_timeout = '3s';
		EXECUTE format('SET LOCAL app.user_id = %L', user_id);
		RETURN user_id;
	END
	$$`,
	`CREATE OR REPLACE FUNCTION tasklane.distributed() RETURNS boolean
		LANGUAGE sql IMMUTABLE
		AS $$ SELECT true $$`,
}

// Distribute distributes the tables over the servers of a Citus cluster by user, and returns
// the names of the tables that it has distributed. The addresses are those of the coordinator.
// The service must not run meanwhile. Running it again distributes the missing tables.
//
// It fails with [ErrNoCitus] without the extension, with [ErrNoWorkers] without workers, and
// with [ErrInUse] while the service runs; the error says what to do.
func Distribute(ctx context.Context, ownerURL, runtimeURL string) (distributed []string, err error) {
	runtime, err := pgx.ParseConfig(runtimeURL)
	if err != nil {
		return nil, fmt.Errorf("read the runtime role's address of the database: %w", err)
	}
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := findCitus(ctx, conn); err != nil {
		return nil, err
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		err := awaitMigrators(ctx, func() scanner { return tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", migrationLock) })
		if err != nil {
			return err
		}
		if err := findService(ctx, tx, runtime.User); err != nil {
			return err
		}
		role := pgx.Identifier{runtime.User}.Sanitize()
		err = execEach(ctx, tx, append([]string{
			// Within a transaction, Citus must change tables on one server after the
			// other.
			"SET LOCAL citus.multi_shard_modify_mode = 'sequential'",
			"ALTER ROLE " + role + " SET citus.propagate_set_commands = 'local'",
		}, distributedForm()...))
		if err != nil {
			return fmt.Errorf("prepare the schema: %w", err)
		}
		for _, table := range usersTables(kinds) {
			done, err := distributeTable(ctx, tx, table)
			if err != nil {
				return fmt.Errorf("distribute %s: %w", table, err)
			}
			if done {
				distributed = append(distributed, table)
			}
		}
		return nil
	})
	return distributed, err
}

// findCitus returns [ErrNoCitus] unless the database has the extension, and [ErrNoWorkers]
// unless a server other than the coordinator has shards.
func findCitus(ctx context.Context, conn *pgx.Conn) error {
	var created, available, workers bool
	err := conn.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus'),
			EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus')`).Scan(&created, &available)
	if err == nil && created {
		err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_dist_node WHERE groupid <> 0 AND isactive AND shouldhaveshards)").Scan(&workers)
	}
	switch {
	case err != nil:
		return fmt.Errorf("look for Citus: %w", err)
	case workers:
		return nil
	case created:
		return fmt.Errorf(`%w: as a superuser, run "SELECT citus_set_coordinator_host(…)", and "SELECT citus_add_node(…)" for each worker`, ErrNoWorkers)
	case available:
		return fmt.Errorf(`%w yet: as a superuser, run "CREATE EXTENSION citus" in it, and "SELECT citus_add_node(…)" for each worker`, ErrNoCitus)
	}
	return fmt.Errorf("%w, and neither has its server: install Citus there and on the workers, add it to shared_preload_libraries and restart them, "+
		"or keep one server, which is enough for most (SCALING.md)", ErrNoCitus)
}

// findService returns [ErrInUse] while the runtime role is connected.
func findService(ctx context.Context, tx pgx.Tx, role string) error {
	var connections int
	err := tx.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()", role).Scan(&connections)
	switch {
	case err != nil:
		return fmt.Errorf("look for the service: %w", err)
	case connections > 0:
		return fmt.Errorf("%w: the role %q has %d connections; stop every replica first", ErrInUse, role, connections)
	}
	return nil
}

// distributeTable distributes a table by user, unless it is distributed already. Row-level
// security would prevent copying its rows. No other transaction sees the table without it,
// because this one holds the table's lock.
func distributeTable(ctx context.Context, tx pgx.Tx, table string) (done bool, err error) {
	var already bool
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = $1::text::regclass)", table).Scan(&already)
	if err != nil || already {
		return false, err
	}
	colocateWith := "none"
	if first := usersTables(kinds)[0]; table != first {
		colocateWith = first
	}
	if _, err := tx.Exec(ctx, "ALTER TABLE "+table+" DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, "SELECT create_distributed_table($1::text::regclass, 'user_id', colocate_with => $2)", table, colocateWith); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, "ALTER TABLE "+table+" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
	return err == nil, err
}
