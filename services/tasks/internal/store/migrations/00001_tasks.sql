-- +goose Up

-- The user of the transaction. Everything that row-level security shows or
-- hides hangs on it, so it is set in the transaction of the query itself and
-- ends with it. Inlined by the planner.
CREATE FUNCTION tasklane.set_user(user_id text) RETURNS text
    LANGUAGE sql VOLATILE
    AS $$ SELECT pg_catalog.set_config('app.user_id', user_id, true) $$;

-- One counter for each user. A transaction that changes a user's tasks locks
-- the user's row first, so that the changes of one user are totally ordered.
CREATE TABLE tasklane.user_state (
    user_id text PRIMARY KEY CHECK (user_id <> ''),
    seq bigint NOT NULL CHECK (seq >= 0)
);

CREATE TABLE tasklane.tasks (
    user_id text NOT NULL CHECK (user_id <> ''),
    id uuid NOT NULL,
    -- The user's change number that last touched the row.
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
    PRIMARY KEY (user_id, id)
);

CREATE INDEX tasks_created ON tasklane.tasks (user_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX tasks_seq ON tasklane.tasks (user_id, seq);

ALTER TABLE tasklane.user_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasklane.user_state FORCE ROW LEVEL SECURITY;
ALTER TABLE tasklane.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasklane.tasks FORCE ROW LEVEL SECURITY;

-- The sub-select is computed once for a query, not once for a row.
CREATE POLICY own_rows ON tasklane.user_state
    USING (user_id = (SELECT current_setting('app.user_id', true)))
    WITH CHECK (user_id = (SELECT current_setting('app.user_id', true)));
CREATE POLICY own_rows ON tasklane.tasks
    USING (user_id = (SELECT current_setting('app.user_id', true)))
    WITH CHECK (user_id = (SELECT current_setting('app.user_id', true)));
