-- +goose Up

-- Sets the user of the transaction, on which all row-level security depends. It is set in the
-- transaction of the query itself and ends with it. The planner inlines it.
CREATE FUNCTION tasklane.set_user(user_id text) RETURNS text
    LANGUAGE sql VOLATILE
    AS $$ SELECT pg_catalog.set_config('app.user_id', user_id, true) $$;

-- Like set_user, for a transaction that changes resources. It bounds the wait for the user's lock.
CREATE FUNCTION tasklane.begin_write(user_id text) RETURNS text
    LANGUAGE sql VOLATILE
    AS $$ SELECT pg_catalog.set_config('lock_timeout', '3s', true) || pg_catalog.set_config('app.user_id', user_id, true) $$;

-- The kinds of resources, each with a table of this schema. A kind's migration
-- adds it with tasklane.add_kind.
CREATE TABLE tasklane.kinds (
    kind text PRIMARY KEY,
    table_name text NOT NULL UNIQUE
);

-- Restricts each user to their own rows of a table.
-- +goose StatementBegin
CREATE FUNCTION tasklane.protect(name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE tasklane.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    -- The sub-select is computed once per query, not once per row.
    EXECUTE format('CREATE POLICY own_rows ON tasklane.%I
        USING (user_id = (SELECT current_setting(''app.user_id'', true)))
        WITH CHECK (user_id = (SELECT current_setting(''app.user_id'', true)))', name);
    -- Purging acts for all users; it runs as the owner.
    EXECUTE format('CREATE POLICY maintenance ON tasklane.%I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
END
$$;
-- +goose StatementEnd

-- Protects the table of a kind and registers it for purging its trash. The table needs the
-- columns of the store's type meta, and user_id.
-- +goose StatementBegin
CREATE FUNCTION tasklane.add_kind(kind text, table_name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM tasklane.protect(table_name);
    INSERT INTO tasklane.kinds (kind, table_name) VALUES (add_kind.kind, add_kind.table_name);
END
$$;
-- +goose StatementEnd

CREATE TABLE tasklane.user_state (
    user_id text PRIMARY KEY CHECK (user_id <> ''),
    -- The number of the user's latest change. A transaction that changes a user's
    -- resources locks this row first, so that the changes of one user commit in the
    -- order of their numbers.
    seq bigint NOT NULL CHECK (seq >= 0),
    -- The highest number of a change that has been purged from tasklane.erased.
    purged_seq bigint NOT NULL DEFAULT 0,
    -- The user's usage: the number of resources, and the sizes of resources, stored
    -- outcomes and tombstones. A tombstone has 100 bytes.
    resources bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    -- When the user was erased. After that nothing can be added, although the user may
    -- have a valid token.
    erased_at timestamptz,
    CONSTRAINT user_state_erased CHECK (erased_at IS NULL OR resources = 0 AND bytes = 0)
);

CREATE INDEX user_state_erased_age ON tasklane.user_state (erased_at) WHERE erased_at IS NOT NULL;

-- Tombstones of erased resources, for readers of the change feed.
CREATE TABLE tasklane.erased (
    user_id text NOT NULL CHECK (user_id <> ''),
    kind text NOT NULL,
    id uuid NOT NULL,
    seq bigint NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, seq)
);

CREATE INDEX erased_age ON tasklane.erased (erased_at);

-- The outcomes of writes that came with an Idempotency-Key: a row for each
-- resource of an outcome, in the order of place.
CREATE TABLE tasklane.idempotency_keys (
    user_id text NOT NULL CHECK (user_id <> ''),
    key text NOT NULL,
    place smallint NOT NULL,
    -- The SHA-256 of the request.
    request bytea NOT NULL,
    resource uuid NOT NULL,
    -- The resource as JSON (idempotency.go), without its data once it is erased.
    snapshot bytea NOT NULL,
    -- The resource's size when it was stored.
    size integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key, place)
);

CREATE INDEX idempotency_keys_resource ON tasklane.idempotency_keys (user_id, resource);
CREATE INDEX idempotency_keys_age ON tasklane.idempotency_keys USING brin (created_at);

SELECT tasklane.protect('user_state'), tasklane.protect('erased'), tasklane.protect('idempotency_keys');

-- When claim_purge last returned true.
CREATE TABLE tasklane.timers (
    name text PRIMARY KEY,
    begun_at timestamptz NOT NULL
);

-- Whether the caller should purge: one caller in each hour should.
CREATE FUNCTION tasklane.claim_purge() RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    WITH claimed AS (
        INSERT INTO tasklane.timers AS t (name, begun_at) VALUES ('purge', now())
        ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at WHERE t.begun_at <= now() - interval '1 hour'
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM claimed)
$$;
REVOKE ALL ON FUNCTION tasklane.claim_purge() FROM PUBLIC;

-- Whether users' rows are distributed over several servers. "tasks distribute" replaces it.
CREATE FUNCTION tasklane.distributed() RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT false $$;

-- Removes idempotency keys created before keys_before, and tombstones, deleted resources and
-- erased users from before rest_before; at most most_rows of each. It returns the number of
-- removed rows.
--
-- It locks users in order, one by one: Citus rejects a lock of several users' rows. Keys come
-- last, because writes lock the user before a key; this order prevents deadlocks.
-- +goose StatementBegin
CREATE FUNCTION tasklane.purge_before(keys_before timestamptz, rest_before timestamptz, most_rows integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    removed bigint := 0;
    n bigint;
    k record;
    one record;
    users text[];
    ids uuid[];
BEGIN
    FOR one IN
        SELECT d.user_id, array_agg(d.seq) AS seqs, max(d.seq) AS latest FROM (
            SELECT user_id, seq FROM tasklane.erased WHERE erased_at < rest_before ORDER BY erased_at LIMIT most_rows
        ) d GROUP BY d.user_id ORDER BY d.user_id
    LOOP
        UPDATE tasklane.user_state s SET purged_seq = greatest(s.purged_seq, one.latest), bytes = s.bytes - 100 * cardinality(one.seqs)
            WHERE s.user_id = one.user_id;
        DELETE FROM tasklane.erased e WHERE e.user_id = one.user_id AND e.seq = ANY (one.seqs);
        GET DIAGNOSTICS n = ROW_COUNT;
        removed := removed + n;
    END LOOP;
    FOR k IN SELECT kind, table_name FROM tasklane.kinds ORDER BY kind LOOP
        EXECUTE format('SELECT array_agg(user_id), array_agg(id) FROM (
            SELECT user_id, id FROM tasklane.%I WHERE deleted_at < $1 ORDER BY user_id, id LIMIT $2) d', k.table_name)
            INTO users, ids USING rest_before, most_rows;
        FOR one IN SELECT DISTINCT unnest(users) AS user_id ORDER BY user_id LOOP
            PERFORM FROM tasklane.user_state s WHERE s.user_id = one.user_id FOR UPDATE;
        END LOOP;
        -- Resources that were restored since the SELECT stay. The INSERT and the DELETE are two
        -- statements, because Citus rejects them in one.
        EXECUTE format('INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at)
            SELECT t.user_id, $4, t.id, s.seq + row_number() OVER (PARTITION BY t.user_id ORDER BY t.id), now()
            FROM unnest($1, $2) d (user_id, id) JOIN tasklane.%I t USING (user_id, id) JOIN tasklane.user_state s USING (user_id)
            WHERE t.deleted_at < $3', k.table_name) USING users, ids, rest_before, k.kind;
        GET DIAGNOSTICS n = ROW_COUNT;
        removed := removed + n;
        EXECUTE format('WITH gone AS (
                DELETE FROM tasklane.%I t USING unnest($1, $2) d (user_id, id)
                WHERE t.user_id = d.user_id AND t.id = d.id AND t.deleted_at < $3 RETURNING t.user_id, t.size
            )
            UPDATE tasklane.user_state s SET seq = s.seq + g.rows, resources = s.resources - g.rows, bytes = s.bytes - g.freed
            FROM (SELECT user_id, count(*) AS rows, sum(size - 100) AS freed FROM gone GROUP BY user_id) g WHERE s.user_id = g.user_id',
            k.table_name) USING users, ids, rest_before;
    END LOOP;
    FOR one IN
        SELECT d.user_id, array_agg(d.key) AS keys FROM (
            SELECT user_id, key FROM tasklane.idempotency_keys WHERE created_at < keys_before LIMIT most_rows
        ) d GROUP BY d.user_id ORDER BY d.user_id
    LOOP
        UPDATE tasklane.user_state s SET bytes = s.bytes
            - (SELECT coalesce(sum(i.size), 0) FROM tasklane.idempotency_keys i WHERE i.user_id = one.user_id AND i.key = ANY (one.keys))
            WHERE s.user_id = one.user_id;
        DELETE FROM tasklane.idempotency_keys WHERE user_id = one.user_id AND key = ANY (one.keys);
        GET DIAGNOSTICS n = ROW_COUNT;
        removed := removed + n;
    END LOOP;
    FOR one IN SELECT user_id FROM tasklane.user_state WHERE erased_at < rest_before ORDER BY user_id LIMIT most_rows LOOP
        DELETE FROM tasklane.user_state WHERE user_id = one.user_id AND erased_at < rest_before;
        GET DIAGNOSTICS n = ROW_COUNT;
        removed := removed + n;
    END LOOP;
    RETURN removed;
END
$$;
-- +goose StatementEnd

-- One step of maintenance. It returns the number of removed rows, or 0 while another step is
-- running. It gives up after a second, because others wait for its locks. SET LOCAL sets the
-- limit: Citus propagates it to its workers in an explicit transaction, but does not
-- propagate a setting of the function.
--
-- The runtime role may call it. It acts for all users, so it has no arguments that could make
-- it remove unexpired rows.
-- +goose StatementBegin
CREATE FUNCTION tasklane.purge() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    SET LOCAL lock_timeout = '1s';
    IF NOT pg_try_advisory_xact_lock(hashtext('tasklane.purge')) THEN
        RETURN 0;
    END IF;
    RETURN tasklane.purge_before(now() - interval '24 hours', now() - interval '720 hours', 500);
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION tasklane.purge() FROM PUBLIC;
