package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The rules of lists and sub-tasks:
//   - A task outside the trash is in a list outside the trash, or in the Inbox.
//   - A sub-task, in the trash or outside it, is in the list of its parent.
//   - A task outside the trash has a parent outside the trash, or none.
//   - A completed task has no open sub-tasks.
//   - Tasks are on at most [taskapi.MaxLevels] levels.

// requireList fails with [errCheckFailed] unless the user has the list outside the trash.
const requireList = "SELECT 1 / count(*)::int FROM tasklane.lists WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL"

// prepareTask sets the list, parent and successor of a task and checks them.
func prepareTask(ctx context.Context, tx *transaction, op Operation, before, after *taskRow) error {
	if err := tx.settleTask(ctx, op, before, after); err != nil {
		return err
	}
	return tx.prepareSuccessor(ctx, before, after)
}

// settleTask checks that the parent and the list of a task exist, and sets the list to the
// parent's.
func (tx *transaction) settleTask(ctx context.Context, op Operation, before, after *taskRow) error {
	switch {
	case op.Op == taskapi.BatchRestore:
		return tx.settleIn(ctx, after)
	case before != nil && before.ParentID == after.ParentID && before.ListID == after.ListID:
		return nil
	case after.ParentID == uuid.Nil:
		live, err := tx.hasList(ctx, after.ListID)
		if err == nil && !live {
			err = &FieldError{Field: "listId", Code: taskapi.FieldNotFound, Message: "is not one of your lists"}
		}
		return err
	}
	parent, _ := tx.foundLive(taskapi.KindTask, after.ParentID).(*taskRow)
	var err error
	switch {
	case before != nil && before.ParentID == after.ParentID:
		parent, err = tx.parentOf(ctx, after)
	case parent == nil:
		err = &FieldError{Field: "parentId", Code: taskapi.FieldNotFound, Message: "is not one of your tasks"}
	default:
		err = tx.checkLevels(ctx, before, parent)
	}
	if err != nil {
		return err
	}
	if op.has("ListID") && after.ListID != parent.ListID {
		return &FieldError{Field: "listId", Code: taskapi.FieldNotAllowed, Message: "must be that of the parent"}
	}
	after.ListID = parent.ListID
	return nil
}

// settleIn makes a restored task a top-level task if its parent is not there, and moves it to
// the Inbox if its list is not there.
func (tx *transaction) settleIn(ctx context.Context, task *taskRow) error {
	task.DeletedWith = uuid.Nil
	if task.ParentID != uuid.Nil {
		parent, err := tx.parentOf(ctx, task)
		if err != nil {
			return err
		}
		if parent != nil {
			task.ListID = parent.ListID
			return nil
		}
		task.ParentID = uuid.Nil
	}
	live, err := tx.hasList(ctx, task.ListID)
	if !live {
		task.ListID = uuid.Nil
	}
	return err
}

// hasList reports whether the user has a list outside the trash. The Inbox always exists.
func (tx *transaction) hasList(ctx context.Context, id uuid.UUID) (bool, error) {
	if id == uuid.Nil {
		return true, nil
	}
	list, err := tx.load(ctx, taskapi.KindList, id)
	return list != nil && list.shared().DeletedAt == nil, err
}

// parentOf returns the parent of a task, or nil if it is not outside the trash. It first sends
// the queued statements, which may have changed the parent.
func (tx *transaction) parentOf(ctx context.Context, task *taskRow) (*taskRow, error) {
	if err := tx.flush(ctx); err != nil {
		return nil, err
	}
	found, err := tx.load(ctx, taskapi.KindTask, task.ParentID)
	if err != nil || found == nil || found.shared().DeletedAt != nil {
		return nil, err
	}
	return found.(*taskRow), nil
}

// checkLevels checks that a task can be below parent: parent must not be the task or below it,
// and the levels must not exceed the limit.
func (tx *transaction) checkLevels(ctx context.Context, task, parent *taskRow) error {
	if task == nil && parent.ParentID == uuid.Nil {
		return nil
	}
	levels, height, cycle := 1, 0, false // the task itself is a level
	batch := tx.queued()
	var id uuid.UUID
	batch.Queue(selectAncestors, tx.user, [16]byte(parent.ID)).Query(forEach([]any{(*[16]byte)(&id)}, func() error {
		levels++
		cycle = cycle || task != nil && id == task.ID
		return nil
	}))
	if task != nil {
		batch.Queue(selectHeight, tx.user, [16]byte(task.ID)).QueryRow(func(row pgx.Row) error { return row.Scan(&height) })
	}
	if err := tx.exchange(ctx, batch); err != nil {
		return err
	}
	switch {
	case cycle:
		return &FieldError{Field: "parentId", Code: taskapi.FieldNotAllowed, Message: "must be neither the task nor below it"}
	case levels+height > taskapi.MaxLevels:
		return &FieldError{Field: "parentId", Code: taskapi.FieldTooDeep, Message: "must leave the task and its sub-tasks, also those in the trash, within four levels"}
	}
	return nil
}

// followTask makes sub-tasks follow a task to another list, to the trash and back, and be
// erased with it. The sub-tasks of a completed task are completed, and the tasks above an
// open one are reopened.
func followTask(tx *transaction, before, after *taskRow) {
	if after == nil {
		tx.eraseAll(below, before.ID)
		tx.affectsBelow(before.ID)
		return
	}
	if before == nil && !tx.locked() {
		if after.ListID != uuid.Nil {
			tx.statements = append(tx.statements, statement{requireList, []any{tx.user, [16]byte(after.ListID)}})
		}
		return
	}
	if before != nil {
		tx.followDown(before, after)
	}
	opened := before == nil || before.CompletedAt != nil || before.ParentID != after.ParentID || before.DeletedAt != nil
	if opened && after.ParentID != uuid.Nil && after.CompletedAt == nil && after.DeletedAt == nil {
		tx.cascade(completedAbove, reopened, after.ParentID)
		tx.affects(func(task *taskRow) bool { return task.ID != after.ID && task.CompletedAt != nil })
	}
}

func (tx *transaction) followDown(before, after *taskRow) {
	id := after.ID
	switch {
	case before.DeletedAt == nil && after.DeletedAt != nil:
		tx.cascade(liveBelow, trashed, id)
	case before.DeletedAt != nil && after.DeletedAt == nil:
		with := before.DeletedWith
		if with == uuid.Nil {
			with = id
		}
		tx.cascade(deletedBelow, restored+", list_id = $5", id, with, after.ListID)
	case before.CompletedAt == nil && after.CompletedAt != nil:
		tx.cascade(openBelow, completed, id)
	case before.ListID == after.ListID:
		return
	}
	if before.ListID != after.ListID {
		tx.cascade(belowInOtherLists, "list_id = $4", id, after.ListID)
	}
	tx.affectsBelow(id)
}

// affectsBelow records that tasks below a task may have changed.
func (tx *transaction) affectsBelow(id uuid.UUID) {
	tx.affects(func(task *taskRow) bool { return task.ID != id && task.ParentID != uuid.Nil })
}

// followList deletes the tasks of a list with it, restores those that were deleted with it,
// and erases all of them with it.
func followList(tx *transaction, before, after *listRow) {
	switch {
	case before == nil:
	case after == nil:
		tx.eraseAll(inList, before.ID)
		tx.affects(func(task *taskRow) bool { return task.ListID == before.ID })
	case before.DeletedAt == nil && after.DeletedAt != nil:
		tx.cascade(liveInList, trashed, after.ID)
		tx.affects(func(task *taskRow) bool { return task.ListID == after.ID })
	case before.DeletedAt != nil && after.DeletedAt == nil:
		tx.cascade(deletedWith, restored, after.ID)
		tx.affects(func(task *taskRow) bool { return task.DeletedWith == after.ID })
	}
}

// siblingsOf returns the condition of the tasks in the same list with the same
// parent.
func siblingsOf(task *taskRow) (condition string, args []any) {
	if task.ParentID != uuid.Nil {
		return "parent_id = $3 AND " + isSubTask, []any{[16]byte(task.ParentID)}
	}
	return "list_id = $3 AND parent_id = $4", []any{[16]byte(task.ListID), [16]byte{}}
}
