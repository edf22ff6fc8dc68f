package store

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// taskRow is a row of tasklane.tasks. It is not the wire's type, because
// columns change on another schedule; a test fills every field of a task,
// saves it, loads it and compares.
type taskRow struct {
	bun.BaseModel `bun:"table:tasklane.tasks,alias:t"`

	UserID      string     `bun:"user_id,pk"`
	ID          [16]byte   `bun:"id,pk,type:uuid"`
	Seq         int64      `bun:"seq"`
	Version     int64      `bun:"version"`
	Title       string     `bun:"title"`
	Description string     `bun:"description"`
	CompletedAt *time.Time `bun:"completed_at"`
	Priority    int16      `bun:"priority"`
	DueAt       *time.Time `bun:"due_at"`
	Tags        []string   `bun:"tags,array"`
	CreatedAt   time.Time  `bun:"created_at"`
	UpdatedAt   time.Time  `bun:"updated_at"`
	DeletedAt   *time.Time `bun:"deleted_at"`
}

// scan reads a row whose columns are in the order of taskRow's fields, which
// is the order in which bun names them.
func (r *taskRow) scan(row pgx.CollectableRow) error {
	return row.Scan(&r.UserID, &r.ID, &r.Seq, &r.Version, &r.Title, &r.Description, &r.CompletedAt,
		&r.Priority, &r.DueAt, &r.Tags, &r.CreatedAt, &r.UpdatedAt, &r.DeletedAt)
}

// task returns the row as the wire shows it.
func (r *taskRow) task() taskapi.Task {
	return taskapi.Task{
		ID:          uuid.UUID(r.ID).String(),
		Title:       r.Title,
		Description: r.Description,
		Completed:   r.CompletedAt != nil,
		CompletedAt: inUTC(r.CompletedAt),
		Priority:    taskapi.Priorities()[r.Priority],
		DueAt:       inUTC(r.DueAt),
		Tags:        r.Tags,
		Version:     r.Version,
		CreatedAt:   r.CreatedAt.UTC(),
		UpdatedAt:   r.UpdatedAt.UTC(),
		DeletedAt:   inUTC(r.DeletedAt),
	}
}

// rank returns the number by which a priority is stored. The empty priority is
// None.
func rank(p taskapi.Priority) int16 {
	return int16(max(slices.Index(taskapi.Priorities(), p), 0))
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// readTask returns a reader of a statement that yields one row.
func readTask(into *taskRow) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		_, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (struct{}, error) {
			return struct{}{}, into.scan(row)
		})
		return err
	}
}
