-- +goose Up

-- The user of the transaction. Everything that row-level security shows or
-- hides hangs on it, so it is set in the transaction of the query itself and
-- ends with it. Inlined by the planner.
CREATE FUNCTION tasklane.set_user(user_id text) RETURNS text
    LANGUAGE sql VOLATILE
    AS $$ SELECT pg_catalog.set_config('app.user_id', user_id, true) $$;

-- The same for a transaction that changes tasks. It waits no longer than five
-- seconds for another one of the user.
CREATE FUNCTION tasklane.begin_write(user_id text) RETURNS text
    LANGUAGE sql VOLATILE
    AS $$ SELECT pg_catalog.set_config('lock_timeout', '5s', true) || pg_catalog.set_config('app.user_id', user_id, true) $$;

-- The day of a time zone that a moment lies in. It begins and ends at the
-- zone's own midnights, which are 23 or 25 hours apart when the clocks change.
-- In PL/pgSQL it is not inlined, and so an unknown zone is always noticed.
-- +goose StatementBegin
CREATE FUNCTION tasklane.day_of(moment timestamptz, zone text, OUT begins timestamptz, OUT ends timestamptz)
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    begins := date_trunc('day', moment AT TIME ZONE zone) AT TIME ZONE zone;
    ends := (date_trunc('day', moment AT TIME ZONE zone) + interval '1 day') AT TIME ZONE zone;
END
$$;
-- +goose StatementEnd

CREATE TABLE tasklane.user_state (
    user_id text PRIMARY KEY CHECK (user_id <> ''),
    -- The number of the user's latest change. A transaction that changes a
    -- user's tasks locks this row first, so that the changes of one user are
    -- totally ordered and none can commit behind a later one.
    seq bigint NOT NULL CHECK (seq >= 0),
    -- The highest number of a change that has been purged from tasklane.erased.
    purged_seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE tasklane.tasks (
    user_id text NOT NULL CHECK (user_id <> ''),
    id uuid NOT NULL,
    -- The change that last touched the row.
    seq bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 500),
    description text NOT NULL CHECK (char_length(description) <= 20000),
    -- Null while the task is open.
    completed_at timestamptz,
    -- 0 none, 1 low, 2 medium, 3 high, 4 urgent: a number, to be sorted by.
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 4),
    due_at timestamptz,
    tags text[] NOT NULL CHECK (cardinality(tags) <= 20),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Null outside the trash.
    deleted_at timestamptz,
    -- The title's place in the alphabet (words.go).
    title_key bytea NOT NULL,
    -- The words of title, description and tags (words.go).
    words tsvector NOT NULL,
    PRIMARY KEY (user_id, id)
);

-- No index can serve words or tags: their operators are not leakproof, so
-- PostgreSQL applies them only to rows that row-level security has let pass.
CREATE INDEX tasks_created ON tasklane.tasks (user_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_due ON tasklane.tasks (user_id, due_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_seq ON tasklane.tasks (user_id, seq);
CREATE INDEX tasks_trash ON tasklane.tasks (deleted_at) WHERE deleted_at IS NOT NULL;

-- What is left of a task that was erased for good, so that readers of the
-- changes learn of it.
CREATE TABLE tasklane.erased (
    user_id text NOT NULL CHECK (user_id <> ''),
    id uuid NOT NULL,
    seq bigint NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, seq)
);

CREATE INDEX erased_age ON tasklane.erased (erased_at);

-- The answers of writes that came with an Idempotency-Key.
CREATE TABLE tasklane.idempotency_keys (
    user_id text NOT NULL CHECK (user_id <> ''),
    key text NOT NULL,
    -- SHA-256 of what was asked for.
    request bytea NOT NULL,
    -- The rows of the tasks in the answer, in order.
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_age ON tasklane.idempotency_keys USING brin (created_at);

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['user_state', 'tasks', 'erased', 'idempotency_keys'] LOOP
        EXECUTE format('ALTER TABLE tasklane.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE tasklane.%I FORCE ROW LEVEL SECURITY', name);
        -- The sub-select is computed once for a query, not once for a row.
        EXECUTE format('CREATE POLICY own_rows ON tasklane.%I
            USING (user_id = (SELECT current_setting(''app.user_id'', true)))
            WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', name);
        -- Purging acts for all users; it runs as the owner.
        EXECUTE format('CREATE POLICY maintenance ON tasklane.%I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- One step of maintenance: removes idempotency keys older than key_age and
-- what is left of tasks erased longer ago than retention, and erases tasks that
-- have been in the trash for that long; at most most_rows of each. It returns
-- the number of rows removed, 0 where another step is running. The runtime
-- role may call it: it acts for all users, but only on what has expired, and
-- not sooner than a day.
-- +goose StatementBegin
CREATE FUNCTION tasklane.purge(key_age interval, retention interval, most_rows integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    removed bigint := 0;
    n bigint;
    one record;
    next_seq bigint;
BEGIN
    IF key_age < interval '1 day' OR retention < interval '1 day' THEN
        RAISE EXCEPTION 'nothing is purged before a day has passed' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('tasklane.purge')) THEN
        RETURN 0;
    END IF;

    DELETE FROM tasklane.idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM tasklane.idempotency_keys WHERE created_at < now() - key_age LIMIT most_rows));
    GET DIAGNOSTICS n = ROW_COUNT;
    removed := removed + n;

    WITH gone AS (
        DELETE FROM tasklane.erased WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM tasklane.erased WHERE erased_at < now() - retention ORDER BY erased_at LIMIT most_rows))
        RETURNING user_id, seq
    ), latest AS (
        SELECT user_id, max(seq) AS seq FROM gone GROUP BY user_id
    ), moved AS (
        UPDATE tasklane.user_state s SET purged_seq = greatest(s.purged_seq, latest.seq)
        FROM latest WHERE s.user_id = latest.user_id
    )
    SELECT count(*) FROM gone INTO n;
    removed := removed + n;

    -- In the order of users, as everybody takes a user's lock before a task's.
    FOR one IN
        SELECT user_id, id FROM tasklane.tasks
        WHERE deleted_at < now() - retention ORDER BY user_id, id LIMIT most_rows
    LOOP
        UPDATE tasklane.user_state s SET seq = s.seq + 1 WHERE s.user_id = one.user_id RETURNING s.seq INTO next_seq;
        -- Restored in the meantime, it stays.
        DELETE FROM tasklane.tasks t
        WHERE t.user_id = one.user_id AND t.id = one.id AND t.deleted_at < now() - retention;
        IF FOUND THEN
            INSERT INTO tasklane.erased (user_id, id, seq, erased_at) VALUES (one.user_id, one.id, next_seq, now());
            removed := removed + 1;
        END IF;
    END LOOP;
    RETURN removed;
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION tasklane.purge(interval, interval, integer) FROM PUBLIC;
