package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// A recurring task that is completed directly, not by a cascade, gets a successor, with
// open copies of its sub-tasks outside the trash, in the same transaction. A sub-task that has
// a successor itself is not copied, because that one is. Reopening the task erases an
// untouched successor. The successor is read and written like any task; of the
// sub-tasks, only the columns that decide about the copies are read, and one statement
// copies them.

// prepareSuccessor sets the id of the successor when a recurring task is completed, and
// clears it when the task is reopened, unless the successor has been touched.
func (tx *transaction) prepareSuccessor(ctx context.Context, before, after *taskRow) error {
	switch {
	case before == nil:
	case before.CompletedAt == nil && after.CompletedAt != nil && after.NextID == uuid.Nil && after.Recurrence != "":
		zone, err := tx.userZone(ctx)
		if err != nil {
			return err
		}
		if content, ok := after.task().Successor(*after.CompletedAt, zone); ok {
			after.NextID, tx.successor = tx.newID(), content
		}
	case before.CompletedAt != nil && after.CompletedAt == nil && after.NextID != uuid.Nil:
		untouched, err := tx.isUntouched(ctx, after.NextID, after.ParentID)
		if err != nil {
			return err
		}
		if untouched {
			after.NextID = uuid.Nil
		}
	}
	return nil
}

// isUntouched reports whether a successor and all tasks below it are unchanged, and the
// successor is not about to become the parent of its predecessor, or whether it is erased.
func (tx *transaction) isUntouched(ctx context.Context, id, parent uuid.UUID) (bool, error) {
	if err := tx.flush(ctx); err != nil {
		return false, err
	}
	next, err := tx.load(ctx, taskapi.KindTask, id)
	if err != nil || next == nil {
		return err == nil, err
	}
	if next.shared().DeletedAt != nil || next.shared().Version > 1 || id == parent {
		return false, nil
	}
	var touched int64
	err = tx.read(ctx, statement{selectTouched, []any{tx.user, [16]byte(id), next.shared().CreatedAt, [16]byte(parent)}}, readOptional(&touched))
	return touched == 0, err
}

// followSuccessor creates the successor whose id was set on a task, or erases the one
// whose id was cleared.
func (tx *transaction) followSuccessor(ctx context.Context, before, after row) error {
	was, ok := before.(*taskRow)
	if !ok {
		return nil
	}
	switch task := after.(*taskRow); {
	case was.NextID == uuid.Nil && task.NextID != uuid.Nil:
		return tx.addSuccessor(ctx, task)
	case was.NextID != uuid.Nil && task.NextID == uuid.Nil:
		op := Operation{Op: taskapi.BatchErase, Kind: tasks.name, ID: was.NextID}
		if r, err := tx.find(tasks.kind, op); err == nil {
			tx.erase(tasks.kind, r, op)
		}
	}
	return nil
}

// addSuccessor adds the successor of a task, directly after it, and the copies of its
// sub-tasks.
func (tx *transaction) addSuccessor(ctx context.Context, task *taskRow) error {
	next := tasks.create(task.NextID, tx.successor, tx.now).(*taskRow)
	var below []subTask
	copied := map[uuid.UUID]bool{task.ID: true}
	var one subTask
	fields := []any{(*[16]byte)(&one.ID), (*[16]byte)(&one.ParentID), &one.DueAt, &one.DueOn, &one.Size}
	batch := tx.queued()
	batch.Queue(selectCopied, tx.user, [16]byte(task.ID)).Query(forEach(fields, func() error {
		if copied[one.ParentID] {
			copied[one.ID] = true
			below = append(below, one)
		}
		return nil
	}))
	if err := tx.exchange(ctx, batch); err != nil {
		return err
	}
	if err := tx.move(ctx, tasks.kind, next, place{sibling: &task.ID}); err != nil {
		return err
	}
	tx.insert(Operation{Op: taskapi.BatchCreate}, tasks.kind, next)
	followTask(tx, nil, next)
	tx.copySubTasks(below, task, next)
	return nil
}

// subTask has the columns that are read of a task to copy.
type subTask struct {
	ID, ParentID uuid.UUID
	DueAt        *time.Time
	DueOn        *string
	Size         int64
}

const (
	// selectCopied selects the tasks below a task ($2) that are outside the trash, parents
	// first, without those that have a successor. Tasks below such a task have copies below
	// its successor.
	selectCopied = "SELECT id, parent_id, due_at, due_on, size FROM (" + descendants + ") AS d WHERE deleted_at IS NULL AND next_id = " + noID + " ORDER BY level, id"
	// countCopies counts changes ($2), as countChange counts one.
	countCopies = `UPDATE tasklane.user_state AS s SET seq = s.seq + $2::bigint,
		resources = CASE WHEN s.resources + $2::bigint <= $4 THEN s.resources + $2::bigint END,
		bytes = CASE WHEN s.bytes + $3::bigint <= $5 THEN s.bytes + $3::bigint END
		WHERE user_id = $1`
	// selectTouched counts the tasks below a task ($2) that were changed or added since
	// it was created ($3), or that are about to become a parent ($4).
	selectTouched = "SELECT count(*) FROM (" + descendants + ") AS d WHERE version > 1 OR created_at <> $3 OR id = $4"
)

// copyTasks creates open tasks with the ids $2, parents $4 and due dates $5 and $6, and
// otherwise the content of the tasks $3, in this order and at the time $7.
var copyTasks = func() string {
	given := map[string]string{
		"id": "c.id", "seq": "s.seq - cardinality($2::uuid[]) + c.number", "version": "1", "created_at": "$7::timestamptz", "updated_at": "$7", "deleted_at": "NULL", "deleted_with": noID,
		"completed_at": "NULL", "next_id": noID, "parent_id": "c.parent_id", "due_at": "c.due_at", "due_on": "c.due_on",
	}
	names, values := []string{"user_id"}, []string{"t.user_id"}
	for _, column := range tasks.columns {
		value, ok := given[column.name]
		if !ok {
			value = "t." + column.name
		}
		names, values = append(names, column.name), append(values, value)
	}
	return "INSERT INTO tasklane.tasks (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + `
		FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[]) WITH ORDINALITY AS c (id, source, parent_id, due_at, due_on, number)
		JOIN tasklane.tasks AS t ON t.user_id = $1 AND t.id = c.source
		JOIN tasklane.user_state AS s ON s.user_id = $1`
}()

// copySubTasks queues the copies of the tasks below a task, for below its successor. Their
// due dates move by the same number of days as the task's.
func (tx *transaction) copySubTasks(all []subTask, task, next *taskRow) {
	if len(all) == 0 {
		return
	}
	zone := tx.zone.location
	due := taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}
	days := due.DaysTo(taskapi.Occurrence{DueAt: *next.DueAt, DueOn: next.DueOn}, zone)
	var size int64
	sources, ids, parents := make([][16]byte, len(all)), make([][16]byte, len(all)), make([][16]byte, len(all))
	dueAt, dueOn := make([]*time.Time, len(all)), make([]*string, len(all))
	copyOf := map[uuid.UUID]uuid.UUID{task.ID: next.ID}
	for _, one := range slices.SortedFunc(slices.Values(all), func(a, b subTask) int { return slices.Compare(a.ID[:], b.ID[:]) }) {
		copyOf[one.ID] = tx.newID() // in the order of the originals
	}
	for i, one := range all {
		sources[i], ids[i], parents[i] = one.ID, copyOf[one.ID], copyOf[one.ParentID]
		if one.DueAt != nil {
			due := taskapi.Occurrence{DueAt: *one.DueAt, DueOn: one.DueOn}.Shifted(days, zone)
			dueAt[i], dueOn[i] = &due.DueAt, due.DueOn
		}
		size += one.Size
	}
	tx.statements = append(tx.statements,
		statement{countCopies, []any{tx.user, len(all), size, tx.store.maxResources, tx.store.maxBytes}},
		statement{copyTasks, []any{tx.user, ids, sources, parents, dueAt, dueOn, tx.now}})
}

// TaskOccurrences returns the next due dates of a task, also of a task in the trash, or
// [ErrNotFound].
func (s *Store) TaskOccurrences(ctx context.Context, user string, id uuid.UUID, limit int) ([]taskapi.Occurrence, error) {
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
	return task.task().Occurrences(s.now(), location, limit), nil
}
