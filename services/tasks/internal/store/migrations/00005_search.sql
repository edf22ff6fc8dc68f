-- +goose NO TRANSACTION
-- +goose Up

-- Finds the tasks whose words an older release has made (words.go). When the
-- migrations are applied, "tasks migrate" indexes them anew, and the index is
-- empty.
SET lock_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS tasklane.tasks_unmarked; -- of a migration that was cut off
CREATE INDEX CONCURRENTLY tasks_unmarked ON tasklane.tasks (user_id) WHERE NOT words @@ '''#2''';
