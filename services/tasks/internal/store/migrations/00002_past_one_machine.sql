-- +goose Up

-- When work was last begun that every replica offers to do.
CREATE TABLE tasklane.timers (
    name text PRIMARY KEY,
    begun_at timestamptz NOT NULL
);

-- Whether the caller is to do the work: one caller in each period is.
CREATE FUNCTION tasklane.claim(work text, period interval) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    WITH claimed AS (
        INSERT INTO tasklane.timers AS t (name, begun_at) VALUES (work, now())
        ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at WHERE t.begun_at <= now() - period
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM claimed)
$$;
REVOKE ALL ON FUNCTION tasklane.claim(text, interval) FROM PUBLIC;

-- Whether users' rows are spread over several servers. "tasks distribute"
-- replaces it.
CREATE FUNCTION tasklane.distributed() RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT false $$;

-- Every row is removed by its user and key: where a row lies in its table means
-- nothing once there are several tables behind one name. "tasks distribute"
-- replaces this and the next function.
-- +goose StatementBegin
CREATE FUNCTION tasklane.purge_keys(before timestamptz, most_rows integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    removed bigint;
BEGIN
    DELETE FROM tasklane.idempotency_keys k
    USING (SELECT user_id, key FROM tasklane.idempotency_keys WHERE created_at < before LIMIT most_rows) d
    WHERE k.user_id = d.user_id AND k.key = d.key;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION tasklane.purge_erased(before timestamptz, most_rows integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    users text[];
    seqs bigint[];
    removed bigint;
BEGIN
    SELECT array_agg(d.user_id), array_agg(d.seq) INTO users, seqs
    FROM (SELECT user_id, seq FROM tasklane.erased WHERE erased_at < before ORDER BY erased_at LIMIT most_rows) d;
    PERFORM 1 FROM tasklane.user_state WHERE user_id = ANY (users) ORDER BY user_id FOR UPDATE;
    WITH gone AS (
        DELETE FROM tasklane.erased e USING unnest(users, seqs) AS d (user_id, seq)
        WHERE e.user_id = d.user_id AND e.seq = d.seq
        RETURNING e.user_id, e.seq
    ), latest AS (
        SELECT user_id, max(seq) AS seq FROM gone GROUP BY user_id
    ), moved AS (
        UPDATE tasklane.user_state s SET purged_seq = greatest(s.purged_seq, latest.seq)
        FROM latest WHERE s.user_id = latest.user_id
    )
    SELECT count(*) FROM gone INTO removed;
    RETURN removed;
END
$$;
-- +goose StatementEnd

-- As before, but it takes the locks of users in their order, and keys last, as
-- everybody takes a user's lock before a key: nobody whom it waits for waits for
-- it. It gives up after a second, as many wait for what it has locked.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tasklane.purge(key_age interval, retention interval, most_rows integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
    AS $$
DECLARE
    removed bigint;
    one record;
    next_seq bigint;
BEGIN
    IF key_age < interval '1 day' OR retention < interval '1 day' THEN
        RAISE EXCEPTION 'nothing is purged before a day has passed' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('tasklane.purge')) THEN
        RETURN 0;
    END IF;

    removed := tasklane.purge_erased(now() - retention, most_rows);
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
    RETURN removed + tasklane.purge_keys(now() - key_age, most_rows);
END
$$;
-- +goose StatementEnd
