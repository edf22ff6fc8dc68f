package store

import (
	"context"
	"database/sql"
	"io/fs"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// UsersTables are the tables that Distribute distributes.
var UsersTables = usersTables(kinds)

// ConvertToDistributedForm converts the schema to the form for Citus, as Distribute does.
func ConvertToDistributedForm(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return execEach(ctx, tx, distributedForm()) })
}

// MapError converts errors of the driver to this package's errors.
var MapError = mapError

// Outage is the store's record of failures of the database.
type Outage struct{ outage }

// Again reports whether an operation that began at start and failed now is retried.
func (o *Outage) Again(ctx context.Context, err error, start time.Time) bool {
	return o.waitToRetry(ctx, new(retries), err, start)
}

// Responded records that an operation has succeeded.
func (o *Outage) Responded() { o.responded() }

// SetIdleCheck changes how long the connection of Listen may be idle before it is checked.
func (b *Bus) SetIdleCheck(idle time.Duration) { b.idleCheck = idle }

// ErrKeyTaken is the error of an idempotency key that exists.
var ErrKeyTaken = errKeyTaken

// MigrateFiles is Migrate with other migrations.
func MigrateFiles(ctx context.Context, ownerURL string, files fs.FS) ([]Migration, error) {
	return migrate(ctx, ownerURL, files)
}

// MigrateTo migrates an empty database to an earlier version of the schema.
func MigrateTo(ctx context.Context, ownerURL string, version int64) error {
	return asOwner(ctx, ownerURL, migrations, 0, func(conn *sql.Conn, provider *goose.Provider) error {
		if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS tasklane"); err != nil {
			return err
		}
		_, err := provider.UpTo(ctx, version)
		return err
	})
}

// TaskPage is a [Page] of tasks.
type TaskPage struct {
	Tasks      []taskapi.Task
	NextCursor string
	Changes    int64
}

// ListTasks is List with tasks.
func (s *Store) ListTasks(ctx context.Context, user string, options taskapi.ListTasksOptions) (TaskPage, error) {
	page, err := s.List(ctx, user, taskapi.KindTask, options)
	found, _ := page.Data.([]taskapi.Task)
	return TaskPage{found, page.NextCursor, page.Changes}, err
}

// Columns returns the columns of each kind's table that the program uses.
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

// TitleByRLS reads the title of a task over a lane by a statement that does not name the
// user. It returns "" if row-level security hides the task.
func (s *Store) TitleByRLS(ctx context.Context, user string, id uuid.UUID) (string, error) {
	st := statement{"SELECT coalesce(max(title), '') FROM tasklane.tasks WHERE id = $1", []any{[16]byte(id)}}
	return read(ctx, s, user, st, func(rows pgx.Rows) (string, error) { return pgx.CollectExactlyOneRow(rows, pgx.RowTo[string]) })
}

// SplitWords returns the words of a text in order.
var SplitWords = splitWords
