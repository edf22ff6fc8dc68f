package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrUnsafeRole: the runtime role could see or change rows of every user, or
// the tables do not stop it. The service refuses to run so.
var ErrUnsafeRole = errors.New("row-level security does not bind this role")

// ErrSchemaBehind: migrations are missing. "tasks migrate" applies them.
var ErrSchemaBehind = errors.New(`the database's schema is behind: run "tasks migrate"`)

// checkRole finds what would let the current role past row-level security.
const checkRole = `
	SELECT 'the role ' || current_user || ' is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
	UNION ALL
	SELECT 'the role ' || current_user || ' has BYPASSRLS' FROM pg_roles WHERE rolname = current_user AND rolbypassrls
	UNION ALL
	SELECT 'the role ' || current_user || ' can act as the owner of ' || relname
	FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')
	UNION ALL
	SELECT 'row-level security is not forced on ' || relname
	FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relname IN ('tasks', 'user_state')
		AND NOT (relrowsecurity AND relforcerowsecurity)`

// CheckSafety returns [ErrSchemaBehind] or [ErrUnsafeRole], with the reasons,
// unless the schema is as this program needs it and binds the runtime role to
// one user's rows at a time.
func (s *Store) CheckSafety(ctx context.Context) error {
	if err := s.checkVersion(ctx); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, checkRole)
	if err != nil {
		return fmt.Errorf("check the runtime role: %w", mapError(err))
	}
	faults, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("check the runtime role: %w", mapError(err))
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %s", ErrUnsafeRole, strings.Join(faults, "; "))
	}
	return nil
}

func (s *Store) checkVersion(ctx context.Context) error {
	var there bool
	if err := s.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", versionTable).Scan(&there); err != nil {
		return fmt.Errorf("look for the schema: %w", mapError(err))
	}
	if !there {
		return ErrSchemaBehind
	}
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	var applied int
	if err := s.pool.QueryRow(ctx, "SELECT count(DISTINCT version_id) FROM "+versionTable+" WHERE version_id > 0 AND is_applied").Scan(&applied); err != nil {
		return fmt.Errorf("read the schema's version: %w", mapError(err))
	}
	if applied < len(files) {
		return fmt.Errorf("%w (%d of %d migrations applied)", ErrSchemaBehind, applied, len(files))
	}
	return nil
}
