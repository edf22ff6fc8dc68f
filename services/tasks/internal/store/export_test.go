package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// DistributedForm is what Citus takes.
const DistributedForm = distributedForm

// MigrateTo brings an empty database to an earlier version of the schema.
func MigrateTo(ctx context.Context, ownerURL string, version int64) error {
	return asOwner(ctx, ownerURL, func(conn *sql.Conn, provider *goose.Provider) error {
		if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS tasklane"); err != nil {
			return err
		}
		_, err := provider.UpTo(ctx, version)
		return err
	})
}
