package store

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

// UsersTables are those that Distribute spreads.
var UsersTables = usersTables(kinds)

// BringIntoDistributedForm makes of the schema what Citus takes, as Distribute
// does.
func BringIntoDistributedForm(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return execEach(ctx, tx, distributedForm()) })
}

// MapError turns what the driver says into this package's errors.
var MapError = mapError

// ErrKeyTaken: the idempotency key is there already.
var ErrKeyTaken = errKeyTaken

// MigrateFiles is Migrate with other migrations.
func MigrateFiles(ctx context.Context, ownerURL string, files fs.FS) ([]Migration, error) {
	return migrate(ctx, ownerURL, files)
}

// MigrateTo brings an empty database to an earlier version of the schema.
func MigrateTo(ctx context.Context, ownerURL string, version int64) error {
	return asOwner(ctx, ownerURL, migrations, 0, func(conn *sql.Conn, provider *goose.Provider) error {
		if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS tasklane"); err != nil {
			return err
		}
		_, err := provider.UpTo(ctx, version)
		return err
	})
}

// Columns returns the columns that the program knows of each kind's table.
func Columns() map[string][]string {
	all := map[string][]string{}
	for _, k := range kinds {
		names := []string{"user_id"}
		for _, c := range k.columns {
			names = append(names, c.name)
		}
		all[k.table] = names
	}
	return all
}

// KindTables returns the table of each kind.
func KindTables() map[string]string {
	all := map[string]string{}
	for _, k := range kinds {
		all[string(k.name)] = k.table
	}
	return all
}

// SplitWords returns the words of a text in order.
var SplitWords = splitWords
