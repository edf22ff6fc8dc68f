package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The day stands first, so that the zone is looked at also where there is no
// task.
const selectCounts = `
	SELECT
		count(t.id) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL),
		count(t.id) FILTER (WHERE deleted_at IS NULL AND completed_at IS NOT NULL),
		count(t.id) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL AND due_at < now()),
		count(t.id) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL AND due_at >= begins AND due_at < ends),
		count(t.id) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL AND due_at IS NULL),
		count(t.id) FILTER (WHERE deleted_at IS NOT NULL)
	FROM tasklane.day_of(now(), $2) LEFT JOIN tasklane.tasks t ON t.user_id = $1`

const selectPriorities = `
	SELECT priority, count(*) FROM tasklane.tasks
	WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL GROUP BY priority`

const selectTags = `
	SELECT tag, count(*) FROM tasklane.tasks, unnest(tags) AS tag
	WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL
	GROUP BY tag ORDER BY count(*) DESC, tag LIMIT $2`

// Stats counts the user's tasks. The zone, an IANA name, decides what today
// is; one that is not known is [ErrInvalidTimeZone].
func (s *Store) Stats(ctx context.Context, user, zone string) (taskapi.Stats, error) {
	var stats taskapi.Stats
	err := s.run(ctx, setUser(user), func(batch *pgx.Batch) {
		stats = taskapi.Stats{ByPriority: map[taskapi.Priority]int64{}, ByTag: []taskapi.TagCount{}}
		for _, p := range taskapi.Priorities() {
			stats.ByPriority[p] = 0
		}
		batch.Queue(selectCounts, user, zone).QueryRow(func(row pgx.Row) error {
			return row.Scan(&stats.Open, &stats.Completed, &stats.Overdue, &stats.DueToday, &stats.Undated, &stats.Deleted)
		})
		batch.Queue(selectPriorities, user).Query(func(rows pgx.Rows) error {
			var priority int16
			var count int64
			_, err := pgx.ForEachRow(rows, []any{&priority, &count}, func() error {
				stats.ByPriority[taskapi.Priorities()[priority]] = count
				return nil
			})
			return err
		})
		batch.Queue(selectTags, user, taskapi.MaxStatsTags).Query(func(rows pgx.Rows) error {
			var tag taskapi.TagCount
			_, err := pgx.ForEachRow(rows, []any{&tag.Tag, &tag.Count}, func() error {
				stats.ByTag = append(stats.ByTag, tag)
				return nil
			})
			return err
		})
	})
	var fault *pgconn.PgError
	if errors.As(err, &fault) && fault.Code == invalidParameterValue {
		return taskapi.Stats{}, fmt.Errorf("count tasks: %w", ErrInvalidTimeZone)
	}
	if err != nil {
		return taskapi.Stats{}, fmt.Errorf("count tasks: %w", err)
	}
	return stats, nil
}

// invalidParameterValue is the SQLSTATE of a time zone that is not known.
const invalidParameterValue = "22023"
