package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrUnsafeRole: the runtime role could read or change rows of every user, or the tables
// do not prevent it. The service does not start then.
var ErrUnsafeRole = errors.New("row-level security does not bind this role")

// ErrSchemaBehind: migrations are missing. "tasks migrate" applies them.
var ErrSchemaBehind = errors.New(`the database's schema is older than this program: run "tasks migrate"`)

// checkRole lists all ways in which the current role could bypass row-level security. Every
// table with a column user_id has rows of users. Policies and privileges must be those of
// the migrations. A view that runs as the owner shows the rows of all users, whatever its
// schema. So does a function that runs as a role exempt from row-level security; functions of
// extensions do not count. If the owner of the tables cannot become that role, the function
// counts only if it names the schema: on hosted PostgreSQL, PUBLIC may run functions of the
// host's superuser, and the operator cannot remove them.
const checkRole = `
	WITH RECURSIVE user_tables AS (
		SELECT oid, relname, relowner, relrowsecurity, relforcerowsecurity
		FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind IN ('r', 'p')
			AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'user_id')
	), policies AS (
		SELECT relname, relowner, polname, polpermissive AND polcmd = '*' AS plain, polroles,
			pg_get_expr(polqual, polrelid) AS using_condition, pg_get_expr(polwithcheck, polrelid) AS check_condition
		FROM user_tables JOIN pg_policy ON polrelid = user_tables.oid
	), relations AS (
		SELECT oid FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace
		UNION
		SELECT ev_class FROM relations JOIN pg_depend ON refclassid = 'pg_class'::regclass AND refobjid = relations.oid
			JOIN pg_rewrite ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
	), privileges AS (
		SELECT pg_class.oid, (aclexplode(relacl)).* FROM relations JOIN pg_class USING (oid)
		UNION
		SELECT relations.oid, (aclexplode(attacl)).* FROM relations JOIN pg_attribute ON attrelid = relations.oid
	)
	SELECT 'the role ' || current_user || CASE rolname WHEN current_user THEN '' ELSE ' can become ' || rolname || ', which' END
		|| CASE WHEN rolsuper THEN ' is a superuser' WHEN rolbypassrls THEN ' has BYPASSRLS'
			WHEN rolreplication THEN ' has REPLICATION' WHEN rolcreaterole THEN ' has CREATEROLE' ELSE ' can reach files of the server' END
	FROM pg_roles WHERE (rolname = current_user OR pg_has_role(oid, 'MEMBER')) AND (rolsuper OR rolbypassrls OR rolreplication OR rolcreaterole
		OR rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
	UNION ALL
	SELECT 'the role ' || current_user || ' can act as the owner of ' || relname
	FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')
	UNION ALL
	SELECT 'row-level security is not forced on ' || relname
	FROM user_tables WHERE NOT (relrowsecurity AND relforcerowsecurity)
	UNION ALL
	SELECT 'there is no policy ' || policy || ' on ' || relname
	FROM user_tables, unnest(ARRAY['own_rows', 'maintenance']) AS policy
	WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = user_tables.oid AND polname = policy)
	UNION ALL
	SELECT name || ' is not a table with rows of users'
	FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM user_tables WHERE 'tasklane.' || relname = name)
	UNION ALL
	SELECT 'the policy ' || polname || ' on ' || relname || ' is not that of the migrations'
	FROM policies WHERE (plain AND CASE polname
		WHEN 'own_rows' THEN polroles = '{0}' AND using_condition = check_condition AND using_condition IN (
			'(user_id = ( SELECT current_setting(''app.user_id''::text, true) AS current_setting))',
			'(user_id = current_setting(''app.user_id''::text, true))')
		WHEN 'maintenance' THEN polroles = ARRAY[relowner] AND using_condition = 'true' AND check_condition = 'true'
	END) IS NOT TRUE
	UNION ALL
	SELECT 'the role ' || current_user || ' has ' || privilege_type || ' on ' || oid::regclass
	FROM privileges WHERE CASE grantee WHEN 0 THEN true ELSE pg_has_role(grantee, 'MEMBER') END AND NOT CASE
		WHEN oid IN (SELECT oid FROM user_tables) THEN privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
		ELSE oid = $2::text::regclass AND privilege_type = 'SELECT'
	END
	UNION ALL
	SELECT 'the role ' || current_user || ' can create in the schema tasklane' WHERE has_schema_privilege('tasklane', 'CREATE')
	UNION ALL
	SELECT 'the role ' || current_user || ' can run ' || f.oid::regprocedure || ' as its owner'
	FROM pg_proc f JOIN pg_roles o ON o.oid = proowner
	WHERE prosecdef AND (rolbypassrls OR EXISTS (SELECT FROM user_tables WHERE pg_has_role(o.oid, relowner, 'MEMBER')))
		AND (EXISTS (SELECT FROM user_tables WHERE pg_has_role(relowner, o.oid, 'MEMBER'))
			OR CASE WHEN prokind <> 'a' THEN pg_get_functiondef(f.oid) ILIKE '%tasklane%' END)
		AND has_schema_privilege(pronamespace, 'USAGE') AND has_function_privilege(f.oid, 'EXECUTE')
		AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
		AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = f.oid AND deptype = 'e')
		AND f.oid::regprocedure::text NOT IN ('tasklane.claim_purge()', 'tasklane.purge()')`

// CheckSafety returns [ErrSchemaBehind], [ErrUnsafeRole] or [ErrLeak], with the reasons,
// unless this program can use the schema and row-level security binds the runtime role. It
// compares the definitions, and then tries to access another user's rows.
func (s *Store) CheckSafety(ctx context.Context) error {
	return s.outage.retry(ctx, func(*retries) error {
		if err := s.CheckVersion(ctx); err != nil {
			return err
		}
		if err := s.CheckRole(ctx); err != nil {
			return err
		}
		return s.ProbeIsolation(ctx)
	})
}

// CheckRole returns [ErrUnsafeRole], with the reasons, unless row-level security binds the
// runtime role, and the role has no more privileges than it needs.
func (s *Store) CheckRole(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, checkRole, usersTables(s.kinds), versionTable)
	if err != nil {
		return fmt.Errorf("check the runtime role: %w", mapError(err))
	}
	reasons, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("check the runtime role: %w", mapError(err))
	}
	if len(reasons) > 0 {
		return fmt.Errorf("%w: %s", ErrUnsafeRole, strings.Join(reasons, "; "))
	}
	return nil
}

// CheckVersion returns [ErrSchemaBehind] unless this program can use the schema. It also
// detects whether the database is a Citus cluster; before that, the store assumes a single
// server.
func (s *Store) CheckVersion(ctx context.Context) error {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	applied, err := countMigrations(ctx, s.pool)
	if err != nil {
		return err
	}
	if applied < len(files) {
		return fmt.Errorf("%w (%d of %d migrations applied)", ErrSchemaBehind, applied, len(files))
	}
	var distributed bool
	if err := s.pool.QueryRow(ctx, "SELECT tasklane.distributed()").Scan(&distributed); err != nil {
		return fmt.Errorf("check whether the tables are distributed: %w", mapError(err))
	}
	s.distributed.Store(distributed)
	return nil
}
