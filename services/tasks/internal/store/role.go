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

// checkRole finds what would let the current role past row-level security. A
// table with a column user_id is one of users' rows.
const checkRole = `
	WITH owned AS (
		SELECT oid, relname, relowner, relrowsecurity, relforcerowsecurity
		FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind IN ('r', 'p')
			AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'user_id')
	)
	SELECT 'the role ' || current_user || CASE rolname WHEN current_user THEN '' ELSE ' can become ' || rolname || ', which' END
		|| CASE WHEN rolsuper THEN ' is a superuser' ELSE ' has BYPASSRLS' END
	FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND (rolname = current_user OR pg_has_role(oid, 'MEMBER'))
	UNION ALL
	SELECT 'the role ' || current_user || ' can act as the owner of ' || relname
	FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')
	UNION ALL
	SELECT 'row-level security is not forced on ' || relname
	FROM owned WHERE NOT (relrowsecurity AND relforcerowsecurity)
	UNION ALL
	SELECT 'there is no policy ' || policy || ' on ' || relname
	FROM owned, unnest(ARRAY['own_rows', 'maintenance']) AS policy
	WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = owned.oid AND polname = policy)
	UNION ALL
	SELECT name || ' is not a table with rows of users'
	FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM owned WHERE 'tasklane.' || relname = name)
	UNION ALL
	SELECT 'the policy ' || polname || ' on ' || relname || ' does not ask for the user'
	FROM owned JOIN pg_policy ON polrelid = owned.oid, unnest(polroles) AS role
	WHERE polpermissive AND CASE role WHEN 0 THEN true ELSE pg_has_role(role, 'MEMBER') END
		AND (coalesce(pg_get_expr(polqual, polrelid), 'app.user_id') NOT LIKE '%app.user_id%'
			OR coalesce(pg_get_expr(polwithcheck, polrelid), 'app.user_id') NOT LIKE '%app.user_id%')`

// CheckSafety returns [ErrSchemaBehind] or [ErrUnsafeRole], with the reasons,
// unless the schema is as this program needs it and binds the runtime role to
// one user's rows at a time.
func (s *Store) CheckSafety(ctx context.Context) error {
	return s.outage.repeat(ctx, func() error {
		if err := s.CheckVersion(ctx); err != nil {
			return err
		}
		return s.CheckRole(ctx)
	})
}

// CheckRole returns [ErrUnsafeRole], with the reasons, unless row-level
// security binds the runtime role.
func (s *Store) CheckRole(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, checkRole, usersTables(s.kinds))
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

// CheckVersion returns [ErrSchemaBehind] unless the schema is as this program
// needs it. From then on, the store speaks to the database as it found it: spread
// over the servers of a Citus cluster or not. Before that it takes it for one
// server.
func (s *Store) CheckVersion(ctx context.Context) error {
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
	var distributed bool
	if err := s.pool.QueryRow(ctx, "SELECT tasklane.distributed()").Scan(&distributed); err != nil {
		return fmt.Errorf("see whether the tables are distributed: %w", mapError(err))
	}
	s.distributed.Store(distributed)
	return nil
}
