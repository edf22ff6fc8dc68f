-- Creates the roles of Tasklane in the current database, or updates them. A superuser
-- runs it, with the passwords in the settings tasklane.owner_password and
-- tasklane.auth_password.
--
--   tasklane_owner  owns the database, migrates, and creates the task service's role
--   tasklane_auth   Better Auth's role, which owns the schema auth and can read no other
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tasklane_owner') THEN
		CREATE ROLE tasklane_owner;
	END IF;
	EXECUTE format('ALTER ROLE tasklane_owner LOGIN CREATEROLE PASSWORD %L', current_setting('tasklane.owner_password'));
	EXECUTE format('ALTER DATABASE %I OWNER TO tasklane_owner', current_database());

	-- If a superuser created the task service's role, as before a restore, the owner may
	-- change its password only with this option, from PostgreSQL 16 on.
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tasklane_app') THEN
		GRANT tasklane_app TO tasklane_owner WITH ADMIN OPTION;
	END IF;

	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tasklane_auth') THEN
		CREATE ROLE tasklane_auth;
	END IF;
	EXECUTE format('ALTER ROLE tasklane_auth LOGIN PASSWORD %L', current_setting('tasklane.auth_password'));
	CREATE SCHEMA IF NOT EXISTS auth AUTHORIZATION tasklane_auth;
	-- Not a parameter of the connection: poolers reject it.
	EXECUTE format('ALTER ROLE tasklane_auth IN DATABASE %I SET search_path = auth', current_database());
END
$$;
