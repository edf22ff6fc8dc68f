-- +goose Up

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
    -- 0 none, 1 low, 2 medium, 3 high, 4 urgent: a number, for sorting.
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 4),
    due_at timestamptz,
    -- The day whose last second is due_at, such as 2026-11-30; null for a due time.
    due_on text CHECK (due_on IS NULL OR due_at IS NOT NULL),
    tags text[] NOT NULL CHECK (cardinality(tags) <= 20),
    -- The keys of the tags (taskapi.TagKey), null if they equal the tags.
    tag_keys text[],
    -- The list; zero for the Inbox. PostgreSQL can read rows in the order of an index
    -- after =, but not after IS NULL.
    list_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The task that this is a sub-task of; zero for none.
    parent_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The recurrence, a rule of RFC 5545, empty if the task does not recur, and the date
    -- from which the next due date is counted: due or completion.
    recurrence text NOT NULL DEFAULT '' CHECK (recurrence = '' OR due_at IS NOT NULL),
    recurrence_from text NOT NULL DEFAULT 'due',
    -- The next task, created when this one was completed; zero for none.
    next_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The position in the manual order, compared by bytes.
    position text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Null outside the trash.
    deleted_at timestamptz,
    -- The resource with which the task was deleted; zero outside the trash, and if the
    -- task was deleted directly.
    deleted_with uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The sort key of the title (words.go).
    title_key bytea NOT NULL,
    -- The words of title, description and tags (words.go).
    words tsvector NOT NULL,
    -- The bytes of its texts, plus 100.
    size integer NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, id)
);

-- Ids are in the order of creation. The primary key would also find tasks in the trash, of
-- which there may be many. No index can serve words or tags: their operators are not
-- leakproof, so PostgreSQL applies them only to rows that have passed row-level security.
CREATE INDEX tasks_created ON tasklane.tasks (user_id, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_position ON tasklane.tasks (user_id, position, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_list ON tasklane.tasks (user_id, list_id, position, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_due ON tasklane.tasks (user_id, due_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_seq ON tasklane.tasks (user_id, seq);
CREATE INDEX tasks_trash ON tasklane.tasks (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX tasks_parent ON tasklane.tasks (user_id, parent_id, position, id) WHERE parent_id <> '00000000-0000-0000-0000-000000000000';
-- Most tasks have no sub-tasks, whatever a sample says: where most rows of the table
-- have one parent, the planner would scan the table for the sub-tasks of each of them.
ALTER TABLE tasklane.tasks ALTER COLUMN parent_id SET (n_distinct = -0.2);
CREATE INDEX tasks_deleted_with ON tasklane.tasks (user_id, deleted_with) WHERE deleted_with <> '00000000-0000-0000-0000-000000000000';

SELECT tasklane.add_kind('task', 'tasks');
