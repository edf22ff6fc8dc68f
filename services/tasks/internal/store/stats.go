package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// selectCounts counts the tasks by state. $2 is the current time; the current day is from $3
// to $4.
const selectCounts = `
	SELECT
		count(*) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL),
		count(*) FILTER (WHERE deleted_at IS NULL AND completed_at IS NOT NULL),
		count(*) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL AND due_at < $2),
		count(*) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL AND due_at >= $3 AND due_at < $4),
		count(*) FILTER (WHERE deleted_at IS NULL AND completed_at IS NULL AND due_at IS NULL),
		count(*) FILTER (WHERE deleted_at IS NOT NULL)
	FROM tasklane.tasks WHERE user_id = $1 AND (deleted_at IS NOT NULL OR ` + notArchived + `)`

const selectPriorities = `
	SELECT priority, count(*) FROM tasklane.tasks
	WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL AND ` + notArchived + ` GROUP BY priority`

const selectLists = `
	SELECT list_id, count(*) FROM tasklane.tasks
	WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL GROUP BY list_id ORDER BY list_id`

// selectTags counts tasks by tag, each in the spelling that most tasks use.
const selectTags = `
	SELECT (array_agg(tag ORDER BY n DESC, tag COLLATE "C"))[1], sum(n)::bigint FROM (
		SELECT key, tag, count(*) AS n FROM tasklane.tasks, unnest(tags, coalesce(tag_keys, tags)) AS u (tag, key)
		WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL AND ` + notArchived + `
		GROUP BY key, tag
	) spellings
	GROUP BY key ORDER BY sum(n) DESC, key COLLATE "C" LIMIT $2`

// TaskStats counts the user's tasks. The zone, by default that of the settings,
// determines the current day.
func (s *Store) TaskStats(ctx context.Context, user string, zone *time.Location) (taskapi.Stats, error) {
	now := s.now()
	var stats taskapi.Stats
	err := s.runInZone(ctx, user, zone, func(batch *pgx.Batch, zone *time.Location) {
		start, end := taskapi.DayOf(now, zone)
		stats = taskapi.Stats{ByPriority: map[taskapi.Priority]int64{}, ByTag: []taskapi.TagCount{}, ByList: []taskapi.ListCount{}}
		for _, p := range priorities {
			stats.ByPriority[p] = 0
		}
		batch.Queue(selectCounts, user, now, start, end).QueryRow(func(row pgx.Row) error {
			return row.Scan(&stats.Open, &stats.Completed, &stats.Overdue, &stats.DueToday, &stats.Undated, &stats.Deleted)
		})
		var priority int16
		var list uuid.UUID
		var count int64
		batch.Queue(selectPriorities, user).Query(forEach([]any{&priority, &count}, func() error {
			stats.ByPriority[priorities[priority]] = count
			return nil
		}))
		batch.Queue(selectLists, user).Query(forEach([]any{(*[16]byte)(&list), &count}, func() error {
			stats.ByList = append(stats.ByList, taskapi.ListCount{ListID: wireID(list), Count: count})
			return nil
		}))
		var tag taskapi.TagCount
		batch.Queue(selectTags, user, taskapi.MaxStatsTags).Query(forEach([]any{&tag.Tag, &tag.Count}, func() error {
			stats.ByTag = append(stats.ByTag, tag)
			return nil
		}))
	})
	if err != nil {
		return taskapi.Stats{}, fmt.Errorf("count tasks: %w", err)
	}
	return stats, nil
}
