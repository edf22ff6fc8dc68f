-- The roles of Tasklane and what each may do, applied by a superuser to the
-- current database, as often as one likes. The settings tasklane.owner_password
-- and tasklane.auth_password carry the passwords.
--
--   tasklane_owner  migrates: owns the database and makes the task service's role
--   tasklane_auth   Better Auth: its tables are in the schema auth and it sees no other
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tasklane_owner') THEN
		CREATE ROLE tasklane_owner;
	END IF;
	EXECUTE format('ALTER ROLE tasklane_owner LOGIN CREATEROLE PASSWORD %L', current_setting('tasklane.owner_password'));
	EXECUTE format('ALTER DATABASE %I OWNER TO tasklane_owner', current_database());

	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tasklane_auth') THEN
		CREATE ROLE tasklane_auth;
	END IF;
	EXECUTE format('ALTER ROLE tasklane_auth LOGIN PASSWORD %L', current_setting('tasklane.auth_password'));
	CREATE SCHEMA IF NOT EXISTS auth AUTHORIZATION tasklane_auth;
	-- Not a parameter of the connection: poolers refuse those.
	EXECUTE format('ALTER ROLE tasklane_auth IN DATABASE %I SET search_path = auth', current_database());
END
$$;
