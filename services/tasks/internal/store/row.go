package store

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// taskRow is a row of tasklane.tasks as it is read, but for the user, whom every
// reader knows. It is not the wire's type,
// because columns change on another schedule; a test fills every field of a
// task, saves it, loads it and compares. The names in JSON are the columns',
// as in the answers that are kept with idempotency keys.
type taskRow struct {
	bun.BaseModel `bun:"table:tasklane.tasks,alias:t" json:"-"`

	ID          uuid.UUID  `bun:"id,pk,type:uuid" json:"id"`
	Seq         int64      `bun:"seq" json:"seq"`
	Version     int64      `bun:"version" json:"version"`
	Title       string     `bun:"title" json:"title"`
	Description string     `bun:"description" json:"description"`
	CompletedAt *time.Time `bun:"completed_at" json:"completed_at"`
	Priority    int16      `bun:"priority" json:"priority"`
	DueAt       *time.Time `bun:"due_at" json:"due_at"`
	Tags        []string   `bun:"tags,array" json:"tags"`
	CreatedAt   time.Time  `bun:"created_at" json:"created_at"`
	UpdatedAt   time.Time  `bun:"updated_at" json:"updated_at"`
	DeletedAt   *time.Time `bun:"deleted_at" json:"deleted_at"`
}

// taskColumns names the columns in the order of taskRow's fields.
var taskColumns = func() string {
	var names []string
	for field := range reflect.TypeFor[taskRow]().Fields() {
		if !field.Anonymous {
			name, _, _ := strings.Cut(field.Tag.Get("bun"), ",")
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}()

// into returns where the columns of taskColumns are scanned to.
func (r *taskRow) into() []any {
	return []any{
		// As bytes, the id takes pgx's short way.
		(*[16]byte)(&r.ID), &r.Seq, &r.Version, &r.Title, &r.Description, &r.CompletedAt,
		&r.Priority, &r.DueAt, &r.Tags, &r.CreatedAt, &r.UpdatedAt, &r.DeletedAt,
	}
}

// task returns the row as the wire shows it.
func (r *taskRow) task() taskapi.Task {
	return taskapi.Task{
		ID:          r.ID.String(),
		Title:       r.Title,
		Description: r.Description,
		Completed:   r.CompletedAt != nil,
		CompletedAt: inUTC(r.CompletedAt),
		Priority:    priorities[r.Priority],
		DueAt:       inUTC(r.DueAt),
		Tags:        r.Tags,
		Version:     r.Version,
		CreatedAt:   r.CreatedAt.UTC(),
		UpdatedAt:   r.UpdatedAt.UTC(),
		DeletedAt:   inUTC(r.DeletedAt),
	}
}

// setContent does to the row in memory what the update does to that in the
// table.
func (r *taskRow) setContent(c content) {
	r.Title, r.Description, r.Priority, r.DueAt, r.Tags = c.Title, c.Description, rank(c.Priority), c.DueAt, nonNil(c.Tags)
	switch {
	case !c.Completed:
		r.CompletedAt = nil
	case r.CompletedAt == nil:
		r.CompletedAt = &noted
	}
}

// priorities are in the order of the numbers by which they are stored.
var priorities = taskapi.Priorities()

// rank returns the number by which a priority is stored. The empty priority is
// None.
func rank(p taskapi.Priority) int16 {
	return int16(max(slices.Index(priorities, p), 0))
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// readRows returns a reader of a statement that yields taskColumns.
func readRows(rows *[]taskRow) func(pgx.Rows) error {
	*rows = nil
	return func(result pgx.Rows) error {
		var row taskRow
		_, err := pgx.ForEachRow(result, row.into(), func() error {
			*rows = append(*rows, row)
			return nil
		})
		return err
	}
}
