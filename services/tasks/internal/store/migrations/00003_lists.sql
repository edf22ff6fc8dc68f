-- +goose Up

CREATE TABLE tasklane.lists (
    user_id text NOT NULL CHECK (user_id <> ''),
    id uuid NOT NULL,
    -- The change that last touched the row.
    seq bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    color text,
    archived boolean NOT NULL,
    -- The position in the manual order, compared by bytes.
    position text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Null outside the trash.
    deleted_at timestamptz,
    -- The bytes of its texts, plus 100.
    size integer NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX lists_position ON tasklane.lists (user_id, position, id) WHERE deleted_at IS NULL;
CREATE INDEX lists_archived ON tasklane.lists (user_id, id) WHERE archived;
CREATE INDEX lists_seq ON tasklane.lists (user_id, seq);
CREATE INDEX lists_trash ON tasklane.lists (deleted_at) WHERE deleted_at IS NOT NULL;

SELECT tasklane.add_kind('list', 'lists');
