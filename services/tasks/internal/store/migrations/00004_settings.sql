-- +goose Up

-- A user has no row before the first change, because all users begin with the defaults.
CREATE TABLE tasklane.settings (
    user_id text NOT NULL CHECK (user_id <> ''),
    -- The same for every user (taskapi.SettingsID).
    id uuid NOT NULL,
    -- The change that last touched the row.
    seq bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    -- A name of the IANA time zone database, which PostgreSQL need not know.
    time_zone text NOT NULL,
    week_start text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Always null: settings have no trash.
    deleted_at timestamptz,
    -- The bytes of its texts, plus 100.
    size integer NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX settings_trash ON tasklane.settings (deleted_at) WHERE deleted_at IS NOT NULL;

SELECT tasklane.add_kind('settings', 'settings');
