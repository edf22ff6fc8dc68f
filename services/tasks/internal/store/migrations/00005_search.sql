-- +goose NO TRANSACTION
-- +goose Up

-- Finds the tasks that an older release has indexed for search (words.go). After the
-- migrations, "tasks migrate" reindexes them, and the index is empty.
SET lock_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS tasklane.tasks_unmarked; -- of an interrupted migration
CREATE INDEX CONCURRENTLY tasks_unmarked ON tasklane.tasks (user_id) WHERE NOT words @@ '''#2''';
