package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is goose's table of applied migrations.
const versionTable = "tasklane.schema_version"

// migrationLock is the key of the advisory lock that admits one migrator at a time: "task"
// in ASCII.
const migrationLock = 0x7461736b

// Migration is one step of the schema's history.
type Migration struct {
	// Name is the file's name.
	Name string
	// Applied says whether the database has it.
	Applied bool
}

// ErrTablesInUse: a migration could not get its locks. It is not applied; those before
// it are.
var ErrTablesInUse = errors.New("the tables are in use")

// The lock timeout of a migration doubles from minLockTimeout to maxLockTimeout. It is short,
// because other statements on the table wait behind the migration, and less than a second,
// after which PostgreSQL would check for deadlocks and might abort the transactions of users.
// Between two attempts, the migration leaves the table to users for as long.
const minLockTimeout, maxLockTimeout = 50 * time.Millisecond, 800 * time.Millisecond

// Migrate brings the schema of the database at ownerURL up to date and returns the applied
// migrations. Then it reindexes the tasks that an older release has written. ownerURL must be
// the direct address with the owner of the tables: a transaction pooler would lose the lock
// that excludes other migrators. It is safe to repeat. If others keep a table locked, it fails
// with [ErrTablesInUse] and says what to do.
func Migrate(ctx context.Context, ownerURL string) (applied []Migration, err error) {
	return migrate(ctx, ownerURL, migrations)
}

// migrate is Migrate with the folder "migrations" of another file system. A migration that must
// not time out, such as CREATE INDEX CONCURRENTLY, begins its file with SET lock_timeout = 0.
func migrate(ctx context.Context, ownerURL string, files fs.FS) (applied []Migration, err error) {
	for lockTimeout := minLockTimeout; ; lockTimeout *= 2 {
		err := asOwner(ctx, ownerURL, files, lockTimeout, func(conn *sql.Conn, provider *goose.Provider) error {
			if err := applyAll(ctx, conn, provider, &applied); err != nil {
				return err
			}
			return reindex(ctx, ownerURL)
		})
		if !errors.Is(mapError(err), ErrBusy) {
			return applied, err
		}
		if lockTimeout >= maxLockTimeout {
			return applied, fmt.Errorf(`%w for longer than a migration waits; nothing is lost: run "tasks migrate" again, `+
				`or first end the long transactions and autovacuums in pg_stat_activity: %w`, ErrTablesInUse, err)
		}
		select {
		case <-time.After(lockTimeout):
		case <-ctx.Done():
			return applied, ctx.Err()
		}
	}
}

// applyAll applies the missing migrations, and appends them to applied.
func applyAll(ctx context.Context, conn *sql.Conn, provider *goose.Provider, applied *[]Migration) error {
	// The lock ends with the connection, which is closed on return.
	err := awaitMigrators(ctx, func() scanner { return conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", migrationLock) })
	if err != nil {
		return err
	}
	if err := checkEncoding(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS tasklane"); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	for {
		result, err := provider.UpByOne(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			return nil
		}
		if err != nil {
			return err
		}
		*applied = append(*applied, Migration{Name: result.Source.Path, Applied: true})
	}
}

// checkEncoding fails for a database that cannot store all characters.
func checkEncoding(ctx context.Context, conn *sql.Conn) error {
	var encoding string
	if err := conn.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return fmt.Errorf("read the database's encoding: %w", err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s, and must be UTF8: create one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	return nil
}

type scanner interface{ Scan(...any) error }

// awaitMigrators polls for the lock of migrators. A statement that waited for it would
// hold a snapshot, and CREATE INDEX CONCURRENTLY waits for all older snapshots.
func awaitMigrators(ctx context.Context, try func() scanner) error {
	for {
		var locked bool
		if err := try().Scan(&locked); err != nil {
			return fmt.Errorf("wait for other migrators: %w", err)
		}
		if locked {
			return nil
		}
		select {
		case <-time.After(minLockTimeout):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Migrations returns every step of the schema, oldest first, and whether the database at
// ownerURL has it. It changes nothing.
func Migrations(ctx context.Context, ownerURL string) (steps []Migration, err error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	applied, err := countMigrations(ctx, conn)
	if err != nil {
		return nil, err
	}
	files, err := migrations.ReadDir("migrations")
	for i, file := range files {
		steps = append(steps, Migration{Name: file.Name(), Applied: i < applied})
	}
	return steps, err
}

// countMigrations returns the number of applied migrations, which is 0 without the schema.
func countMigrations(ctx context.Context, db interface {
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
},
) (applied int, err error) {
	var exists bool
	err = db.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", versionTable).Scan(&exists)
	if err == nil && exists {
		err = db.QueryRow(ctx, "SELECT count(DISTINCT version_id) FROM "+versionTable+" WHERE version_id > 0 AND is_applied").Scan(&applied)
	}
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", mapError(err))
	}
	return applied, nil
}

// asOwner calls f with a new connection of the owner and goose's provider for the folder
// "migrations" of files. lockTimeout is the lock timeout of statements; 0 means none.
func asOwner(ctx context.Context, ownerURL string, files fs.FS, lockTimeout time.Duration, f func(*sql.Conn, *goose.Provider) error) error {
	config, err := singleConfig(ownerURL)
	if err != nil {
		return fmt.Errorf("read the owner's address of the database: %w", err)
	}
	// A reset connection needs it again, because a migration may have set another timeout.
	setLockTimeout := func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", lockTimeout.Milliseconds()))
		return err
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(setLockTimeout), stdlib.OptionResetSession(setLockTimeout))
	defer func() { _ = db.Close() }() // the changes are committed
	folder, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, folder, goose.WithTableName(versionTable))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	var conn *sql.Conn
	err = new(outage).retry(ctx, func(*retries) (err error) {
		conn, err = db.Conn(ctx)
		return mapError(err)
	})
	if err != nil {
		return fmt.Errorf("connect as the owner: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return f(conn, provider)
}

// connectOwner returns a connection of the owner. It waits for a sleeping database.
func connectOwner(ctx context.Context, ownerURL string) (conn *pgx.Conn, err error) {
	config, err := singleConfig(ownerURL)
	if err != nil {
		return nil, fmt.Errorf("read the owner's address of the database: %w", err)
	}
	err = new(outage).retry(ctx, func(*retries) (err error) {
		conn, err = pgx.ConnectConfig(ctx, config)
		return mapError(err)
	})
	if err != nil {
		return nil, fmt.Errorf("connect as the owner: %w", err)
	}
	return conn, nil
}
