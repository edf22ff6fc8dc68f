package store

import (
	"context"
	"database/sql"
	"io/fs"
	"time"

	"github.com/google/uuid"
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

// Outage is what the store knows of failures of the database.
type Outage struct{ outage }

// Again reports whether an operation that began at since is tried again.
func (o *Outage) Again(ctx context.Context, err error, since time.Time) bool {
	return o.again(ctx, new(retries), err, since)
}

// Over notes that an operation has succeeded.
func (o *Outage) Over() { o.over() }

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

// LaneSetting returns a setting of PostgreSQL in the transaction of a lane's read.
func (s *Store) LaneSetting(ctx context.Context, user, name string) (string, error) {
	st := statement{"SELECT current_setting($1)", []any{name}}
	return read(ctx, s, user, st, func(rows pgx.Rows) (string, error) { return pgx.CollectExactlyOneRow(rows, pgx.RowTo[string]) })
}

// TitleByRLS reads the title of a task over a lane by a statement that does not name
// the user, or "" where row-level security hides it.
func (s *Store) TitleByRLS(ctx context.Context, user string, id uuid.UUID) (string, error) {
	st := statement{"SELECT coalesce(max(title), '') FROM tasklane.tasks WHERE id = $1", []any{[16]byte(id)}}
	return read(ctx, s, user, st, func(rows pgx.Rows) (string, error) { return pgx.CollectExactlyOneRow(rows, pgx.RowTo[string]) })
}

// SplitWords returns the words of a text in order.
var SplitWords = splitWords
