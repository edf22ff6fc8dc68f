package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TaskOccurrences returns the next due dates of a task after now, also of a task in the trash,
// or [ErrNotFound].
func (s *Store) TaskOccurrences(ctx context.Context, user string, id uuid.UUID, now time.Time, limit int) ([]taskapi.Occurrence, error) {
	var task *taskRow
	var location *time.Location
	err := s.runInZone(ctx, user, nil, func(batch *pgx.Batch, zone *time.Location) {
		task, location = nil, zone
		tasks.byID(user, []uuid.UUID{id}).queue(batch).Query(tasks.read(func(r row, _ int) error {
			task = r.(*taskRow)
			return nil
		}))
	})
	if err == nil && task == nil {
		err = NotFound(taskapi.KindTask)
	}
	if err != nil {
		return nil, fmt.Errorf("list a task's occurrences: %w", err)
	}
	return task.task().Occurrences(now, location, limit), nil
}
